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
_SUM = 1e4  # how much more the sum of the weights counts than a row


def gate(predictions: FloatArray, y: FloatArray, groups: npt.NDArray[np.intp]) -> FloatArray:
    r"""Return one weight per model: non-negative, and summing to one.

    The model with the least squared error comes first. Another one is added where it explains what
    the blend so far leaves over: with the residual :math:`r = y - b` of the blend and the
    difference :math:`d` of the model from it, where :math:`\sum r d` is more than ``EVIDENCE``
    times its standard error. Rows of one group (a scaffold) are alike, so the error is that of a
    sum over groups. The weights of the chosen ones are least squares under the two constraints
    (Breiman, Stacked regressions, Machine Learning 24:49, 1996); all others are exactly zero.

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

    Examples
    --------
    >>> y = np.linspace(0, 1, 50)[:, None]
    >>> good = y + np.resize([0.1, -0.1], y.shape)
    >>> gate(np.stack([good, 1 - y]), y, np.arange(50)).tolist()
    [1.0, 0.0]
    """
    known = ~np.isnan(y).any(1)
    weights = np.zeros(len(predictions))
    counts = np.unique(y[known], axis=0, return_counts=True)[1]
    if counts.sum() - counts.max(initial=0) < _LEAST:
        weights[0] = 1.0
        return weights
    truth = y[known].ravel()
    found = predictions[:, known].reshape(len(predictions), -1)
    cluster = np.repeat(np.unique(groups[known], return_inverse=True)[1], y.shape[1])
    chosen = [int(np.square(found - truth).sum(1).argmin())]
    weights[chosen] = 1.0
    while len(chosen) < len(found):
        blend = weights @ found
        evidence = [
            _evidence(truth - blend, model - blend, cluster) if i not in chosen else -np.inf
            for i, model in enumerate(found)
        ]
        best = int(np.argmax(evidence))
        if evidence[best] <= EVIDENCE:
            break
        chosen.append(best)
        weights[chosen] = _on_simplex(found[chosen], truth)
    return weights


def _evidence(residual: FloatArray, difference: FloatArray, cluster: npt.NDArray[np.intp]) -> float:
    sums = np.bincount(cluster, residual * difference)
    error = float(np.sqrt(np.square(sums).sum()))
    return float(sums.sum()) / error if error > 0 else 0.0


def _on_simplex(found: FloatArray, truth: FloatArray) -> FloatArray:
    scale = _SUM * np.abs(found).max() + 1.0
    rows = np.concatenate([found.T, np.full((1, len(found)), scale)])
    weights = nnls(rows, np.append(truth, scale))[0]
    return weights / weights.sum()
