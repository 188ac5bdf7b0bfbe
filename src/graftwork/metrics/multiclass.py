"""Metrics of one class out of several. Labels and predictions are class numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from graftwork.metrics.metric import FloatArray


def multiclass_accuracy(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Fraction of rows whose class is predicted."""
    return float(np.mean(y_true == y_pred))


def macro_f1(y_true: FloatArray, y_pred: FloatArray) -> float:
    """F1 of each class against the others, averaged over the classes that occur.

    A class occurs if some row has it or is predicted to have it, so each F1 is defined. Rare
    classes count as much as common ones.
    """
    classes = np.union1d(y_true, y_pred)
    true, pred = np.searchsorted(classes, y_true), np.searchsorted(classes, y_pred)
    size = len(classes)
    hits = np.bincount(true[true == pred], minlength=size)
    return float(
        np.mean(2 * hits / (np.bincount(true, minlength=size) + np.bincount(pred, minlength=size)))
    )
