"""Descriptors: predict what chemists compute from a molecule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor
from torch.nn.functional import mse_loss, smooth_l1_loss

from graftwork.objectives.computed import ComputedObjective, ComputedSettings, known_mean
from graftwork.objectives.objective import StepOutput

LOSSES = {"smooth": smooth_l1_loss, "squared": mse_loss}


@dataclass(frozen=True)
class DescriptorsSettings(ComputedSettings):
    """Settings of descriptors."""

    limits: ClassVar = {**ComputedSettings.limits, "clip": (0.1, 1e6)}
    choices: ClassVar = {**ComputedSettings.choices, "loss": LOSSES}

    loss: str = "smooth"
    """smooth: squared up to a distance of 1, linear beyond; squared."""
    clip: float = 5.0
    """Largest distance of a scaled descriptor from the median."""


@final
class Descriptors(ComputedObjective):
    """Predict scaled descriptors of a graph from its pooled embedding.

    A descriptor counts from the corpus' median, in units of its spread between the quartiles, and
    is cut at ``clip``. One that is missing (not a number, or infinite) has no influence. The loss
    is averaged over the known ones.
    """

    Settings = DescriptorsSettings
    settings: DescriptorsSettings
    computed = "descriptors"

    def compare(self, raw: Tensor, truth: Tensor) -> StepOutput:
        """Average the distance over known descriptors."""
        known = truth.isfinite()
        scaled = (torch.where(known, truth, 0.0) - self.get_buffer("mean")) / self.get_buffer("std")
        scaled = scaled.clamp(-self.settings.clip, self.settings.clip)
        each = LOSSES[self.settings.loss](raw, scaled, reduction="none")
        off = known_mean((raw.detach() - scaled).abs(), known)
        return StepOutput(known_mean(each, known), {"absolute_error": off})
