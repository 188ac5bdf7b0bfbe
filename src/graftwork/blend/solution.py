"""Regression by a Gaussian process whose few numbers are chosen by cross-validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import minimize

from graftwork.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]
    Folds = npt.NDArray[np.intp]

_BOUNDS = (-4 * np.log(10), np.log(10))  # of the logarithm of noise / signal
_START = np.log(0.1)
_STEPS = 30
_NOT_DEFINITE = "The covariance of a Gaussian process is not positive definite."
_SAMPLED, _LEAST = 1024, 256  # rows that choose the weights and the noise of one of some targets


@dataclass(frozen=True)
class Solution:
    """A fitted process with the covariance ``signal * (sum of weights * kernels + noise)``.

    Parameters
    ----------
    weights
        Of the kernels; they sum to one.
    noise
        Variance of the noise, in units of the signal's; of a row of average importance.
    coefficients
        Of the training rows, shape ``[rows]``: the prediction is ``mean`` plus the kernel to the
        training rows times these.
    mean
        Mean of the labels.
    signal
        Variance of the signal, in squared units of the labels.
    """

    weights: FloatArray
    noise: float
    coefficients: FloatArray
    mean: float
    signal: float


def solve(
    grams: Sequence[FloatArray],
    y: FloatArray,
    folds: Folds,
    shares: Sequence[float],
    *,
    importance: FloatArray | None = None,
    targets: int = 1,
) -> Solution:
    r"""Fit weights and noise so that rows are predicted well by the process without their fold.

    With :math:`B = (K + \sigma^2 I)^{-1}` and :math:`a = B y`, the errors of a fold that is left
    out are :math:`B_{ff}^{-1} a_f` (Rasmussen and Williams, Gaussian Processes for Machine
    Learning, 2006, 5.4.2, for whole folds): one inverse gives the errors of all folds, and the
    gradient costs one product per kernel. What is minimised is :math:`\tfrac n2 \log` of the mean
    squared error, plus :math:`\tfrac12 (\log w - \log s)^2` for each kernel of share *s*, so that
    few rows leave the weights near the shares. A row that stands for *m* of them counts *m* times
    in the errors, and has an *m*-th of the noise.

    Parameters
    ----------
    grams
        Kernels among the training rows, each ``[rows, rows]`` with ones on the diagonal.
    y
        Labels, not all equal.
    folds
        The fold of each row; leave-one-out where all differ.
    shares
        One per kernel.
    importance
        How many rows each stands for, up to a factor; None for one.
    targets
        How many there are. Of more than 1,024 rows so many, evenly spaced, choose the weights and
        the noise, which takes most of the time; of several targets fewer, in proportion to one
        over the root of their number, but 256. Of two classes each has its share of them.
    """
    worth = np.ones(len(y)) if importance is None else importance / importance.mean()
    mean = float(np.average(y, weights=worth))
    scale = float(np.sqrt(np.average(np.square(y - mean), weights=worth)))
    root = np.sqrt(worth)  # rows and kernels times it: the process above, without a weight
    target = root * (y - mean) / scale
    most = max(_LEAST, int(_SAMPLED / targets**0.5))
    sampled = np.linspace(0, len(y) - 1, min(len(y), most)).astype(np.intp)
    if np.isin(y, (y.min(), y.max())).all():
        sampled = np.argsort(y, kind="stable")[sampled]
    block = np.ix_(sampled, sampled)
    scaled = np.outer(root[sampled], root[sampled])
    weights, noise = _chosen(
        [gram[block] * scaled for gram in grams], target[sampled], folds[sampled], shares
    )
    factor = _factor(grams, weights, noise, root)
    alpha, failed = lapack.dpotrs(factor, target, lower=1)
    if failed:
        raise RunError(_NOT_DEFINITE)
    signal = scale**2 * float(target @ alpha) / len(y)
    return Solution(weights, noise, scale * root * alpha, mean, signal)


def _chosen(
    grams: Sequence[FloatArray], target: FloatArray, folds: Folds, shares: Sequence[float]
) -> tuple[FloatArray, float]:
    """Return the weights and the noise that predict standardised labels best across folds."""
    rows = len(target)
    prior = np.log(np.asarray(shares, np.float64))
    parts = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]

    def objective(theta: FloatArray) -> tuple[float, FloatArray]:
        weights, noise = _softmax(theta[:-1]), float(np.exp(theta[-1]))
        inverse = _inverse(grams, weights, noise)
        alpha = inverse @ target
        errors, again = np.empty_like(target), np.empty_like(target)
        left, right = np.empty((rows, len(parts))), np.empty((rows, len(parts)))
        for number, part in enumerate(parts):
            block = inverse[np.ix_(part, part)]
            errors[part] = np.linalg.solve(block, alpha[part])
            again[part] = np.linalg.solve(block, errors[part])
            left[:, number] = inverse[:, part] @ again[part]
            right[:, number] = inverse[:, part] @ errors[part]
        slope = left @ right.T - np.outer(inverse @ again, alpha)  # of the squared error, by K
        total = float(errors @ errors)
        by_kernel = np.array([np.vdot(slope, gram) for gram in grams]) * weights
        away = theta[:-1] - prior
        gradient = np.append(by_kernel - weights * by_kernel.sum(), np.trace(slope) * noise)
        value = rows / 2 * np.log(total / rows) + away @ away / 2
        return value, rows / total * gradient + np.append(away, 0.0)

    found = minimize(
        objective,
        np.append(prior, _START),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None)] * len(grams) + [_BOUNDS],
        options={"maxiter": _STEPS},
    )
    return _softmax(found.x[:-1]), float(np.exp(found.x[-1]))


def _softmax(values: FloatArray) -> FloatArray:
    raised = np.exp(values - values.max())
    return raised / raised.sum()


def _factor(
    grams: Sequence[FloatArray], weights: FloatArray, noise: float, root: FloatArray | None = None
) -> FloatArray:
    """Return the lower Cholesky factor of the covariance, of rows times ``root``."""
    covariance = np.zeros_like(grams[0])
    for weight, gram in zip(weights, grams, strict=True):
        covariance += weight * gram
    if root is not None:
        covariance *= root[:, None]
        covariance *= root
    covariance[np.diag_indices_from(covariance)] += noise
    factor, failed = lapack.dpotrf(covariance, lower=1)
    if failed:
        raise RunError(_NOT_DEFINITE)
    return factor


def _inverse(grams: Sequence[FloatArray], weights: FloatArray, noise: float) -> FloatArray:
    inverse, failed = lapack.dpotri(_factor(grams, weights, noise), lower=1)
    if failed:
        raise RunError(_NOT_DEFINITE)
    lower = np.tril(inverse)
    return lower + np.tril(inverse, -1).T
