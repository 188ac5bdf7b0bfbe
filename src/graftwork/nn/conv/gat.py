"""Graph attention with edge features."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from graftwork.graph.block import Block
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.conv.attention import incoming_softmax
from graftwork.nn.embedding import EdgeEmbedding

HEADS = 2
SLOPE = 0.2
"""Slope of the leaky ReLU below 0."""


@final
class GATConv(nn.Module):
    r"""The GAT layer (Velickovic et al., ICLR 2018) with edges as in Hu et al., ICLR 2020.

    .. math:: x_j = W h_j + b, \qquad z_{ji} = x_j + e_{ji}, \qquad
        \alpha_{ji} = \mathrm{softmax}_{j \to i,\, j = i}
        \big(\mathrm{LeakyReLU}(a \cdot [x_i, z_{ji}])\big)

    .. math:: h_i' = c + \mathrm{mean}_{\mathrm{heads}} \sum_{j \to i,\, j = i} \alpha_{ji} z_{ji}

    Two heads, each ``dim`` wide. The softmax runs over the edges that arrive at a node, and its
    self loop, which has its own edge embedding.

    Shapes: node embeddings ``[num_inputs, dim]`` -> ``[num_outputs, dim]``.

    Examples
    --------
    >>> from graftwork.graph.schema import CategoricalColumn, FeatureSchema
    >>> schema = FeatureSchema("plain", (CategoricalColumn("a", 2, mask=1),), ())
    >>> sorted(GATConv(schema, 4).state_dict())
    ['attention', 'bias', 'linear.bias', 'linear.weight']
    """

    def __init__(self, schema: FeatureSchema, dim: int) -> None:
        super().__init__()
        self.edges = EdgeEmbedding(schema, HEADS * dim)
        self.linear = nn.Linear(dim, HEADS * dim)
        self.attention = nn.Parameter(nn.init.xavier_uniform_(torch.empty(HEADS, 2 * dim)))
        self.bias = nn.Parameter(torch.zeros(dim))

    def forward(self, nodes: Tensor, block: Block) -> Tensor:
        """Pass messages once."""
        nodes = self.linear(nodes)
        own = block.own_rows(nodes)
        targets, loops = _heads(own), _heads(own + self.edges.self_loop())
        sources = _heads(block.gather_sources(nodes) + self.edges(block))
        edge_weights, loop_weights = incoming_softmax(
            self._score(_heads(block.gather_targets(own)), sources),
            self._score(targets, loops),
            block,
        )
        arrived = _heads(block.sum_incoming((edge_weights[:, :, None] * sources).flatten(1)))
        return (arrived + loop_weights[:, :, None] * loops).mean(1) + self.bias

    def _score(self, targets: Tensor, sources: Tensor) -> Tensor:
        """Score pairs ``[rows, heads, dim]``: ``[rows, heads]``."""
        return leaky_relu((torch.cat([targets, sources], 2) * self.attention).sum(2), SLOPE)


def _heads(rows: Tensor) -> Tensor:
    """Split ``[rows, heads * dim]`` into ``[rows, heads, dim]``."""
    return rows.view(len(rows), HEADS, rows.shape[1] // HEADS)
