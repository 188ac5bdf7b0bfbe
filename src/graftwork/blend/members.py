"""The models that may stand beside the network, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graftwork.blend.forest import Forest
from graftwork.blend.kernels import FINGERPRINTS
from graftwork.blend.molecules import DESCRIPTORS, EMBEDDING, Molecules
from graftwork.blend.process import Process

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MEMBERS: dict[str, tuple[str, ...]] = {
    "fingerprint-gp": (FINGERPRINTS,),
    "molecule-gp": (FINGERPRINTS, DESCRIPTORS),
    "embedding-gp": (EMBEDDING,),
    "joint-gp": (FINGERPRINTS, DESCRIPTORS, EMBEDDING),
    "extra-trees": (),
}
"""What may be blended with the network, and the kernels that it sums: none for a forest."""

OF_EMBEDDING = frozenset(name for name, kernels in MEMBERS.items() if EMBEDDING in kernels)
"""Those that need the embedding of a checkpoint."""


def fit_member(
    name: str,
    molecules: Molecules,
    y: npt.NDArray[np.float64],
    folds: npt.NDArray[np.intp],
    seed: int,
    unknown: float,
    importance: npt.NDArray[np.float64] | None = None,
) -> Process | Forest:
    """Fit a model to labels ``[rows, columns]``, NaN where missing.

    Parameters
    ----------
    folds
        The fold of each row, by which a process chooses its noise.
    seed
        Of a forest.
    unknown
        What is said of a target without labels.
    importance
        How many rows each stands for, of those that a process learns from; None for one.
    """
    if kernels := MEMBERS[name]:
        return Process.fitted(kernels, molecules, y, folds, unknown, importance)
    return Forest.fitted(molecules, y, seed, unknown=unknown)
