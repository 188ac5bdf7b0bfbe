"""Functional groups: the 85 fragments that RDKit defines."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit.Chem import Fragments, rdchem

from graftwork.data.featurize.targets.targets import MoleculeTargets, at_least, level_names

_LEVELS = (1, 2, 3)


def _compute(molecule: rdchem.Mol) -> npt.NDArray[Any]:
    counts = np.array([count(molecule) for _, count in Fragments.fns])
    return at_least(counts, _LEVELS)


MOTIFS = MoleculeTargets(
    level_names((name for name, _ in Fragments.fns), _LEVELS), _compute, bits=True
)
