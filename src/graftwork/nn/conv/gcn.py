"""Graph convolution with edge features."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from graftwork.graph.block import Block
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.embedding import EdgeEmbedding


@final
class GCNConv(nn.Module):
    r"""The GCN layer (Kipf and Welling, ICLR 2017) with edges as in Hu et al., ICLR 2020.

    .. math:: h_i' = \sum_{j \to i,\, j = i} \frac{W h_j + b + e_{ji}}{\sqrt{d_i d_j}}

    The sum includes a self loop with its own edge embedding. The degree :math:`d_i` counts the
    edges that arrive at a node, and its self loop; for directed edges it is the in-degree.

    Shapes: node embeddings ``[num_inputs, dim]`` -> ``[num_outputs, dim]``.

    Examples
    --------
    >>> from graftwork.graph.schema import CategoricalColumn, FeatureSchema
    >>> schema = FeatureSchema("plain", (CategoricalColumn("a", 2, mask=1),), ())
    >>> sorted(GCNConv(schema, 4).state_dict())
    ['linear.bias', 'linear.weight']
    """

    def __init__(self, schema: FeatureSchema, dim: int) -> None:
        super().__init__()
        self.edges = EdgeEmbedding(schema, dim)
        self.linear = nn.Linear(dim, dim)

    def forward(self, nodes: Tensor, block: Block) -> Tensor:
        """Pass messages once."""
        nodes = self.linear(nodes)
        scale = (block.in_degree + 1).float().pow(-0.5)
        own_scale = block.own_rows(scale)
        source, target = block.edge_index
        # node and edge are added before they are scaled and summed, as in the original: with its
        # weights, embeddings reach 400, and summing both apart moves them by up to 2e-4
        messages = block.gather_sources(nodes) + self.edges(block)
        arrived = block.sum_incoming((scale[source] * own_scale[target])[:, None] * messages)
        own = block.own_rows(nodes) + self.edges.self_loop()
        return arrived + (own_scale * own_scale)[:, None] * own
