"""Graph attention whose ranking of neighbours depends on the node that asks."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from graftwork.graph.block import Block
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.conv.attention import incoming_softmax
from graftwork.nn.embedding import EdgeEmbedding

HEADS = 4
SLOPE = 0.2
"""Slope of the leaky ReLU below 0."""


@final
class GATv2Conv(nn.Module):
    r"""The GATv2 layer (Brody et al., ICLR 2022) with edge features.

    .. math:: \alpha_{ji} = \mathrm{softmax}_{j \to i,\, j = i}
        \big(a \cdot \mathrm{LeakyReLU}(W_t h_i + W_s h_j + e_{ji})\big), \qquad
        h_i' = c + \sum_{j \to i,\, j = i} \alpha_{ji} W_s h_j

    Both maps have a bias. Four heads (two or one where four do not divide ``dim``) share the
    width and are concatenated. The self loop has its own edge embedding. This is ``GATv2Conv`` of
    PyTorch Geometric with ``edge_dim``, the embeddings being linear in one-hot features.

    Shapes: node embeddings ``[num_inputs, dim]`` -> ``[num_outputs, dim]``.

    Examples
    --------
    >>> from graftwork.graph.schema import CategoricalColumn, FeatureSchema
    >>> schema = FeatureSchema("plain", (CategoricalColumn("a", 2, mask=1),), ())
    >>> GATv2Conv(schema, 8).attention.shape, GATv2Conv(schema, 6).attention.shape
    (torch.Size([4, 2]), torch.Size([2, 3]))
    """

    def __init__(self, schema: FeatureSchema, dim: int) -> None:
        super().__init__()
        heads = math.gcd(HEADS, dim)
        self.edges = EdgeEmbedding(schema, dim)
        self.source = nn.Linear(dim, dim)
        self.target = nn.Linear(dim, dim)
        self.attention = nn.Parameter(nn.init.xavier_uniform_(torch.empty(heads, dim // heads)))
        self.bias = nn.Parameter(torch.zeros(dim))

    def forward(self, nodes: Tensor, block: Block) -> Tensor:
        """Pass messages once."""
        source, target = self.source(nodes), self.target(block.own_rows(nodes))
        sources, own = block.gather_sources(source), block.own_rows(source)
        edge_weights, loop_weights = incoming_softmax(
            self._score(sources + block.gather_targets(target) + self.edges(block)),
            self._score(own + target + self.edges.self_loop()),
            block,
        )
        arrived = block.sum_incoming(_weighted(sources, edge_weights))
        return arrived + _weighted(own, loop_weights) + self.bias

    def _score(self, rows: Tensor) -> Tensor:
        """Score ``[rows, dim]`` per head: ``[rows, heads]``."""
        return (
            leaky_relu(rows, SLOPE).view(len(rows), *self.attention.shape) * self.attention
        ).sum(2)


def _weighted(rows: Tensor, weights: Tensor) -> Tensor:
    """Scale each head's part of ``[rows, dim]`` by its weight."""
    heads = rows.view(*weights.shape, rows.shape[1] // weights.shape[1])
    return (weights[:, :, None] * heads).flatten(1)
