"""Kernels between molecules: substructures in common, and distances of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy.spatial.distance import cdist, pdist

from graftwork.blend.molecules import DESCRIPTORS, EMBEDDING
from graftwork.data.featurize.counts import COUNTS

if TYPE_CHECKING:
    import numpy.typing as npt

    from graftwork.blend.molecules import Molecules

    FloatArray = npt.NDArray[np.float64]

FINGERPRINTS = "fingerprints"
SHARES = {FINGERPRINTS: 0.75, DESCRIPTORS: 0.25, EMBEDDING: 0.25}
"""The kernels by name, and what each weighs, beside the others of a sum, before labels speak."""

_FARTHEST = 5.0  # standard deviations
_LENGTHS = 2.0  # length scale, in medians of the distance between training rows
_SAMPLED = 1000  # training rows of which the median is taken


@dataclass(frozen=True)
class Scale:
    """How numbers become distances.

    Parameters
    ----------
    centre, factor
        Of each column in training: its mean, and one over its standard deviation, or zero for a
        constant column, which then counts for nothing.
    length
        Length scale of the kernel.
    """

    centre: FloatArray
    factor: FloatArray
    length: float

    def equals(self, other: Scale) -> bool:
        """Return whether the other is the same."""
        same = np.array_equal(self.centre, other.centre) and self.length == other.length
        return same and np.array_equal(self.factor, other.factor)

    @classmethod
    def fitted(cls, values: npt.NDArray[Any]) -> Self:
        """Take the scale of training rows, shape ``[rows, columns]``."""
        wide = values.astype(np.float64)
        spread = wide.std(0)
        varies = spread > 1e-6 * np.abs(wide).max(0, initial=0)
        factor = np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
        scale = cls(wide.mean(0), factor, 1.0)
        sampled = scale.scaled(wide[:: max(1, len(wide) // _SAMPLED)])
        distances = pdist(sampled) if len(sampled) > 1 else np.zeros(1)
        return cls(scale.centre, factor, _LENGTHS * float(np.median(distances)) or 1.0)

    def scaled(self, values: npt.NDArray[Any]) -> FloatArray:
        """Return standard deviations from the mean, none farther than five."""
        return np.clip((values - self.centre) * self.factor, -_FARTHEST, _FARTHEST)


def scale_of(kernel: str, rows: Molecules) -> Scale | None:
    """Return the scale that a kernel needs; None where it reads fingerprints."""
    return None if kernel == FINGERPRINTS else Scale.fitted(rows.numbers[kernel])


def gram(kernel: str, left: Molecules, right: Molecules, scale: Scale | None) -> FloatArray:
    r"""Return a kernel between rows, shape ``[len(left), len(right)]``, one on the diagonal.

    ``fingerprints`` is the MinMax kernel averaged over the five count fingerprints; the others are
    :math:`\exp(-|a - b| / l)` (Laplace, of the Euclidean distance of standardised columns).
    """
    if scale is not None:
        distance = cdist(scale.scaled(left.numbers[kernel]), scale.scaled(right.numbers[kernel]))
        return np.exp(-distance / scale.length)
    total = np.zeros((len(left), len(right)))
    for name in COUNTS:
        total += left.fingerprints[name].minmax_gram(right.fingerprints[name])
    return total / len(COUNTS)


def square(kernel: str, rows: Molecules) -> tuple[FloatArray, Scale | None]:
    """Return a kernel among rows, and its scale; several models of the same rows share them."""
    kept: dict[str, tuple[FloatArray, Scale | None]] = rows.__dict__.setdefault("_squares", {})
    if kernel not in kept:
        scale = scale_of(kernel, rows)
        kept[kernel] = gram(kernel, rows, rows, scale), scale
    return kept[kernel]


def read_by(kernel: str, rows: Molecules) -> object:
    """Return a table that the kernel reads: rows with the same one have the same kernel."""
    return (
        next(iter(rows.fingerprints.values())) if kernel == FINGERPRINTS else rows.numbers[kernel]
    )


def tables_read(kernels: tuple[str, ...]) -> list[str]:
    """Return the tables of :class:`Molecules` that some kernels read."""
    return [name for kernel in kernels for name in (COUNTS if kernel == FINGERPRINTS else [kernel])]
