"""Gaussian process with the MinMax kernel on unfolded count fingerprints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from graftwork.errors import InputError
from graftwork.evaluation.baselines.baseline import Baseline, Constant
from graftwork.evaluation.baselines.fingerprints import Fingerprints
from graftwork.evaluation.baselines.minmax_process import MinMaxProcess
from graftwork.rng import numpy_rng

if TYPE_CHECKING:
    import numpy.typing as npt

    from graftwork.metrics import Kind

    FloatArray = npt.NDArray[np.float64]

MAX_ROWS = 4000


class GaussianProcessBaseline(Baseline[Fingerprints]):
    r"""Exact Gaussian process regression: prior covariance :math:`s^2 k_{MinMax} + \sigma^2 I`.

    The constant mean is the mean of the training labels, which are standardised; :math:`s^2` and
    :math:`\sigma^2` maximise the log marginal likelihood (Rasmussen and Williams, Gaussian
    Processes for Machine Learning, 2006, chapters 2 and 5). Classification is least squares on
    the labels 0 and 1, clipped to [0, 1]: a good ranking, but not a calibrated probability.

    Parameters
    ----------
    max_rows
        A task with more labelled rows is fitted on a random subset of that size, drawn by the
        seed and said in `notes`: time grows with the third power of the rows.

    Attributes
    ----------
    deterministic
        True unless a random subset was drawn.
    """

    kinds = ("classification", "regression")
    seedless = True

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        if max_rows < 2:
            raise InputError(f"max_rows is {max_rows}.", "A Gaussian process needs at least 2.")
        super().__init__()
        self.max_rows = max_rows

    def predict_std(self, fingerprints: Fingerprints) -> FloatArray:
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
        unknown = np.full(len(fingerprints), np.nan)
        columns = [
            model.process.predict_std(fingerprints) if isinstance(model, _Clipped) else unknown
            for model in self.models
        ]
        return np.stack(columns, axis=1)

    def _fit_task(
        self, fingerprints: Fingerprints, y: FloatArray, kind: Kind, seed: int, task: int
    ) -> _Clipped | Constant:
        if len(y) > self.max_rows:
            rng = numpy_rng(seed, "fingerprint-gp", task)
            rows = np.sort(rng.choice(len(y), self.max_rows, replace=False))
            self.notes.append(
                f"task {task}: fitted on a random {self.max_rows} of {len(y)} labelled rows"
            )
            self.deterministic = False
            fingerprints, y = fingerprints.take(rows), y[rows]
            if y.min() == y.max():
                return self._constant(y, kind, task)
        process = MinMaxProcess.fitted(fingerprints, y)
        self.notes += [f"task {task}: scikit-learn: {warning}" for warning in process.warnings]
        return _Clipped(process, (0.0, 1.0) if kind == "classification" else (-np.inf, np.inf))


@dataclass(frozen=True)
class _Clipped:
    process: MinMaxProcess
    limits: tuple[float, float]

    def predict(self, fingerprints: Fingerprints, /) -> FloatArray:
        return np.clip(self.process.predict(fingerprints), *self.limits)
