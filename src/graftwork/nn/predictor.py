"""The predictor: encoder, pooling, head."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from graftwork.config import HeadConfig
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.nn.encoder import Encoder
from graftwork.nn.heads import Head
from graftwork.nn.pooling import POOLINGS, embed_graphs, pooled_width


@final
class Predictor(nn.Module):
    """Shapes: :class:`GraphBatch` -> raw outputs ``[num_graphs, outputs of the head]``."""

    def __init__(self, encoder: Encoder, config: HeadConfig) -> None:
        super().__init__()
        if config.pooling not in POOLINGS:
            raise InputError(
                f"No pooling is called {config.pooling!r}.", f"Known: {', '.join(POOLINGS)}."
            )
        self.encoder = encoder
        self.pooling = POOLINGS[config.pooling](encoder.config.dim)
        self.head = Head(pooled_width(self.pooling, encoder.config.dim), config)

    def embed(self, batch: GraphBatch) -> Tensor:
        """Return graph embeddings ``[num_graphs, width of the pooling]``."""
        return embed_graphs(self.encoder, self.pooling, batch)

    def forward(self, batch: GraphBatch) -> Tensor:
        """Return raw outputs; ``head.predict`` turns them into probabilities or values."""
        return self.head(self.embed(batch))
