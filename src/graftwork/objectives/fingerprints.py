"""Fingerprints: predict which small parts a molecule has."""

from __future__ import annotations

from typing import final

from torch import Tensor

from graftwork.objectives.computed import BitsSettings, ComputedObjective, bits_loss
from graftwork.objectives.objective import StepOutput


@final
class Fingerprints(ComputedObjective):
    """Predict the bits of folded count fingerprints from the pooled embedding of a graph.

    A bit says that a folded count reaches a level; :func:`~graftwork.objectives.computed.bits_loss`
    has the loss.
    """

    Settings = BitsSettings
    settings: BitsSettings
    computed = "fingerprints"

    def compare(self, raw: Tensor, truth: Tensor) -> StepOutput:
        """Measure the information that is missing."""
        return bits_loss(raw, truth, self.get_buffer("mean"), self.settings.rarity)
