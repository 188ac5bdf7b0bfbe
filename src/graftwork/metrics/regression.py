"""Metrics of regression, each held against scikit-learn or scipy by the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

if TYPE_CHECKING:
    from graftwork.metrics.metric import FloatArray


def rmse(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Root of the mean squared error, in the unit of the labels."""
    return float(np.sqrt(np.mean(np.square(y_pred - y_true))))


def mae(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Mean absolute error, in the unit of the labels."""
    return float(np.mean(np.abs(y_pred - y_true)))


def r2(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Coefficient of determination: 1 - residual / total sum of squares; it can be negative."""
    residual = np.sum(np.square(y_true - y_pred))
    return float(1.0 - residual / np.sum(np.square(y_true - np.mean(y_true))))


def spearman(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Rank correlation: Pearson's correlation of mid-ranks (Spearman, 1904)."""
    a, b = rankdata(y_true), rankdata(y_pred)
    a, b = a - a.mean(), b - b.mean()
    return float(np.clip(np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b)), -1.0, 1.0))


def undefined_with_constant_labels(y_true: FloatArray, y_pred: FloatArray) -> str | None:  # noqa: ARG001
    """Return the reason why a share of the labels' variation has no value, or None."""
    if len(y_true) < 2:
        return "fewer than 2 rows"
    if y_true.min() == y_true.max():
        return f"constant labels among {len(y_true)} rows"
    return None


def undefined_spearman(y_true: FloatArray, y_pred: FloatArray) -> str | None:
    """Return the reason why a rank correlation has no value, or None."""
    reason = undefined_with_constant_labels(y_true, y_pred)
    if reason is None and y_pred.min() == y_pred.max():
        return "constant predictions: rank correlation undefined"
    return reason
