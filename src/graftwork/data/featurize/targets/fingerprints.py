"""Folded count fingerprints: circular environments and atom pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit.Chem import rdchem, rdFingerprintGenerator

from graftwork.data.featurize.targets.targets import (
    LARGEST,
    MoleculeTargets,
    at_least,
    level_names,
)

SIZE = 1024
"""Each fingerprint is folded to so many counts."""
_ECFP_LEVELS, _PAIR_LEVELS = (1, 2), (1, 3)  # most counts of environments are 1, of pairs more
_ECFP = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=SIZE)
_PAIRS = rdFingerprintGenerator.GetAtomPairGenerator(fpSize=SIZE, countSimulation=False)


def _compute(molecule: rdchem.Mol) -> npt.NDArray[Any]:
    """Compute all bits; the pairs of a molecule that is too large are left out."""
    ecfp, pairs = _ECFP.GetCountFingerprintAsNumPy(molecule), np.zeros(SIZE, np.uint32)
    if molecule.GetNumAtoms() <= LARGEST:
        pairs = _PAIRS.GetCountFingerprintAsNumPy(molecule)
    return np.concatenate([at_least(ecfp, _ECFP_LEVELS), at_least(pairs, _PAIR_LEVELS)])


def _numbered(name: str) -> list[str]:
    return [f"{name}/{place}" for place in range(SIZE)]


FINGERPRINTS = MoleculeTargets(
    (
        *level_names(_numbered("ecfp"), _ECFP_LEVELS),
        *level_names(_numbered("pair"), _PAIR_LEVELS),
    ),
    _compute,
    bits=True,
)
