"""What every baseline shares: one model per task, missing labels left out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, Self, TypeVar, get_args

import numpy as np

from graftwork.config import Kind
from graftwork.errors import InputError, RunError
from graftwork.evaluation.baselines.table import Table

if TYPE_CHECKING:
    from collections.abc import Sized

    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.intp]

T = TypeVar("T", bound=Table)
T_contra = TypeVar("T_contra", bound=Table, contravariant=True)


class TaskModel(Protocol[T_contra]):
    """A fitted model of one task."""

    def predict(self, table: T_contra, /) -> FloatArray:
        """Return one prediction per row, shape ``[rows]``."""
        ...


@dataclass(frozen=True)
class Constant:
    """The model of a task that leaves nothing to learn: the same prediction for every row."""

    value: float

    def predict(self, table: Sized, /) -> FloatArray:
        """Return the constant, shape ``[rows]``."""
        return np.full(len(table), self.value)


class Baseline(ABC, Generic[T]):
    """A model without a network: fit on labelled rows, predict any rows.

    A concrete baseline says how one task is fitted, in `_fit_task`. A task whose training labels
    are all missing, or all the same, gets a constant: that label, or with no label at all 0.5
    (classification) or 0.0 (others).

    Attributes
    ----------
    reads
        Of the class: what its rows are, a key of `graftwork.evaluation.baselines.TABLES`.
    kinds
        Of the class: the kinds of task that it can fit.
    seedless
        Of the class: whether fitting usually needs no random numbers.
    version
        Of the class: another number when the same rows would give another model.
    deterministic
        Whether this fitted model would be the same with every seed.
    notes
        What a reader of the results should know about the fit: constant tasks, rows left out.
    """

    reads: ClassVar[str] = "fingerprints"
    kinds: ClassVar[tuple[Kind, ...]] = get_args(Kind)
    seedless: ClassVar[bool] = False
    version: ClassVar[int] = 1

    def __init__(self) -> None:
        self.deterministic = self.seedless
        self.notes: list[str] = []
        self.models: list[TaskModel[T]] = []

    def fit(self, table: T, y: npt.ArrayLike, kind: Kind, seed: int) -> Self:
        """Fit one model per task.

        Parameters
        ----------
        table
            The training rows.
        y
            Labels, shape ``[rows, tasks]``, NaN where missing.
        kind
            ``"classification"`` (labels 0 or 1), ``"multiclass"`` (class numbers) or
            ``"regression"``.
        seed
            Where all randomness comes from: equal seeds give equal predictions.

        Raises
        ------
        InputError
            The shapes do not fit, a label is infinite, a class label is not 0 or 1, or the kind
            is unknown.
        """
        labels = np.asarray(y, dtype=np.float64)
        _check(labels, len(table), kind, self.kinds)
        self.notes, self.models, self.deterministic = [], [], self.seedless
        for task in range(labels.shape[1]):
            rows = np.flatnonzero(~np.isnan(labels[:, task]))
            values = labels[rows, task]
            if not values.size or values.min() == values.max():
                self.models.append(self._constant(values, kind, task))
            else:
                self.models.append(self._fit_task(table, rows, values, kind, seed, task))
        return self

    def predict(self, table: T) -> FloatArray:
        """Return predictions, shape ``[rows, tasks]``.

        Probabilities for classification, class numbers for multiclass, or values in label units.

        Raises
        ------
        RunError
            Nothing has been fitted.
        """
        self._check_fitted()
        return np.stack([model.predict(table) for model in self.models], axis=1)

    @abstractmethod
    def _fit_task(
        self, table: T, rows: Rows, y: FloatArray, kind: Kind, seed: int, task: int
    ) -> TaskModel[T]:
        """Fit one task on its labelled rows of the table (at least two distinct labels)."""

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


def _check(labels: FloatArray, rows: int, kind: Kind, kinds: tuple[Kind, ...]) -> None:
    if kind not in kinds:
        raise InputError(f"No baseline of this name for {kind!r}.", f"Use {', '.join(kinds)}.")
    if labels.ndim != 2 or len(labels) != rows or not labels.shape[1]:
        raise InputError(
            f"Labels of shape {labels.shape} do not fit {rows} rows.",
            "Expected [rows, tasks] with at least one task.",
        )
    allowed = np.isin(labels, (0, 1)) if kind == "classification" else np.isfinite(labels)
    if kind == "multiclass":
        allowed = (labels >= 0) & (labels == np.floor(labels)) & allowed
    wrong = np.argwhere(~(np.isnan(labels) | allowed))
    if wrong.size:
        row, task = wrong[0]
        raise InputError(
            f"The label in row {row}, task {task} is {labels[row, task]:g}.",
            "Expected 0, 1 or NaN for classification, class numbers from 0 or NaN for multiclass, "
            "finite numbers or NaN for regression.",
        )
