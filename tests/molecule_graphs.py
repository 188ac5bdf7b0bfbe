"""Graphs of single molecules: the package's own way, and a plain one that asks atom by atom."""

from __future__ import annotations

import numpy as np
from rdkit.Chem import rdchem

from graftwork.data.featurize.molecule import pack_molecules, read_molecule
from graftwork.graph.types import Graph

_OTHER_ATOM = 118  # dummy atoms; real ones are atomic number - 1
_CIP = {"R": 1, "S": 2}
_HYBRIDISATION = {
    rdchem.HybridizationType.S: 1,
    rdchem.HybridizationType.SP: 2,
    rdchem.HybridizationType.SP2: 3,
    rdchem.HybridizationType.SP3: 4,
    rdchem.HybridizationType.SP3D: 5,
    rdchem.HybridizationType.SP3D2: 6,
}
_BOND_TYPE = {
    rdchem.BondType.SINGLE: 0,
    rdchem.BondType.DOUBLE: 1,
    rdchem.BondType.TRIPLE: 2,
    rdchem.BondType.AROMATIC: 3,
}
_BOND_STEREO = {
    rdchem.BondStereo.STEREONONE: 0,
    rdchem.BondStereo.STEREOE: 1,
    rdchem.BondStereo.STEREOZ: 2,
}
_BOND_DIRECTION = {rdchem.BondDir.ENDUPRIGHT: 1, rdchem.BondDir.ENDDOWNRIGHT: 2}


def molecule_graph(molecule, schema):
    """The graph that the package makes of one molecule."""
    packed = pack_molecules([read_molecule(molecule, schema.featurizer)], schema)
    return Graph(packed.node_cat, packed.edge_index, packed.edge_cat)


def _default_atom(atom, ring_size):
    number = atom.GetAtomicNum()
    chirality = 0
    if atom.GetChiralTag() != rdchem.ChiralType.CHI_UNSPECIFIED:
        chirality = _CIP.get(atom.GetProp("_CIPCode"), 3) if atom.HasProp("_CIPCode") else 3
    return (
        number - 1 if number else _OTHER_ATOM,
        chirality,
        min(atom.GetDegree(), 11),
        max(-8, min(8, atom.GetFormalCharge())) + 8,
        min(atom.GetTotalNumHs(), 8),
        _HYBRIDISATION.get(atom.GetHybridization(), 0),
        int(atom.GetIsAromatic()),
        min(ring_size, 9) - 2 if ring_size else 0,
        min(atom.GetNumRadicalElectrons(), 4),
    )


def _default_bond(bond):
    return (
        _BOND_TYPE.get(bond.GetBondType(), 4),
        _BOND_STEREO.get(bond.GetStereo(), 3),
        int(bond.GetIsConjugated()),
        int(bond.IsInRing()),
    )


def _hu2020_atom(atom, _ring_size):
    number = atom.GetAtomicNum()
    tag = int(atom.GetChiralTag())
    return (number - 1 if number else _OTHER_ATOM, tag if tag < 3 else 0)


def _hu2020_bond(bond):
    kind = _BOND_TYPE.get(bond.GetBondType(), 0)
    return (kind, _BOND_DIRECTION.get(bond.GetBondDir(), 0))


_ATOM = {
    "default": _default_atom,
    "hu2020": _hu2020_atom,
}
_BOND = {
    "default": _default_bond,
    "hu2020": _hu2020_bond,
}


def plain_graph(molecule, schema):
    """The same graph, one atom and one bond after the other."""
    atom_features, bond_features = _ATOM[schema.featurizer], _BOND[schema.featurizer]
    rings = molecule.GetRingInfo()
    nodes = [
        atom_features(atom, rings.MinAtomRingSize(position))
        for position, atom in enumerate(map(molecule.GetAtomWithIdx, range(molecule.GetNumAtoms())))
    ]
    pairs = []
    bonds = []
    for bond in map(molecule.GetBondWithIdx, range(molecule.GetNumBonds())):
        begin, end, values = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), bond_features(bond)
        pairs += ((begin, end), (end, begin))
        bonds += (values, values)
    edge_index = np.array(pairs, np.int32).reshape(-1, 2)
    order = np.lexsort((edge_index[:, 0], edge_index[:, 1]))
    return Graph(
        node_cat=np.array(nodes, schema.id_dtype),
        edge_index=edge_index[order],
        edge_cat=np.array(bonds, schema.id_dtype).reshape(-1, len(schema.edge_cat))[order],
    )
