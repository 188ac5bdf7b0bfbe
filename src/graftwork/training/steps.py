"""What Lightning Fabric wraps: one module per kind of training, ``batch -> StepOutput``."""

from __future__ import annotations

from typing import final

import torch
from torch import nn

from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.nn.encoder import Encoder
from graftwork.nn.predictor import Predictor
from graftwork.objectives import Objective, StepOutput
from graftwork.training.freeze import keep_frozen_still


@final
class Sealed:
    """Carries a batch through Fabric's forward pass as it is.

    Fabric casts every floating tensor it finds in the arguments to the compute precision, labels
    included, and refuses frozen dataclasses; it leaves an object it does not know alone. Autocast
    picks the precision of each operation.
    """

    __slots__ = ("batch",)

    def __init__(self, batch: GraphBatch) -> None:
        self.batch = batch


@final
class PretrainStep(nn.Module):
    """Encoder and objective as one module, so that DDP and ``torch.compile`` wrap one thing."""

    def __init__(self, encoder: Encoder, objective: Objective, generator: torch.Generator) -> None:
        super().__init__()
        self.encoder = encoder
        self.objective = objective
        self.generator = generator

    def forward(self, sealed: Sealed) -> StepOutput:
        """Compute the objective's loss on a batch."""
        return self.objective(self.encoder, sealed.batch, self.generator)


@final
class FinetuneStep(nn.Module):
    """A predictor and the loss of its head; frozen parts stay in evaluation mode."""

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self.predictor = predictor

    def forward(self, sealed: Sealed) -> StepOutput:
        """Compute the loss on the batch's known labels."""
        batch = sealed.batch
        if batch.y is None:
            raise InputError("A batch without labels cannot train a predictor.")
        return StepOutput(self.predictor.head.loss(self.predictor(batch).float(), batch.y), {})

    def train(self, mode: bool = True) -> FinetuneStep:  # noqa: FBT001, FBT002  (torch's signature)
        """Switch mode, but keep frozen parts still."""
        super().train(mode)
        keep_frozen_still(self)
        return self
