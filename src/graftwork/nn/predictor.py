"""The predictor: encoder, pooling, head; or several of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import final

import torch
from torch import Tensor, nn

from graftwork.config import HeadConfig
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.segment import Bags
from graftwork.nn.encoder import Encoder
from graftwork.nn.heads import Head
from graftwork.nn.pooling import POOLINGS, embed_graphs, pooled_width

Encode = Callable[[GraphBatch, Tensor | Bags | None], Tensor]
_MAX_MEMBERS = 64


@final
class Predictor(nn.Module):
    """Shapes: :class:`GraphBatch` -> raw outputs ``[num_graphs, outputs of the head]``.

    An ensemble (Lakshminarayanan et al., NeurIPS 2017) is a predictor with ``others`` of its shape:
    ``members`` are itself and these, and the mean of what they say is predicted.

    Raises
    ------
    InputError
        If the configuration makes no sense.
    """

    def __init__(self, encoder: Encoder, config: HeadConfig) -> None:
        super().__init__()
        if config.pooling not in POOLINGS:
            raise InputError(
                f"No pooling is called {config.pooling!r}.", f"Known: {', '.join(POOLINGS)}."
            )
        if not isinstance(config.members, int) or not 1 <= config.members <= _MAX_MEMBERS:
            raise InputError(
                f"An ensemble of {config.members!r} networks cannot be built.",
                f"Expected 1 to {_MAX_MEMBERS}.",
            )
        self.encoder = encoder
        self.pooling = POOLINGS[config.pooling](encoder.config.dim)
        self.head = Head(pooled_width(self.pooling, encoder.config.dim), config)
        alone = replace(config, members=1)
        self.others = nn.ModuleList(
            Predictor(Encoder(encoder.schema, encoder.config), alone)
            for _ in range(config.members - 1)
        )

    @property
    def members(self) -> tuple[Predictor, ...]:
        """The networks whose predictions are averaged."""
        return (self, *(other for other in self.others if isinstance(other, Predictor)))

    def embed(self, batch: GraphBatch) -> Tensor:
        """Return graph embeddings ``[num_graphs, width of the pooling]``, of the first member."""
        return embed_graphs(self.encoder, self.pooling, batch)

    def forward(self, batch: GraphBatch) -> Tensor:
        """Return raw outputs of the first member."""
        return self.head(self.embed(batch))

    def columns(self, batch: GraphBatch, encoders: Sequence[Encode] | None = None) -> Tensor:
        """Return :meth:`Head.columns <graftwork.nn.heads.Head.columns>`, averaged over members.

        Parameters
        ----------
        encoders
            In the place of the members' own.
        """
        said: list[Tensor] = []
        for place, member in enumerate(self.members):
            encode = encoders[place] if encoders else member.encoder
            raw = member.head(embed_graphs(encode, member.pooling, batch))
            said.append(member.head.columns(raw.float()))
        return torch.stack(said).mean(0)


def ensemble_state(members: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the weights of an ensemble under its names, given those of its members."""
    first, *others = members
    named = {f"others.{i}.{k}": v for i, other in enumerate(others) for k, v in other.items()}
    return {**first, **named}
