"""Molecules to packed graphs: RDKit is asked atom by atom, all else is done for a chunk at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rdkit.Chem import rdchem

from graftwork.data.featurize.default import DEFAULT
from graftwork.data.featurize.featurizer import AROMATIC, Featurizer, Hints, Lists, Values
from graftwork.data.featurize.hu2020 import HU2020
from graftwork.graph.pack import PackedGraphs, pack
from graftwork.graph.schema import FeatureSchema

FEATURIZERS: dict[str, Featurizer] = {"default": DEFAULT, "hu2020": HU2020}
SCHEMAS: dict[str, FeatureSchema] = {name: kind.schema for name, kind in FEATURIZERS.items()}

_ORGANIC = frozenset({1, 5, 6, 7, 8, 9, 14, 15, 16, 17, 34, 35, 53})
_ORDER = {
    rdchem.BondType.SINGLE: 1.0,
    rdchem.BondType.DOUBLE: 2.0,
    rdchem.BondType.TRIPLE: 3.0,
    rdchem.BondType.AROMATIC: AROMATIC,
}


ANYTHING = Hints()


class MoleculeProperties(NamedTuple):
    """What RDKit says of one molecule: lists by name, one value per atom, or per bond."""

    atoms: Lists
    bonds: Lists


def read_molecule(
    molecule: rdchem.Mol, featurizer: str, hints: Hints = ANYTHING
) -> MoleculeProperties:
    """Ask RDKit for the properties that a featuriser needs.

    Parameters
    ----------
    molecule
        Sanitised.
    featurizer
        A key of `FEATURIZERS`.
    hints
        What need not be looked for.
    """
    atoms = list(map(molecule.GetAtomWithIdx, range(molecule.GetNumAtoms())))
    bonds = list(map(molecule.GetBondWithIdx, range(molecule.GetNumBonds())))
    numbers = bytes(map(rdchem.Atom.GetAtomicNum, atoms))
    if _ORGANIC.issuperset(numbers):
        order = list(map(rdchem.Bond.GetBondTypeAsDouble, bonds))
    else:  # bonds of metals may be dative, and these have the order of single ones
        order = [_ORDER.get(bond.GetBondType(), 0.0) for bond in bonds]
    of_atoms, of_bonds = FEATURIZERS[featurizer].read(molecule, atoms, bonds, hints)
    of_bonds |= {
        "begin": list(map(rdchem.Bond.GetBeginAtomIdx, bonds)),
        "end": list(map(rdchem.Bond.GetEndAtomIdx, bonds)),
        "order": order,
    }
    return MoleculeProperties({"number": numbers, **of_atoms}, of_bonds)


def pack_molecules(molecules: Sequence[MoleculeProperties], schema: FeatureSchema) -> PackedGraphs:
    """Turn what was read into graphs of ``schema``; edges are sorted by target.

    Parameters
    ----------
    molecules
        All read for ``schema.featurizer``.
    """
    if not molecules:
        return pack([], schema)
    atoms = _joined([molecule.atoms for molecule in molecules])
    bonds = _joined([molecule.bonds for molecule in molecules])
    node_ptr = _pointer(len(molecule.atoms["number"]) for molecule in molecules)
    bond_ptr = _pointer(len(molecule.bonds["begin"]) for molecule in molecules)
    first = np.tile(np.repeat(node_ptr[:-1], np.diff(bond_ptr)), 2)
    source = np.concatenate([bonds["begin"], bonds["end"]]) + first
    target = np.concatenate([bonds["end"], bonds["begin"]]) + first
    order = np.argsort(target * (node_ptr[-1] + 1) + source)
    atoms["degree"] = np.bincount(target, minlength=node_ptr[-1])
    aromatic = np.bincount(target, np.tile(bonds["order"] == AROMATIC, 2), minlength=node_ptr[-1])
    atoms["aromatic"] = aromatic > 0
    nodes, edges = FEATURIZERS[schema.featurizer].ids(atoms, bonds)
    return PackedGraphs(
        node_ptr=node_ptr,
        edge_ptr=2 * bond_ptr,
        node_cat=np.stack(nodes, 1).astype(schema.id_dtype),
        node_x=np.zeros((len(nodes[0]), 0), np.float32),
        edge_index=np.stack([source - first, target - first], 1)[order].astype(np.int32),
        edge_cat=np.tile(np.stack(edges, 1), (2, 1))[order].astype(schema.id_dtype),
        edge_x=np.zeros((len(order), 0), np.float32),
        root=np.full(len(molecules), -1, np.int32),
    )


def _joined(parts: Sequence[Lists]) -> Values:
    return {name: _end_to_end([part[name] for part in parts], name) for name in parts[0]}


def _end_to_end(parts: Sequence[Any], name: str) -> npt.NDArray[Any]:
    """Join one property's numbers; bond orders are not whole."""
    if isinstance(parts[0], bytes):
        return np.frombuffer(b"".join(parts), np.uint8)
    return np.fromiter(chain.from_iterable(parts), np.float64 if name == "order" else np.int64)


def _pointer(lengths: Iterable[int]) -> npt.NDArray[np.int64]:
    return np.cumsum(np.fromiter(chain([0], lengths), np.int64))
