"""The encoder: a batch of graphs to node embeddings."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from graftwork.config import EncoderConfig
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.conv import CONVS
from graftwork.nn.embedding import NodeEmbedding
from graftwork.nn.norm import BatchNorm

_MAX_WIDTH, _MAX_LAYERS = 8192, 128


@final
class Encoder(nn.Module):
    """Message-passing layers with batch normalisation and jumping knowledge.

    After every layer: batch normalisation, ReLU (not after the last), dropout, as in Hu et al.,
    ICLR 2020. Jumping knowledge (Xu et al., ICML 2018) takes the last layer, or the sum, mean or
    maximum over the layers' outputs.

    Shapes: :class:`GraphBatch` -> ``[num_nodes, dim]``.

    Raises
    ------
    InputError
        If the configuration names no such layer, or makes no sense.
    """

    def __init__(self, schema: FeatureSchema, config: EncoderConfig) -> None:
        super().__init__()
        _check(config)
        self.schema = schema
        self.config = config
        self.nodes = NodeEmbedding(schema, config.dim)
        self.convs = nn.ModuleList(
            CONVS[config.conv](schema, config.dim) for _ in range(config.num_layers)
        )
        self.norms = nn.ModuleList(BatchNorm(config.dim) for _ in range(config.num_layers))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, batch: GraphBatch) -> Tensor:
        """Embed every node of the batch."""
        nodes = self.nodes(batch)
        layers = []
        for depth, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True), start=1):
            nodes = norm(conv(nodes, batch))
            if depth < self.config.num_layers:
                nodes = nodes.relu_()  # the normalisation does not need what it gave
            nodes = self.dropout(nodes)
            layers.append(nodes)
        match self.config.jumping_knowledge:
            case "last":
                return nodes
            case "sum":
                return torch.stack(layers).sum(0)
            case "mean":
                return torch.stack(layers).mean(0)
            case "max":
                return torch.stack(layers).amax(0)


def _check(config: EncoderConfig) -> None:
    if config.conv not in CONVS:
        raise InputError(f"No layer is called {config.conv!r}.", f"Known: {', '.join(CONVS)}.")
    if not 1 <= config.num_layers <= _MAX_LAYERS or not 1 <= config.dim <= _MAX_WIDTH:
        raise InputError(
            f"An encoder of {config.num_layers} layers and width {config.dim} cannot be built.",
            f"Expected 1 to {_MAX_LAYERS} layers and a width of 1 to {_MAX_WIDTH}.",
        )
    if not 0 <= config.dropout < 1:
        raise InputError(f"Dropout {config.dropout} is not in [0, 1).")
    if config.jumping_knowledge not in ("last", "sum", "mean", "max"):
        raise InputError(
            f"No jumping knowledge is called {config.jumping_knowledge!r}.",
            "Known: last, sum, mean, max.",
        )
