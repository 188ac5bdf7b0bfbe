"""The gate: weights of models from what they predict of rows that they were not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

EVIDENCE = 1.0
"""Standard errors by which a model must explain what those before it leave over."""

_LEAST = 5  # rows that differ from the most frequent label
_PULL = 20.0  # what even weights are worth, in squared errors of the best model
_SUM = 1e4  # how much more the sum of the weights counts than a row


def gate(
    predictions: FloatArray,
    y: FloatArray,
    groups: npt.NDArray[np.intp],
    importance: FloatArray | None = None,
) -> FloatArray:
    r"""Return one weight per model: non-negative, and summing to one.

    What is minimised is the sum of squared errors and :math:`p \sum w^2`, with *p* twenty times the
    mean squared error of the best model: few rows say little about which model is the best, and
    weights are then nearly even; many rows outweigh it. The model with the least squared error
    comes first. Another one is added where it makes the sum smaller: with the residual
    :math:`r = y - b` of the blend so far and the difference :math:`d` of the model from it, where
    :math:`\sum r d + p \sum w^2` is more than ``EVIDENCE`` times the standard error of
    :math:`\sum r d`. Rows of one group (a scaffold) are alike, so the error is that of a sum over
    groups. The weights of the chosen ones are the minimum under the two constraints (Breiman,
    Stacked regressions, Machine Learning 24:49, 1996); all others are exactly zero.

    Where fewer than five rows differ from the most frequent label nothing can be judged (of some
    rare class, a constant has next to no error), and the first model has all the weight.

    Parameters
    ----------
    predictions
        Out-of-fold predictions, shape ``[models, rows, columns]``: numbers, or probabilities. The
        columns are classes that share their weights.
    y
        Labels, shape ``[rows, columns]``; NaN rows are left out.
    groups
        The group of each row.
    importance
        How many rows each stands for, up to a factor: its square counts so many times. None for
        one.

    Examples
    --------
    >>> y = np.linspace(0, 1, 50)[:, None]
    >>> good = y + np.resize([0.1, -0.1], y.shape)
    >>> worse = y + 3 * (good - y)
    >>> gate(np.stack([good, worse]), y, np.arange(50)).tolist()
    [1.0, 0.0]
    >>> other = y - (good - y)
    >>> gate(np.stack([good, other]), y, np.arange(50)).round(2).tolist()
    [0.5, 0.5]
    """
    known = ~np.isnan(y).any(1)
    weights = np.zeros(len(predictions))
    counts = np.unique(y[known], axis=0, return_counts=True)[1]
    if counts.sum() - counts.max(initial=0) < _LEAST:
        weights[0] = 1.0
        return weights
    worth = np.ones(len(y)) if importance is None else importance
    root = np.repeat(np.sqrt(worth[known] / worth[known].mean()), y.shape[1])
    truth = root * y[known].ravel()
    found = root * predictions[:, known].reshape(len(predictions), -1)
    cluster = np.repeat(np.unique(groups[known], return_inverse=True)[1], y.shape[1])
    errors = np.square(found - truth).mean(1)
    chosen, pull = [int(errors.argmin())], _PULL * float(errors.min())
    weights[chosen] = 1.0
    while len(chosen) < len(found):
        blend = weights @ found
        even = pull * float(weights @ weights)
        evidence = [
            _evidence(truth - blend, model - blend, cluster, even) if i not in chosen else -np.inf
            for i, model in enumerate(found)
        ]
        best = int(np.argmax(evidence))
        if evidence[best] <= EVIDENCE:
            break
        chosen.append(best)
        weights[chosen] = _on_simplex(found[chosen], truth, pull)
    return weights


def _evidence(
    residual: FloatArray, difference: FloatArray, cluster: npt.NDArray[np.intp], even: float
) -> float:
    sums = np.bincount(cluster, residual * difference)
    error = float(np.sqrt(np.square(sums).sum()))
    return float(sums.sum() + even) / error if error > 0 else 0.0


def _on_simplex(found: FloatArray, truth: FloatArray, pull: float) -> FloatArray:
    scale = _SUM * np.abs(found).max() + 1.0
    small = pull**0.5 * np.eye(len(found))
    rows = np.concatenate([found.T, small, np.full((1, len(found)), scale)])
    weights = nnls(rows, np.concatenate([truth, np.zeros(len(found)), [scale]]))[0]
    return weights / weights.sum()
