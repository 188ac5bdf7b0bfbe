"""A metric on many bootstrap samples of the same rows at once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from graftwork.metrics import task_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]
    Draws = Sequence[npt.NDArray[np.intp]]
    Resample = Callable[[FloatArray, FloatArray, str, Draws], FloatArray]

_CELLS = 1 << 22  # of one block of weights: bounds the memory
ROC_AUC = "roc_auc"


def resampled_scores(
    y_true: FloatArray, predictions: FloatArray, metric: str, draws: Draws
) -> FloatArray:
    """Return one metric per bootstrap sample, model and task, NaN where it is undefined.

    The same as `graftwork.metrics.task_scores` on each sample, up to rounding. ROC-AUC, the slow
    and frequent one, is computed for all samples together: a sample is a weight per row, and the
    rows are sorted once instead of once per sample.

    Parameters
    ----------
    y_true
        Labels, shape ``[rows, tasks]``, NaN where missing.
    predictions
        Shape ``[seeds, rows, tasks]``.
    metric
        A key of `graftwork.metrics.METRICS`.
    draws
        Row numbers of each sample, possibly repeated.

    Returns
    -------
    array
        Shape ``[samples, seeds, tasks]``.
    """
    if metric != ROC_AUC:
        scores = [task_scores(y_true[rows], predictions[:, rows], metric) for rows in draws]
        return np.stack(scores)
    seeds, rows, tasks = predictions.shape
    out = np.full((len(draws), seeds, tasks), np.nan)
    block = max(1, _CELLS // max(rows, 1))
    for start in range(0, len(draws), block):
        chosen = draws[start : start + block]
        counts = np.stack([np.bincount(drawn, minlength=rows) for drawn in chosen])
        weights = counts.astype(np.float64)
        for task in range(tasks):
            known = np.flatnonzero(~np.isnan(y_true[:, task]))
            own, positive = weights[:, known], y_true[known, task] > 0.5
            for seed in range(seeds):
                out[start : start + block, seed, task] = weighted_auc(
                    positive, predictions[seed, known, task], own
                )
    return out


def remembering(resample: Resample = resampled_scores) -> Resample:
    """Return the same function with a memory: a model meets many others on the same samples."""
    kept: dict[bytes, FloatArray] = {}

    def remembered(
        y_true: FloatArray, predictions: FloatArray, metric: str, draws: Draws
    ) -> FloatArray:
        content = hashlib.blake2b(repr((y_true.shape, predictions.shape, metric)).encode())
        for array in (y_true, predictions, *draws):
            content.update(np.ascontiguousarray(array).data)
        key = content.digest()
        if key not in kept:
            kept[key] = resample(y_true, predictions, metric, draws)
        return kept[key]

    return remembered


def weighted_auc(
    positive: npt.NDArray[np.bool_], scores: FloatArray, weights: FloatArray
) -> FloatArray:
    """Return the area under the ROC curve for many weightings of the same rows.

    Parameters
    ----------
    positive, scores
        Shape ``[rows]``.
    weights
        Shape ``[samples, rows]``.

    Returns
    -------
    array
        Shape ``[samples]``; NaN where a sample has one class only.

    Examples
    --------
    >>> weighted_auc(np.array([False, True]), np.array([0.1, 0.9]), np.array([[1.0, 2.0]]))
    array([1.])
    """
    order = np.argsort(scores, kind="stable")
    ordered, is_positive = scores[order], positive[order]
    of_positive = weights[:, order] * is_positive
    of_negative = weights[:, order] * ~is_positive
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    if 0 < len(first) < len(ordered):  # rows with one score count as one step of the curve
        of_positive = np.add.reduceat(of_positive, first, axis=1)
        of_negative = np.add.reduceat(of_negative, first, axis=1)
    below = np.cumsum(of_negative, axis=1) - 0.5 * of_negative  # half of those at the same score
    pairs = of_positive.sum(axis=1) * of_negative.sum(axis=1)
    ranked = (of_positive * below).sum(axis=1)
    return np.divide(ranked, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)
