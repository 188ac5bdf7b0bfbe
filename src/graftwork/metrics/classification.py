"""Metrics of binary classification, as closed forms that are fast enough to bootstrap.

Labels are 0.0 or 1.0; predictions are probabilities of class 1. Where classes are needed, a
probability of at least `THRESHOLD` is class 1. The tests hold each one against scikit-learn.

Where a formula divides zero by zero the metric is undefined, and stays so: a conventional 0
(scikit-learn's choice for F1 and MCC) would be read as a measurement. The price is known: a model
that calls every row the same class has no MCC on that task, so a mean over tasks leaves the task
out and says so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from graftwork.metrics.metric import undefined_without_rows

if TYPE_CHECKING:
    from graftwork.metrics.metric import FloatArray

THRESHOLD = 0.5


def roc_auc(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Area under the ROC curve: how often a positive outranks a negative, ties counting half.

    Computed as the Mann-Whitney statistic (Hanley and McNeil, Radiology 143:29, 1982).
    """
    positive = y_true > THRESHOLD
    n_positive = int(positive.sum())
    n_negative = len(y_true) - n_positive
    rank_sum = float(rankdata(y_pred)[positive].sum())
    return (rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)


def pr_auc(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Average precision: the step-wise area under the precision-recall curve.

    Not the trapezoidal area, which is too optimistic (Davis and Goadrich, ICML 2006).
    """
    order = np.argsort(-y_pred, kind="stable")
    hits = np.cumsum(y_true[order])
    last_of_tie = np.append(np.flatnonzero(np.diff(y_pred[order])), len(y_pred) - 1)
    hits = hits[last_of_tie]
    precision = hits / (last_of_tie + 1.0)
    return float(np.sum(np.diff(hits, prepend=0.0) * precision) / hits[-1])


def accuracy(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Fraction of rows whose class is predicted."""
    return float(np.mean((y_pred >= THRESHOLD) == (y_true > THRESHOLD)))


def f1(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Harmonic mean of precision and recall of class 1: 2 TP / (2 TP + FP + FN)."""
    tp, fp, fn, _ = _confusion(y_true, y_pred)
    return 2 * tp / (2 * tp + fp + fn)


def mcc(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Matthews correlation coefficient (Matthews, Biochim. Biophys. Acta 405:442, 1975)."""
    tp, fp, fn, tn = _confusion(y_true, y_pred)
    return (tp * tn - fp * fn) / math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


def _confusion(y_true: FloatArray, y_pred: FloatArray) -> tuple[int, int, int, int]:
    """Return true positives, false positives, false negatives, true negatives."""
    actual, called = y_true > THRESHOLD, y_pred >= THRESHOLD
    tp = int(np.count_nonzero(actual & called))
    fp = int(np.count_nonzero(called)) - tp
    fn = int(np.count_nonzero(actual)) - tp
    return tp, fp, fn, len(y_true) - tp - fp - fn


def undefined_with_one_class(y_true: FloatArray, y_pred: FloatArray) -> str | None:
    """Return the reason why a ranking of two classes has no value, or None."""
    if not len(y_true):
        return undefined_without_rows(y_true, y_pred)
    if y_true.min() == y_true.max():
        rows = "row" if len(y_true) == 1 else "rows"
        return f"only one class among {len(y_true)} {rows}"
    return None


def undefined_f1(y_true: FloatArray, y_pred: FloatArray) -> str | None:
    """F1 is undefined when no row is positive and none is predicted to be."""
    if len(y_true) and not y_true.any() and not (y_pred >= THRESHOLD).any():
        return "no positives and no predicted positives"
    return undefined_without_rows(y_true, y_pred)


def undefined_mcc(y_true: FloatArray, y_pred: FloatArray) -> str | None:
    """MCC is undefined when all rows have one class, or are all predicted to have one."""
    reason = undefined_with_one_class(y_true, y_pred)
    if reason is not None:
        return reason
    called = y_pred >= THRESHOLD
    if called.all() or not called.any():
        return "all rows are predicted to be of one class"
    return None
