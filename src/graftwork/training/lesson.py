"""What fine-tuning trains: a whole network, or a head on what a frozen encoder says of graphs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from graftwork.data.loader import in_order, load_batch
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.nn.heads import Head
from graftwork.nn.predictor import Predictor
from graftwork.objectives import StepOutput
from graftwork.training.freeze import keep_frozen_still
from graftwork.training.steps import Sealed

Values = npt.NDArray[np.float64]
Labels = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


class Lesson(Protocol):
    """Something to train, its batches, and its predictions while it is trained."""

    @property
    def module(self) -> nn.Module:
        """What has the weights that change."""
        ...

    @property
    def step(self) -> nn.Module:
        """``Sealed batch -> StepOutput``."""
        ...

    def batch(self, rows: Rows) -> Any:
        """Gather rows of the store and their labels."""
        ...

    def predict(self, module: Any, rows: Rows) -> Values:
        """Predict rows of the store with ``module``, or an average of it, in evaluation mode."""
        ...


@final
class FinetuneStep(nn.Module):
    """A predictor and the loss of its head; frozen parts stay in evaluation mode."""

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self.predictor = predictor

    def forward(self, sealed: Sealed[GraphBatch]) -> StepOutput:
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


class WholeNetwork:
    """Encoder and head, on graphs."""

    def __init__(self, predictor: Predictor, store: GraphStore, labels: Labels) -> None:
        self.module = predictor
        self.step = FinetuneStep(predictor)
        self._store, self._labels = store, labels

    def batch(self, rows: Rows) -> GraphBatch:
        """Gather graphs."""
        return load_batch(self._store, rows, self._labels)

    def predict(self, module: Predictor, rows: Rows) -> Values:
        """Predict graphs."""
        return predict_rows(module, self._store, rows)


@dataclass(frozen=True)
class Vectors:
    """Vectors of graphs ``[rows, dim]`` and their labels ``[rows, tasks]``."""

    vectors: Tensor
    y: Tensor

    def map(self, function: Callable[[Tensor], Tensor]) -> Vectors:
        """Apply ``function`` to both."""
        return Vectors(function(self.vectors), function(self.y))

    def to(self, device: torch.device | str) -> Vectors:
        """Move to a device."""
        return self.map(lambda tensor: tensor.to(device, non_blocking=True))


@final
class _HeadStep(nn.Module):
    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head

    def forward(self, sealed: Sealed[Vectors]) -> StepOutput:
        batch = sealed.batch
        return StepOutput(self.head.loss(self.head(batch.vectors).float(), batch.y), {})


class HeadAlone:
    """A head on vectors that the frozen encoder under it computes once.

    Parameters
    ----------
    rows
        Those of the store that will be asked for.
    """

    def __init__(self, predictor: Predictor, store: GraphStore, labels: Labels, rows: Rows) -> None:
        self.module = predictor.head
        self.step = _HeadStep(predictor.head)
        self._labels = torch.from_numpy(labels)
        self._position = np.full(len(store), -1)
        self._position[rows] = np.arange(len(rows))
        device = next(predictor.parameters()).device
        predictor.eval()
        with torch.no_grad():
            parts = [predictor.embed(batch.to(device)) for _, batch in in_order(store, rows)]
        self._vectors = torch.cat(parts).float()

    def batch(self, rows: Rows) -> Vectors:
        """Gather vectors."""
        return Vectors(self._vectors[self._position[rows]], self._labels[rows])

    @torch.inference_mode()
    def predict(self, module: Head, rows: Rows) -> Values:
        """Predict vectors."""
        module.eval()
        values = module.predict(module(self._vectors[self._position[rows]]).float())
        return values.double().cpu().numpy()


@torch.inference_mode()
def predict_rows(
    predictor: Predictor, store: GraphStore, rows: Rows, *, columns: bool = False
) -> Values:
    """Predict store rows in evaluation mode: float64 ``[len(rows), tasks]``.

    With ``columns``, what :meth:`~graftwork.nn.heads.Head.columns` says.
    """
    predictor.eval()
    head = predictor.head
    device = next(predictor.parameters()).device
    classes = head.config.classes if columns else 0
    out = np.empty((len(rows), classes or len(head.config.tasks)))
    start = 0
    for chosen, batch in in_order(store, rows):
        values = predictor.columns(batch.to(device))
        out[start : start + len(chosen)] = (values if columns else head.decide(values)).cpu()
        start += len(chosen)
    return out
