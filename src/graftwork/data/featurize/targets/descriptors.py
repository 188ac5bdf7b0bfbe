"""Descriptors of whole molecules, of those that RDKit computes in compiled code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit.Chem import rdchem, rdMolDescriptors

from graftwork.data.featurize.targets.targets import LARGEST, MoleculeTargets

_SIMPLE = (
    *("exactmw", "amw", "lipinskiHBA", "lipinskiHBD", "NumHeavyAtoms", "NumAtoms"),
    *("NumHeteroatoms", "NumAmideBonds", "FractionCSP3", "NumRings", "NumAromaticRings"),
    *("NumAliphaticRings", "NumSaturatedRings", "NumHeterocycles", "NumAromaticHeterocycles"),
    *("NumSaturatedHeterocycles", "NumAliphaticHeterocycles", "NumSpiroAtoms"),
    *("NumBridgeheadAtoms", "NumAtomStereoCenters", "NumUnspecifiedAtomStereoCenters"),
    *("labuteASA", "tpsa", "chi0v", "chi1v", "chi0n", "chi1n", "hallKierAlpha", "kappa1"),
)
_PROPERTIES = rdMolDescriptors.Properties(_SIMPLE)
_AUTOCORRELATIONS = np.r_[0:48, 96:144]
"""Moreau-Broto (ATS) and Moran (MATS): six atom properties at eight distances. Left out are the
centred ones and Geary's, which say nearly the same again."""

_Block = tuple[tuple[str, ...], Callable[[rdchem.Mol], Sequence[float] | npt.NDArray[Any]]]


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}{number}" for number in range(1, count + 1))


def _simple(molecule: rdchem.Mol) -> list[float]:
    return list(_PROPERTIES.ComputeProperties(molecule))


def _crippen(molecule: rdchem.Mol) -> tuple[float, float]:
    """Crippen's log P and molar refractivity without hydrogens: adding them takes 0.3 ms."""
    return rdMolDescriptors.CalcCrippenDescriptors(molecule, False)  # noqa: FBT003  (RDKit's)


def _autocorrelations(molecule: rdchem.Mol) -> npt.NDArray[Any]:
    if molecule.GetNumAtoms() > LARGEST:
        raise ValueError("too many distances")
    return np.array(rdMolDescriptors.CalcAUTOCORR2D(molecule))[_AUTOCORRELATIONS]


_BLOCKS: tuple[_Block, ...] = (
    (_SIMPLE, _simple),
    (("heavyLogP", "heavyMR"), _crippen),
    (_numbered("SlogP_VSA", 12), rdMolDescriptors.SlogP_VSA_),
    (_numbered("SMR_VSA", 10), rdMolDescriptors.SMR_VSA_),
    (_numbered("PEOE_VSA", 14), rdMolDescriptors.PEOE_VSA_),
    (_numbered("MQN", 42), rdMolDescriptors.MQNs_),
    (
        tuple(f"AUTOCORR2D_{place + 1}" for place in _AUTOCORRELATIONS),
        _autocorrelations,
    ),
)


def _compute(molecule: rdchem.Mol) -> npt.NDArray[Any]:
    return np.concatenate([_or_missing(block, molecule) for block in _BLOCKS])


def _or_missing(block: _Block, molecule: rdchem.Mol) -> npt.NDArray[Any]:
    """Compute a block; an element without parameters, say, leaves all of it missing."""
    names, compute = block
    try:
        return np.asarray(compute(molecule), np.float64)
    except (RuntimeError, ValueError):
        return np.full(len(names), np.nan)


DESCRIPTORS = MoleculeTargets(tuple(name for names, _ in _BLOCKS for name in names), _compute)
