"""Graph isomorphism layer with a nonlinearity in the messages."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from graftwork.graph.block import Block
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.embedding import EdgeEmbedding
from graftwork.nn.linear import mlp


@final
class GINEConv(nn.Module):
    r"""The GINE layer: messages see node and edge together, and the node's own weight is learned.

    .. math:: h_i' = \mathrm{MLP}\Big((1 + \epsilon) h_i
        + \sum_{j \to i} \mathrm{ReLU}(h_j + e_{ji})\Big)

    This is ``GINEConv`` of PyTorch Geometric with ``train_eps=True``, which goes back to Hu et
    al., ICLR 2020; GIN and its :math:`\epsilon` are by Xu et al., ICLR 2019. There is no self loop.

    Shapes: node embeddings ``[num_inputs, dim]`` -> ``[num_outputs, dim]``.

    Examples
    --------
    >>> from graftwork.graph.schema import CategoricalColumn, FeatureSchema
    >>> schema = FeatureSchema("plain", (CategoricalColumn("a", 2, mask=1),), ())
    >>> GINEConv(schema, 4).eps.tolist()
    [0.0]
    """

    def __init__(self, schema: FeatureSchema, dim: int) -> None:
        super().__init__()
        self.edges = EdgeEmbedding(schema, dim)
        self.eps = nn.Parameter(torch.zeros(1))
        self.mlp = mlp(dim)

    def forward(self, nodes: Tensor, block: Block) -> Tensor:
        """Pass messages once."""
        messages = (block.gather_sources(nodes) + self.edges(block)).relu()
        return self.mlp((1 + self.eps) * block.own_rows(nodes) + block.sum_incoming(messages))
