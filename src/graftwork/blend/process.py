"""Gaussian processes of molecules for all targets at once: training rows times coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from graftwork.blend.kernels import SHARES, Scale, gram, read_by, square, tables_read
from graftwork.blend.solution import solve

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from graftwork.blend.molecules import Molecules

    FloatArray = npt.NDArray[np.float64]

_CHUNK = 4096  # rows predicted at a time


@dataclass(frozen=True)
class Process:
    """Fitted processes, one per target, over the same training rows.

    Parameters
    ----------
    rows
        The training rows.
    scales
        By kernel; None for fingerprints.
    coefficients
        By kernel, shape ``[rows, targets]``; zero where a row has no label.
    mean
        Of each target's labels.
    """

    rows: Molecules
    scales: dict[str, Scale | None]
    coefficients: dict[str, FloatArray]
    mean: FloatArray

    @classmethod
    def fitted(
        cls,
        kernels: tuple[str, ...],
        molecules: Molecules,
        y: FloatArray,
        folds: npt.NDArray[np.intp],
        unknown: float = 0.0,
        importance: FloatArray | None = None,
    ) -> Process:
        """Fit one process per target; a target with nothing to learn gets a constant.

        Parameters
        ----------
        kernels
            Names in ``graftwork.blend.kernels.SHARES``, to be summed.
        molecules, y
            Training rows and their labels ``[rows, targets]``, NaN where missing.
        folds
            See :func:`graftwork.blend.solution.solve`.
        unknown
            Predicted for a target without labels.
        importance
            How many rows each stands for; None for one.
        """
        worth = np.ones(len(y)) if importance is None else importance
        squares = [square(name, molecules) for name in kernels]
        mean = np.full(y.shape[1], unknown)
        coefficients = {name: np.zeros(y.shape) for name in kernels}
        for target in range(y.shape[1]):
            known = np.flatnonzero(~np.isnan(y[:, target]))
            labels = y[known, target]
            mean[target] = labels[0] if len(labels) else unknown
            if not len(labels) or labels.min() == labels.max():
                continue
            blocks = [values[np.ix_(known, known)] for values, _ in squares]
            shares = [SHARES[name] for name in kernels]
            found = solve(
                blocks,
                labels,
                folds[known],
                shares,
                importance=worth[known],
                targets=y.shape[1],
            )
            mean[target] = found.mean
            for name, weight in zip(kernels, found.weights, strict=True):
                coefficients[name][known, target] = weight * found.coefficients
        scales = {name: scale for name, (_, scale) in zip(kernels, squares, strict=True)}
        return cls(molecules.only(tables_read(kernels)), scales, coefficients, mean)

    def predict(self, molecules: Molecules) -> FloatArray:
        """Return the posterior mean, shape ``[rows, targets]``."""
        return predicted({"": self}, molecules)[""]


def predicted(processes: Mapping[str, Process], molecules: Molecules) -> dict[str, FloatArray]:
    """Return the posterior means by name; those of the same training rows share their kernels."""
    out = {
        name: np.broadcast_to(process.mean, (len(molecules), len(process.mean))).copy()
        for name, process in processes.items()
    }
    for start in range(0, len(molecules), _CHUNK):
        part = molecules.take(np.arange(start, min(start + _CHUNK, len(molecules))))
        kept: dict[tuple[str, int], FloatArray] = {}
        for name, process in processes.items():
            for kernel, coefficients in process.coefficients.items():
                key = kernel, id(read_by(kernel, process.rows))
                if key not in kept:
                    kept[key] = gram(kernel, part, process.rows, process.scales[kernel])
                out[name][start : start + len(part)] += kept[key] @ coefficients
    return out
