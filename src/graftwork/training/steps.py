"""What Lightning Fabric wraps: one module per kind of training, ``batch -> StepOutput``."""

from __future__ import annotations

from typing import Generic, TypeVar, final

import torch
from torch import nn

from graftwork.data.loader import Movable
from graftwork.graph.batch import GraphBatch
from graftwork.nn.encoder import Encoder
from graftwork.objectives import Objective, StepOutput

Batch = TypeVar("Batch", bound=Movable)


@final
class Sealed(Generic[Batch]):
    """Carries a batch through Fabric's forward pass as it is.

    Fabric casts every floating tensor it finds in the arguments to the compute precision, labels
    included, and refuses frozen dataclasses; it leaves an object it does not know alone. Autocast
    picks the precision of each operation.
    """

    __slots__ = ("batch",)

    def __init__(self, batch: Batch) -> None:
        self.batch = batch


@final
class PretrainStep(nn.Module):
    """Encoder and objective as one module, so that DDP and ``torch.compile`` wrap one thing."""

    def __init__(self, encoder: Encoder, objective: Objective, generator: torch.Generator) -> None:
        super().__init__()
        self.encoder = encoder
        self.objective = objective
        self.generator = generator

    def forward(self, sealed: Sealed[GraphBatch]) -> StepOutput:
        """Compute the objective's loss on a batch."""
        return self.objective(self.encoder, sealed.batch, self.generator)
