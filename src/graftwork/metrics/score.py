"""One metric as bare numbers, fast enough for early stopping and for the bootstrap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graftwork.metrics.arrays import checked_arrays
from graftwork.metrics.registry import metric_named

if TYPE_CHECKING:
    import numpy.typing as npt

    from graftwork.metrics.metric import FloatArray


def task_scores(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, metric_name: str) -> FloatArray:
    """Return one metric per task, NaN where it is undefined.

    Parameters
    ----------
    y_true
        Labels, shape ``[rows, tasks]``, NaN where missing.
    y_pred
        Predictions, shape ``[..., rows, tasks]``.
    metric_name
        A key of `graftwork.metrics.METRICS`.

    Returns
    -------
    array
        Shape ``[..., tasks]``.

    Raises
    ------
    InputError
        See `graftwork.metrics.arrays.checked_arrays`; or the metric is unknown.
    """
    metric = metric_named(metric_name)
    truth, predicted = checked_arrays(y_true, y_pred, metric.kind)
    rows, tasks = truth.shape
    flat = predicted.reshape(int(np.prod(predicted.shape[:-2], dtype=int)), rows, tasks)
    scores = np.full((len(flat), tasks), np.nan)
    for task in range(tasks):
        labelled = ~np.isnan(truth[:, task])
        y = truth[labelled, task]
        for member, p in enumerate(flat[:, labelled, task]):
            if metric.undefined(y, p) is None:
                scores[member, task] = metric.function(y, p)
    return scores.reshape(*predicted.shape[:-2], tasks)


def score(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, metric_name: str) -> float:
    """Return the mean of one metric over the tasks where it is defined, or NaN.

    This is the number that early stopping watches. NaN means that no task has a value, never
    that the model is bad.

    Parameters
    ----------
    y_true
        Labels, shape ``[rows, tasks]``, NaN where missing.
    y_pred
        Predictions, shape ``[rows, tasks]``.
    metric_name
        A key of `graftwork.metrics.METRICS`.

    Raises
    ------
    InputError
        See `graftwork.metrics.arrays.checked_arrays`; or the metric is unknown.

    Examples
    --------
    >>> score([[0.0, 1.0], [1.0, 1.0]], [[0.1, 0.5], [0.9, 0.5]], "roc_auc")
    1.0
    """
    scores = task_scores(y_true, y_pred, metric_name)
    defined = scores[~np.isnan(scores)]
    return float(defined.mean()) if defined.size else float("nan")
