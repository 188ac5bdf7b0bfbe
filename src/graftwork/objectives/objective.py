"""What every pre-training objective is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from graftwork.config import Config, EncoderConfig
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.tasks import TaskSet
from graftwork.nn.encoder import Encoder
from graftwork.nn.ranks import summed, world


class StepOutput(NamedTuple):
    """What one step gives.

    Where several processes share a batch, each gives its part: the mean of their losses is the
    loss of the whole batch, and so with every logged value. :mod:`graftwork.nn.ranks` has what
    that takes. All of them log the same names and use the same parameters.

    Parameters
    ----------
    loss
        Scalar to minimise.
    logs
        Detached scalars worth watching, by name.
    """

    loss: Tensor
    logs: dict[str, Tensor]

    def values(self) -> dict[str, float]:
        """Return loss and logged values of the whole batch; every process must call it."""
        parts = {"loss": self.loss, **self.logs}
        numbers = torch.tensor([part.item() for part in parts.values()], dtype=torch.float64)
        return dict(zip(parts, (summed(numbers) / world()).tolist(), strict=True))


@dataclass(frozen=True)
class ObjectiveSettings(Config):
    """What every objective can be told; each objective adds its own."""

    limits: ClassVar = {"weight": (0, 1e6)}

    weight: float = 1.0
    """Factor of this objective's loss where several are trained jointly."""


class Objective(nn.Module, ABC):
    """A loss on a batch; it owns its heads and receives the encoder, never holds it.

    Randomness comes only from the generator passed in, which is in the same state on every
    process: each draws for the whole batch and keeps its own part.

    Parameters
    ----------
    schema
        Of the graphs.
    encoder
        The shape of the encoder that will be passed to :meth:`forward`.
    settings
        An instance of the class's ``Settings``.
    tasks
        What the columns of ``batch.y`` are, or of ``batch.targets[computed]`` for an objective that
        predicts these; None for a corpus without.
    """

    Settings: ClassVar[type[ObjectiveSettings]] = ObjectiveSettings
    computed: ClassVar[str | None] = None
    """Which of the corpus' computed targets it predicts."""
    by_task: ClassVar[bool] = False
    """Whether its batches are filled with graphs that share tasks; its settings then say with how
    many (``per_task``), and how many labels make a task (``least``)."""

    def __init__(
        self,
        schema: FeatureSchema,
        encoder: EncoderConfig,
        settings: Any = None,
        tasks: TaskSet | None = None,
    ) -> None:
        super().__init__()
        self.schema = schema
        self.settings = self.Settings() if settings is None else settings
        self.tasks = tasks
        self.dim = encoder.dim

    @abstractmethod
    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Compute the loss of one batch."""
