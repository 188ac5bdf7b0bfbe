"""What every metric asks of its arrays, checked once and in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graftwork.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from graftwork.config import Kind
from graftwork.metrics.metric import FloatArray


def checked_arrays(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, kind: Kind
) -> tuple[FloatArray, FloatArray]:
    """Return labels and predictions as float64, or say which value is wrong.

    Parameters
    ----------
    y_true
        Labels, shape ``[rows, tasks]``; NaN marks a missing label.
    y_pred
        Predictions, shape ``[..., rows, tasks]``: leading axes (seeds, for instance) are kept.
    kind
        ``"classification"`` (labels 0 or 1, predictions in [0, 1]), ``"multiclass"`` (both are
        class numbers) or ``"regression"``.

    Raises
    ------
    InputError
        Shapes do not fit; a prediction is NaN or infinite, on any row, labelled or not; a label
        is infinite; a class label is not 0 or 1; a probability is outside [0, 1]; a class number
        is not a whole number from 0 on.
    """
    truth = np.asarray(y_true, dtype=np.float64)
    predicted = np.asarray(y_pred, dtype=np.float64)
    if truth.ndim != 2 or predicted.shape[-2:] != truth.shape:
        raise InputError(
            f"Labels of shape {truth.shape} and predictions of shape {predicted.shape} do not fit.",
            "Both were expected to be [rows, tasks].",
        )
    _refuse(
        predicted,
        ~np.isfinite(predicted),
        "The prediction",
        "Every prediction has to be finite, also where the label is missing.",
    )
    _refuse(truth, np.isinf(truth), "The label", "Labels are finite, or NaN where missing.")
    if kind == "classification":
        wrong = ~(np.isnan(truth) | (truth == 0) | (truth == 1))
        _refuse(truth, wrong, "The class label", "Class labels are 0, 1, or NaN where missing.")
        outside = (predicted < 0) | (predicted > 1)
        _refuse(
            predicted,
            outside,
            "The prediction",
            "A probability between 0 and 1 was expected; apply a sigmoid to logits.",
        )
    if kind == "multiclass":
        hint = "Classes are numbered from 0 on."
        for array, what in ((truth, "The class label"), (predicted, "The prediction")):
            odd = ~np.isnan(array) & ((array < 0) | (array != np.floor(array)))
            _refuse(array, odd, what, hint)
    return truth, predicted


def _refuse(array: FloatArray, wrong: npt.NDArray[np.bool_], what: str, hint: str) -> None:
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        message = f"{what} in row {where[-2]}, task {where[-1]} is {array[where]:g}"
        raise InputError(f"{message} ({int(wrong.sum())} such values in all).", hint)
