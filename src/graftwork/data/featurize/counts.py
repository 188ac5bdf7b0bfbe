"""Count fingerprints and descriptors of molecules, as they travel from the worker processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors
from safetensors.numpy import load, save

COUNTS = {
    "ecfp4": rdFingerprintGenerator.GetMorganGenerator(radius=2),
    "ecfp6": rdFingerprintGenerator.GetMorganGenerator(radius=3),
    "atom-pairs": rdFingerprintGenerator.GetAtomPairGenerator(),
    "torsions": rdFingerprintGenerator.GetTopologicalTorsionGenerator(),
    "paths": rdFingerprintGenerator.GetRDKitFPGenerator(maxPath=5),
}
"""Unfolded count fingerprints by name; paths have at most five bonds."""

_PROPERTIES = rdMolDescriptors.Properties()
_LARGEST = 1e6  # of a descriptor's magnitude; more is a fault of the formula


class Counted(NamedTuple):
    """One molecule: identifiers with their counts per fingerprint, and descriptors."""

    counts: list[dict[int, int]]
    descriptors: list[float]


@dataclass(frozen=True)
class Described:
    """The molecules of a chunk, end to end.

    Parameters
    ----------
    ids, counts, lengths
        By fingerprint: int64 identifiers and int32 counts of all molecules, and how many belong to
        each.
    descriptors
        Float32 ``[molecules, columns]``, finite.
    """

    ids: dict[str, npt.NDArray[np.int64]]
    counts: dict[str, npt.NDArray[np.int32]]
    lengths: dict[str, npt.NDArray[np.int32]]
    descriptors: npt.NDArray[np.float32]

    @classmethod
    def empty(cls, rows: int) -> Described:
        """Describe molecules of which nothing is known."""
        return _joined([Counted([{} for _ in COUNTS], [0.0] * len(DESCRIPTOR_NAMES))] * rows)


def count_molecule(molecule: Chem.Mol) -> Counted:
    """Count substructures, and compute the descriptors that RDKit has in compiled code."""
    counts = [
        generator.GetSparseCountFingerprint(molecule).GetNonzeroElements()
        for generator in COUNTS.values()
    ]
    descriptors = [
        *rdMolDescriptors.SlogP_VSA_(molecule),
        *rdMolDescriptors.SMR_VSA_(molecule),
        *rdMolDescriptors.PEOE_VSA_(molecule),
        *rdMolDescriptors.MQNs_(molecule),
        *_PROPERTIES.ComputeProperties(molecule),
    ]
    return Counted(counts, descriptors)


DESCRIPTOR_NAMES = (
    *(f"SlogP_VSA{i}" for i in range(1, 13)),
    *(f"SMR_VSA{i}" for i in range(1, 11)),
    *(f"PEOE_VSA{i}" for i in range(1, 15)),
    *(f"MQN{i}" for i in range(1, 43)),
    *_PROPERTIES.GetPropertyNames(),
)
"""Names of the descriptors, in order."""


def encode_counted(molecules: Sequence[Counted], _schema: Any = None) -> bytes:
    """Lay the molecules of a chunk end to end, as safetensors."""
    joined = _joined(molecules)
    arrays: dict[str, npt.NDArray[Any]] = {"descriptors": joined.descriptors}
    for name in COUNTS:
        arrays[f"{name}.ids"] = joined.ids[name]
        arrays[f"{name}.counts"] = joined.counts[name]
        arrays[f"{name}.lengths"] = joined.lengths[name]
    return save(arrays)


def decode_described(data: bytes) -> Described:
    """Read what :func:`encode_counted` wrote."""
    arrays = load(data)
    return Described(
        {name: arrays[f"{name}.ids"] for name in COUNTS},
        {name: arrays[f"{name}.counts"] for name in COUNTS},
        {name: arrays[f"{name}.lengths"] for name in COUNTS},
        arrays["descriptors"],
    )


def _joined(molecules: Sequence[Counted]) -> Described:
    rows = {name: [m.counts[i] for m in molecules] for i, name in enumerate(COUNTS)}
    values = np.array([m.descriptors for m in molecules], np.float64)
    values = values.reshape(len(molecules), len(DESCRIPTOR_NAMES))
    return Described(
        {n: np.array([key for row in r for key in row], np.int64) for n, r in rows.items()},
        {n: np.array([v for row in r for v in row.values()], np.int32) for n, r in rows.items()},
        {n: np.array([len(row) for row in r], np.int32) for n, r in rows.items()},
        np.nan_to_num(values).clip(-_LARGEST, _LARGEST).astype(np.float32),
    )
