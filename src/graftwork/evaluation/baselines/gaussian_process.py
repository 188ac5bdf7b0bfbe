"""Gaussian process with the MinMax kernel on unfolded count fingerprints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from graftwork.blend import Molecules
from graftwork.blend.draw import draw
from graftwork.blend.kernels import FINGERPRINTS, gram, tables_read
from graftwork.blend.solution import Solution, solve
from graftwork.errors import InputError
from graftwork.evaluation.baselines.baseline import Baseline, Constant
from graftwork.rng import numpy_rng

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from graftwork.metrics import Kind

    FloatArray = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.intp]

MAX_ROWS = 4000
_AT_ONCE = 8192  # training rows whose kernel is computed once, for all tasks
FOLDS = 10
_CHUNK = 4096  # rows predicted at a time


class GaussianProcessBaseline(Baseline[Molecules]):
    r"""Exact Gaussian process regression: prior covariance :math:`s^2 (k + \sigma^2 I)`.

    The kernel is the MinMax kernel of counts, averaged over five fingerprints (ECFP4, ECFP6, atom
    pairs, torsions, paths). The mean is that of the training labels; :math:`\sigma^2` has the
    least squared error in tenfold cross-validation, in closed form (see
    `graftwork.blend.solution.solve`), and :math:`s^2` the largest likelihood. Classification is
    least squares on the labels 0 and 1, clipped to [0, 1]: a good ranking, but not a calibrated
    probability.

    Parameters
    ----------
    max_rows
        A task with more labelled rows is fitted on a random subset of that size, rare classes
        first, drawn by the seed and said in `notes`: time grows with the third power of the rows.

    Attributes
    ----------
    deterministic
        True unless a random subset was drawn.
    """

    kinds = ("classification", "regression")
    seedless = True
    version = 2  # 1 drew all of many rows with equal chances

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        if max_rows < 2:
            raise InputError(f"max_rows is {max_rows}.", "A Gaussian process needs at least 2.")
        super().__init__()
        self.max_rows = max_rows
        self._known: tuple[Molecules, FloatArray] | None = None
        self._targets = 1

    def predict_std(self, molecules: Molecules) -> FloatArray:
        """Return the predictive standard deviation of a new measurement, noise included.

        Meant for regression: for classification it is on the scale of the labels 0 and 1. NaN
        for a constant task, about which nothing was learnt.

        Returns
        -------
        array
            Shape ``[rows, tasks]``, in the unit of the labels.

        Raises
        ------
        RunError
            Nothing has been fitted.
        """
        self._check_fitted()
        unknown = np.full(len(molecules), np.nan)
        columns = [
            model.predict_std(molecules) if isinstance(model, _Process) else unknown
            for model in self.models
        ]
        return np.stack(columns, axis=1)

    def fit(self, table: Molecules, y: npt.ArrayLike, kind: Kind, seed: int) -> Self:
        """Fit one model per task; see the base."""
        self._known = None
        self._targets = math.prod(np.shape(y)[1:])
        if len(table) <= (self.max_rows if self._targets == 1 else _AT_ONCE):
            rows = table.only(tables_read((FINGERPRINTS,)))
            self._known = rows, gram(FINGERPRINTS, rows, rows, None)
        try:
            return super().fit(table, y, kind, seed)
        finally:
            self._known = None

    def predict(self, table: Molecules) -> FloatArray:
        """Return predictions, shape ``[rows, tasks]``."""
        self._check_fitted()
        out = np.empty((len(table), len(self.models)))
        for start, part in _parts(table):
            of, cross = None, np.empty((0, 0))
            for task, model in enumerate(self.models):
                if isinstance(model, _Process):
                    if of is not model.rows:  # tasks share their table, or none does
                        of, cross = model.rows, gram(FINGERPRINTS, part, model.rows, None)
                    values = model.mean(cross)
                else:
                    values = model.predict(part)
                out[start : start + len(part), task] = values
        return out

    def _fit_task(
        self,
        molecules: Molecules,
        rows: Rows,
        y: FloatArray,
        kind: Kind,
        seed: int,
        task: int,
    ) -> _Process | Constant:
        classes = kind == "classification"
        lots = numpy_rng(seed, "fingerprint-gp", task).random(len(y))
        drawn = draw(np.arange(len(y)), y[:, None], self.max_rows, lots, classes=classes)
        if len(y) > self.max_rows:
            first = ", rare classes first" if classes else ""
            self.notes.append(
                f"task {task}: fitted on a random {self.max_rows} of {len(y)} labelled rows{first}"
            )
            self.deterministic = False
            rows, y = rows[drawn.rows], y[drawn.rows]
            if y.min() == y.max():
                return self._constant(y, kind, task)
        if self._known is None:
            table = molecules.take(rows).only(tables_read((FINGERPRINTS,)))
            places, among = np.arange(len(y)), gram(FINGERPRINTS, table, table, None)
        else:
            table, square = self._known
            places, among = rows, square[np.ix_(rows, rows)]
        folds = numpy_rng(0, "fingerprint-gp folds").permutation(np.arange(len(y)) % FOLDS)
        limits = (0.0, 1.0) if classes else (-np.inf, np.inf)
        worth = drawn.importance / drawn.importance.mean()
        solution = solve([among], y, folds, [1.0], importance=worth, targets=self._targets)
        return _Process(table, places, solution, solution.noise / worth, limits)


@dataclass(frozen=True)
class _Process:
    """A fitted task.

    Parameters
    ----------
    rows, places
        A table, and which of its rows the task learnt from.
    solution
        Its coefficients are those of these rows.
    noises
        Variance of the noise of each, in units of the signal's.
    limits
        Of what is predicted.
    """

    rows: Molecules
    places: Rows
    solution: Solution
    noises: FloatArray
    limits: tuple[float, float]

    def mean(self, cross: FloatArray) -> FloatArray:
        """Return the posterior mean, given the kernel of some rows to all of the table."""
        values = self.solution.mean + cross[:, self.places] @ self.solution.coefficients
        return np.clip(values, *self.limits)

    def predict(self, molecules: Molecules, /) -> FloatArray:
        means = [
            self.mean(gram(FINGERPRINTS, part, self.rows, None)) for _, part in _parts(molecules)
        ]
        return np.concatenate([np.empty(0), *means])

    def predict_std(self, molecules: Molecules) -> FloatArray:
        rows = self.rows.take(self.places)
        among = gram(FINGERPRINTS, rows, rows, None) + np.diag(self.noises)
        factor = cholesky(among, lower=True)
        explained = [
            np.square(
                solve_triangular(factor, gram(FINGERPRINTS, part, rows, None).T, lower=True)
            ).sum(axis=0)
            for _, part in _parts(molecules)
        ]
        left = np.maximum(1.0 - np.concatenate([np.empty(0), *explained]), 0.0)
        return np.sqrt(self.solution.signal * (left + self.solution.noise))


def _parts(molecules: Molecules) -> Iterator[tuple[int, Molecules]]:
    """Yield so many rows at a time, and where they start."""
    for start in range(0, len(molecules), _CHUNK):
        yield start, molecules.take(np.arange(start, min(start + _CHUNK, len(molecules))))
