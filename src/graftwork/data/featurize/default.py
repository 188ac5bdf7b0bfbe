"""The default features of molecules: nine of an atom, four of a bond."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit.Chem import rdchem

from graftwork.data.featurize.featurizer import (
    OPTIONS,
    Featurizer,
    Hints,
    Lists,
    Values,
    bond_type_ids,
    columns,
    element_ids,
)
from graftwork.graph.schema import CategoricalColumn, FeatureSchema

_CIP = {"R": 1, "S": 2}
_HYBRIDISATION = dict.fromkeys(rdchem.HybridizationType.values.values(), 0) | {
    rdchem.HybridizationType.S: 1,
    rdchem.HybridizationType.SP: 2,
    rdchem.HybridizationType.SP2: 3,
    rdchem.HybridizationType.SP3: 4,
    rdchem.HybridizationType.SP3D: 5,
    rdchem.HybridizationType.SP3D2: 6,
}
_STEREO = {
    rdchem.BondStereo.STEREONONE: 0,
    rdchem.BondStereo.STEREOE: 1,
    rdchem.BondStereo.STEREOZ: 2,
}

_SCHEMA = FeatureSchema(
    featurizer="default",
    node_cat=columns(
        ("atomic_number", 119),
        ("chirality", 4),  # CIP labels, here and below, do not depend on the order of atoms
        ("degree", 12),
        ("formal_charge", 17),
        ("hydrogens", 9),
        ("hybridisation", 7),
        ("aromatic", 2),
        ("ring_size", 8),
        ("radicals", 5),
    ),
    edge_cat=(
        CategoricalColumn("bond_type", 7, mask=6, self_loop=5),
        *columns(("stereo", 4), ("conjugated", 2), ("in_ring", 2)),
    ),
    options=OPTIONS,
)


def _read(
    molecule: rdchem.Mol,
    atoms: list[rdchem.Atom],
    bonds: list[rdchem.Bond],
    hints: Hints,
) -> tuple[Lists, Lists]:
    rings = molecule.GetRingInfo()
    zeros = bytes(len(atoms))
    of_atoms: Lists = {
        "chirality": bytes(map(_cip_label, atoms)) if hints.stereo else zeros,
        "total_degree": bytes(map(rdchem.Atom.GetTotalDegree, atoms)),
        "charge": list(map(rdchem.Atom.GetFormalCharge, atoms)),  # N(=O)=O becomes [N+](=O)[O-]
        "hybridisation": bytes(
            map(_HYBRIDISATION.__getitem__, map(rdchem.Atom.GetHybridization, atoms))
        ),
        "ring_size": list(map(rings.MinAtomRingSize, range(len(atoms)))),
        "radicals": bytes(map(rdchem.Atom.GetNumRadicalElectrons, atoms))
        if hints.brackets
        else zeros,
    }
    of_bonds: Lists = {
        "stereo": bytes(_STEREO.get(bond.GetStereo(), 3) for bond in bonds)
        if hints.stereo
        else bytes(len(bonds)),
        "conjugated": bytes(map(rdchem.Bond.GetIsConjugated, bonds)),
        "rings": list(map(rings.NumBondRings, range(len(bonds)))),
    }
    return of_atoms, of_bonds


def _cip_label(atom: rdchem.Atom) -> int:
    if atom.GetChiralTag() == rdchem.ChiralType.CHI_UNSPECIFIED:
        return 0
    return _CIP.get(atom.GetProp("_CIPCode"), 3) if atom.HasProp("_CIPCode") else 3


def _ids(atoms: Values, bonds: Values) -> tuple[list[npt.NDArray[Any]], list[npt.NDArray[Any]]]:
    degree, ring = atoms["degree"], atoms["ring_size"]
    nodes = [
        element_ids(atoms["number"]),
        atoms["chirality"],
        degree.clip(max=11),
        atoms["charge"].clip(-8, 8) + 8,
        (atoms["total_degree"] - degree).clip(max=8),
        atoms["hybridisation"],
        atoms["aromatic"],
        np.where(ring > 0, ring.clip(max=9) - 2, 0),
        atoms["radicals"].clip(max=4),
    ]
    edges = [
        bond_type_ids(bonds["order"], other=4),
        bonds["stereo"],
        bonds["conjugated"],
        bonds["rings"].clip(max=1),
    ]
    return nodes, edges


DEFAULT = Featurizer(_SCHEMA, _read, _ids)
