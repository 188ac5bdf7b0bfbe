"""What a metric is: a named function of labels and predictions, and when it has no value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from graftwork.config import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

FloatArray: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """A number that says how well one task is predicted.

    Parameters
    ----------
    name
        Its key in `graftwork.metrics.METRICS`.
    label
        How reports write it, for instance ``"ROC-AUC"``.
    kind
        ``"classification"`` (labels are 0 or 1, predictions are probabilities), ``"multiclass"``
        (both are class numbers) or ``"regression"``.
    higher_is_better
        The direction in which a model improves.
    function
        ``(y_true [rows], y_pred [rows]) -> float``. Neither array holds NaN. It may only be
        called where ``undefined`` returns None.
    undefined
        ``(y_true [rows], y_pred [rows]) -> str | None``: the reason why the metric has no
        value for these rows, or None when it has one.
    in_label_units
        True when the value carries the unit of the labels (RMSE, MAE).
    bounds
        The smallest and largest value there can be; an interval ends there.

    Examples
    --------
    >>> from graftwork.metrics import METRICS
    >>> METRICS["roc_auc"](np.array([0.0, 1.0]), np.array([0.2, 0.7])).value
    1.0
    >>> METRICS["roc_auc"](np.array([1.0, 1.0]), np.array([0.2, 0.7])).undefined
    'only one class among 2 rows'
    """

    name: str
    label: str
    kind: Kind
    higher_is_better: bool
    function: Callable[[FloatArray, FloatArray], float]
    undefined: Callable[[FloatArray, FloatArray], str | None]
    in_label_units: bool = False
    bounds: tuple[float, float] = (0.0, 1.0)

    def __call__(self, y_true: FloatArray, y_pred: FloatArray) -> Value:
        """Return the value for one task (1-D arrays without NaN), or why there is none."""
        reason = self.undefined(y_true, y_pred)
        if reason is not None:
            return Value(None, undefined=reason)
        return Value(self.function(y_true, y_pred))


@dataclass(frozen=True)
class Value:
    """A number, or the reason why there is none. Undefined is said, never faked.

    Parameters
    ----------
    value
        The number; None when it is undefined.
    undefined
        Why it is undefined; None when it is defined.
    note
        What a reader should know about a defined value, for instance which tasks are missing
        from a mean.
    """

    value: float | None
    undefined: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.undefined is None):
            raise ValueError("A Value is either a number or the reason why there is none.")

    def to_dict(self) -> dict[str, float | str | None]:
        """Return the fields as JSON types."""
        return {"value": self.value, "undefined": self.undefined, "note": self.note}


def undefined_without_rows(y_true: FloatArray, y_pred: FloatArray) -> str | None:  # noqa: ARG001
    """Return the reason why a metric that only needs one row has no value, or None."""
    return None if len(y_true) else "no labelled rows"
