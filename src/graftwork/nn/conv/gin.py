"""Graph isomorphism layer with edge features."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from graftwork.graph.block import Block
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.segment import Bags, bag_mean, bag_sum
from graftwork.nn.embedding import EdgeEmbedding
from graftwork.nn.linear import mlp


@final
class GINConv(nn.Module):
    r"""The GIN layer of Hu et al., ICLR 2020.

    .. math:: h_i' = \mathrm{MLP}\Big(h_i + e_{ii} + \sum_{j \to i} (h_j + e_{ji})\Big)

    with an edge embedding of its own in every layer and :math:`e_{ii}` that of a self loop.

    Shapes: node embeddings ``[num_inputs, dim]`` -> ``[num_outputs, dim]``.
    """

    def __init__(self, schema: FeatureSchema, dim: int) -> None:
        super().__init__()
        self.edges = EdgeEmbedding(schema, dim)
        self.mlp = mlp(dim)

    def forward(self, nodes: Tensor, block: Block) -> Tensor:
        """Pass messages once."""
        return self.mlp(self._arrived(nodes, block))[: block.num_outputs]

    def means(self, nodes: Tensor, block: Block, bags: Bags) -> Tensor:
        """Return averages over bags of outputs, taken before the last map: it is affine."""
        averages = self.mlp[2](bag_mean(self.mlp[0](self._arrived(nodes, block)), bags))
        return averages.masked_fill((bags.ptr.diff() == 0)[:, None], 0)

    def _arrived(self, nodes: Tensor, block: Block) -> Tensor:
        return self.edges.add_arriving(bag_sum(nodes, block.incoming_and_self), block)
