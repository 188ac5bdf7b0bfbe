"""What every baseline shares: one model per task, missing labels left out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

import numpy as np

from graftwork.errors import InputError, RunError

if TYPE_CHECKING:
    import numpy.typing as npt

    from graftwork.evaluation.baselines.fingerprints import Fingerprints
    from graftwork.metrics import Kind

    FloatArray = npt.NDArray[np.float64]


class TaskModel(Protocol):
    """A fitted model of one task."""

    def predict(self, fingerprints: Fingerprints) -> FloatArray:
        """Return one prediction per row, shape ``[rows]``."""
        ...


@dataclass(frozen=True)
class Constant:
    """The model of a task that leaves nothing to learn: the same prediction for every row."""

    value: float

    def predict(self, fingerprints: Fingerprints) -> FloatArray:
        """Return the constant, shape ``[rows]``."""
        return np.full(len(fingerprints), self.value)


class Baseline(ABC):
    """A model of fingerprints: fit on labelled rows, predict any rows.

    A concrete baseline says how one task is fitted, in `_fit_task`. A task whose training labels
    are all missing, or all the same, gets a constant: that label, or with no label at all 0.5
    (classification) or 0.0 (regression).

    Attributes
    ----------
    seedless
        Of the class: whether fitting usually needs no random numbers.
    deterministic
        Whether this fitted model would be the same with every seed.
    notes
        What a reader of the results should know about the fit: constant tasks, rows left out.
    """

    seedless: ClassVar[bool] = False

    def __init__(self) -> None:
        self.deterministic = self.seedless
        self.notes: list[str] = []
        self.models: list[TaskModel] = []

    def fit(self, fingerprints: Fingerprints, y: npt.ArrayLike, kind: Kind, seed: int) -> Self:
        """Fit one model per task.

        Parameters
        ----------
        fingerprints
            The training rows.
        y
            Labels, shape ``[rows, tasks]``, NaN where missing.
        kind
            ``"classification"`` (labels 0 or 1) or ``"regression"``.
        seed
            Where all randomness comes from: equal seeds give equal predictions.

        Raises
        ------
        InputError
            The shapes do not fit, a label is infinite, a class label is not 0 or 1, or the kind
            is unknown.
        """
        labels = np.asarray(y, dtype=np.float64)
        _check(labels, len(fingerprints), kind)
        self.notes, self.models, self.deterministic = [], [], self.seedless
        for task in range(labels.shape[1]):
            labelled = ~np.isnan(labels[:, task])
            values = labels[labelled, task]
            if not values.size or values.min() == values.max():
                self.models.append(self._constant(values, kind, task))
            else:
                table = fingerprints.take(labelled)
                self.models.append(self._fit_task(table, values, kind, seed, task))
        return self

    def predict(self, fingerprints: Fingerprints) -> FloatArray:
        """Return predictions, shape ``[rows, tasks]``: probabilities, or values in label units.

        Raises
        ------
        RunError
            Nothing has been fitted.
        """
        self._check_fitted()
        return np.stack([model.predict(fingerprints) for model in self.models], axis=1)

    @abstractmethod
    def _fit_task(
        self, fingerprints: Fingerprints, y: FloatArray, kind: Kind, seed: int, task: int
    ) -> TaskModel:
        """Fit one task on its labelled rows (at least two distinct labels)."""

    def _constant(self, values: FloatArray, kind: Kind, task: int) -> Constant:
        if not values.size:
            self.notes.append(f"task {task}: no training labels, a constant is predicted")
            return Constant(0.5 if kind == "classification" else 0.0)
        value = float(values[0])
        self.notes.append(f"task {task}: every training label is {value:g}, which is predicted")
        return Constant(value)

    def _check_fitted(self) -> None:
        if not self.models:
            raise RunError(f"{type(self).__name__} has not been fitted.", "Call fit() first.")


def _check(labels: FloatArray, rows: int, kind: Kind) -> None:
    if kind not in {"classification", "regression"}:
        raise InputError(f"Unknown kind of task {kind!r}.", "Use classification or regression.")
    if labels.ndim != 2 or len(labels) != rows or not labels.shape[1]:
        raise InputError(
            f"Labels of shape {labels.shape} do not fit {rows} fingerprints.",
            "Expected [rows, tasks] with at least one task.",
        )
    allowed = np.isin(labels, (0, 1)) if kind == "classification" else np.isfinite(labels)
    wrong = np.argwhere(~(np.isnan(labels) | allowed))
    if wrong.size:
        row, task = wrong[0]
        raise InputError(
            f"The label in row {row}, task {task} is {labels[row, task]:g}.",
            "Expected 0, 1 or NaN for classification, finite numbers or NaN for regression.",
        )
