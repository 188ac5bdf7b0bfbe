"""Motifs: predict which functional groups a molecule has, and how many."""

from __future__ import annotations

from typing import final

from torch import Tensor

from graftwork.objectives.computed import BitsSettings, ComputedObjective, bits_loss
from graftwork.objectives.objective import StepOutput


@final
class Motifs(ComputedObjective):
    """Predict which functional groups a graph has from its pooled embedding.

    A bit says that there are at least one, two or three of a kind;
    :func:`~graftwork.objectives.computed.bits_loss` has the loss.
    """

    Settings = BitsSettings
    settings: BitsSettings
    computed = "motifs"

    def compare(self, raw: Tensor, truth: Tensor) -> StepOutput:
        """Measure the information that is missing."""
        return bits_loss(raw, truth, self.get_buffer("mean"), self.settings.rarity)
