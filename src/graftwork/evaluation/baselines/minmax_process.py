"""One task's Gaussian process over count fingerprints, fitted by scikit-learn."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy.linalg import solve_triangular
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Kernel, WhiteKernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from graftwork.evaluation.baselines.fingerprints import Fingerprints

    FloatArray = npt.NDArray[np.float64]

_BOUNDS = (1e-3, 1e3)  # of both variances, in units of the variance of the labels
_CHUNK = 4096  # rows predicted at a time


class PrecomputedKernel(Kernel):
    """A scikit-learn kernel without hyperparameters whose values are read from a matrix.

    Parameters
    ----------
    gram
        Symmetric, shape ``[rows, rows]``, ones on the diagonal. The kernel's inputs are row
        numbers, shape ``[n, 1]``.
    """

    def __init__(self, gram: FloatArray) -> None:
        self.gram = gram

    def __call__(
        self,
        X: FloatArray,  # noqa: N803  (scikit-learn's name)
        Y: FloatArray | None = None,  # noqa: N803
        eval_gradient: bool = False,  # noqa: FBT001, FBT002  (scikit-learn's signature)
    ) -> FloatArray | tuple[FloatArray, FloatArray]:
        """Return the values, and with ``eval_gradient`` a gradient over no hyperparameters."""
        rows = X[:, 0].astype(np.intp)
        columns = rows if Y is None else Y[:, 0].astype(np.intp)
        values = self.gram[np.ix_(rows, columns)]
        return (values, np.empty((*values.shape, 0))) if eval_gradient else values

    def diag(self, X: FloatArray) -> FloatArray:  # noqa: N803
        """Return the kernel of each row with itself, shape ``[n]``."""
        return np.ones(len(X))

    def is_stationary(self) -> bool:
        """Return False: row numbers carry no distance."""
        return False


@dataclass(frozen=True)
class MinMaxProcess:
    """A fitted Gaussian process.

    Parameters
    ----------
    table
        The training rows.
    weights
        (K + noise)^-1 (y - mean) / scale, shape ``[rows]``.
    factor
        Lower Cholesky factor of K + noise, shape ``[rows, rows]``.
    signal, noise
        The two variances, in units of ``scale ** 2``.
    mean, scale
        Mean and standard deviation of the training labels, in their unit.
    log_likelihood
        Log marginal likelihood of the standardised labels.
    warnings
        What scikit-learn's optimiser complained about, the first sentence of each.
    """

    table: Fingerprints
    weights: FloatArray
    factor: FloatArray
    signal: float
    noise: float
    mean: float
    scale: float
    log_likelihood: float
    warnings: tuple[str, ...] = ()

    @classmethod
    def fitted(cls, table: Fingerprints, y: FloatArray) -> Self:
        """Fit both variances by maximising the log marginal likelihood (L-BFGS-B).

        Parameters
        ----------
        table
            The training rows.
        y
            Labels, shape ``[rows]``, not all equal.
        """
        mean, scale = float(y.mean()), float(y.std())
        signal = ConstantKernel(1.0, _BOUNDS) * PrecomputedKernel(table.minmax_gram())
        # alpha is scikit-learn's jitter: the noise has its own lower bound instead.
        process = GaussianProcessRegressor(signal + WhiteKernel(0.1, _BOUNDS), alpha=0.0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            process.fit(np.arange(len(y), dtype=np.float64)[:, None], (y - mean) / scale)
        log_signal, log_noise = process.kernel_.theta
        return cls(
            table,
            process.alpha_,
            process.L_,
            float(np.exp(log_signal)),
            float(np.exp(log_noise)),
            mean,
            scale,
            float(process.log_marginal_likelihood_value_),
            tuple(str(w.message).partition(". ")[0] for w in caught),
        )

    def predict(self, fingerprints: Fingerprints) -> FloatArray:
        """Return the posterior mean, shape ``[rows]``, in the unit of the labels."""
        means = [cross @ self.weights for cross in self._cross(fingerprints)]
        return self.mean + self.scale * np.concatenate([np.empty(0), *means])

    def predict_std(self, fingerprints: Fingerprints) -> FloatArray:
        """Return the standard deviation of a new measurement (noise included), shape ``[rows]``."""
        explained = [
            np.square(solve_triangular(self.factor, cross.T, lower=True)).sum(axis=0)
            for cross in self._cross(fingerprints)
        ]
        variance = self.signal + self.noise - np.concatenate([np.empty(0), *explained])
        return self.scale * np.sqrt(np.maximum(variance, self.noise))

    def _cross(self, fingerprints: Fingerprints) -> Iterator[FloatArray]:
        """Yield the covariance of the next rows with the training rows."""
        for start in range(0, len(fingerprints), _CHUNK):
            rows = fingerprints.take(np.arange(start, min(start + _CHUNK, len(fingerprints))))
            yield self.signal * rows.minmax_gram(self.table)
