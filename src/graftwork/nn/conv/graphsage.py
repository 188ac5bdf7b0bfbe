"""GraphSAGE with edge features."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn
from torch.nn.functional import normalize

from graftwork.graph.block import Block
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.segment import bag_sum
from graftwork.nn.embedding import EdgeEmbedding


@final
class GraphSAGEConv(nn.Module):
    r"""The GraphSAGE layer (Hamilton et al., NeurIPS 2017) with edges as in Hu et al., ICLR 2020.

    .. math:: m_i = \mathrm{mean}_{j \to i,\, j = i} (W h_j + b + e_{ji}),
        \qquad h_i' = m_i / \lVert m_i \rVert_2

    The mean includes a self loop with its own edge embedding. Dividing a sum by its length gives
    the same as dividing the mean by its length, so no mean is ever taken.

    Shapes: node embeddings ``[num_inputs, dim]`` -> ``[num_outputs, dim]``, rows of length 1.

    Examples
    --------
    >>> from graftwork.graph.schema import CategoricalColumn, FeatureSchema
    >>> schema = FeatureSchema("plain", (CategoricalColumn("a", 2, mask=1),), ())
    >>> sorted(GraphSAGEConv(schema, 4).state_dict())
    ['linear.bias', 'linear.weight']
    """

    def __init__(self, schema: FeatureSchema, dim: int) -> None:
        super().__init__()
        self.edges = EdgeEmbedding(schema, dim)
        self.linear = nn.Linear(dim, dim)

    def forward(self, nodes: Tensor, block: Block) -> Tensor:
        """Pass messages once."""
        nodes = self.linear(nodes)
        arrived = self.edges.add_arriving(bag_sum(nodes, block.incoming_and_self), block)
        return normalize(arrived[: block.num_outputs], dim=1)
