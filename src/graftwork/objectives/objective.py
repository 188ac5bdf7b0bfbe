"""What every pre-training objective is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from graftwork.graph.batch import GraphBatch
from graftwork.nn.encoder import Encoder


class StepOutput(NamedTuple):
    """What one step gives.

    Parameters
    ----------
    loss
        Scalar to minimise.
    logs
        Detached scalars worth watching, by name.
    """

    loss: Tensor
    logs: dict[str, Tensor]


class Objective(nn.Module, ABC):
    """A loss on a batch; it owns its heads and receives the encoder, never holds it.

    Randomness comes only from the generator passed in.
    """

    @abstractmethod
    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Compute the loss of one batch."""
