"""The models that may stand beside the network, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from graftwork.blend.forest import Forest
from graftwork.blend.kernels import FINGERPRINTS
from graftwork.blend.molecules import DESCRIPTORS, EMBEDDING, Molecules
from graftwork.blend.process import Process

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

Fit = Callable[["Molecules", "FloatArray", "npt.NDArray[np.intp]", int, float], "Process | Forest"]
"""Molecules, labels ``[rows, columns]``, fold of each row, seed and default, to a fitted model."""


def _process(*kernels: str) -> Fit:
    def fit(
        molecules: Molecules,
        y: FloatArray,
        folds: npt.NDArray[np.intp],
        _seed: int,
        unknown: float,
    ) -> Process:
        return Process.fitted(kernels, molecules, y, folds, unknown)

    return fit


def _forest(
    molecules: Molecules,
    y: FloatArray,
    _folds: npt.NDArray[np.intp],
    seed: int,
    unknown: float,
) -> Forest:
    return Forest.fitted(molecules, y, seed, unknown=unknown)


_KERNELS = {
    "fingerprint-gp": (FINGERPRINTS,),
    "molecule-gp": (FINGERPRINTS, DESCRIPTORS),
    "embedding-gp": (EMBEDDING,),
    "joint-gp": (FINGERPRINTS, DESCRIPTORS, EMBEDDING),
}

MEMBERS: dict[str, Fit] = {
    **{name: _process(*kernels) for name, kernels in _KERNELS.items()},
    "extra-trees": _forest,
}
"""What may be blended with the network. A Gaussian process reads one kernel or a sum of them."""

OF_EMBEDDING = frozenset(name for name, kernels in _KERNELS.items() if EMBEDDING in kernels)
"""Those that need the embedding of a checkpoint."""
