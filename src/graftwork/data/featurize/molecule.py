"""Molecules to graphs: parsing with reasons, optional standardisation, two schemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdchem
from rdkit.Chem.MolStandardize import rdMolStandardize

from graftwork.errors import InputError
from graftwork.graph.schema import CategoricalColumn, FeatureSchema, Option
from graftwork.graph.types import Graph

rdBase.DisableLog("rdApp.*")

_OPTIONS: dict[str, Option] = {"standardize": False, "max_atoms": 1000}
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


class UnusableMoleculeError(InputError):
    """A row's structure cannot become a graph; the message is the reason."""


def parse_molecule(text: str, options: Mapping[str, Option]) -> Chem.Mol:
    """Read a SMILES string or a mol block, standardise it if the options say so.

    SMILES means SMILES: a name or a CXSMILES extension after it is an error.

    Raises
    ------
    UnusableMoleculeError
        With the reason: empty, not parsable, chemically impossible, too many atoms.
    """
    limit = int(options.get("max_atoms", _OPTIONS["max_atoms"]))
    molecule = _read(text, limit)
    if options.get("standardize"):
        molecule = rdMolStandardize.LargestFragmentChooser().choose(molecule)
        molecule = rdMolStandardize.Uncharger().uncharge(molecule)
        Chem.SanitizeMol(molecule)
        Chem.AssignStereochemistry(molecule, cleanIt=True, force=True)
    _check_size(molecule, limit)
    return molecule


def _read(text: str, limit: int) -> Chem.Mol:
    is_block = "\n" in text.strip()
    read = _read_block if is_block else _read_smiles
    if not text.strip():
        raise UnusableMoleculeError("the structure is empty")
    if not is_block:
        _check_characters(text.strip())
    if len(text) > limit:  # cheap look before the expensive chemistry
        _check_size(read(text, sanitize=False), limit, heavy=True)
    molecule = read(text, sanitize=True)
    if molecule is None:
        raise UnusableMoleculeError(_diagnose(read(text, sanitize=False), is_block=is_block))
    return molecule


def _check_characters(smiles: str) -> None:
    if any(character.isspace() for character in smiles):
        raise UnusableMoleculeError("text after the SMILES; only SMILES is read, no name")
    # RDKit drops such characters at either end in silence
    strange = [character for character in smiles if not (character.isascii() and character > " ")]
    if strange:
        raise UnusableMoleculeError(f"not valid SMILES: it holds {strange[0]!r}")


def _read_smiles(text: str, *, sanitize: bool) -> Chem.Mol | None:
    parameters: Any = Chem.SmilesParserParams()  # its attributes carry wrong types
    parameters.parseName = False
    parameters.allowCXSMILES = False
    parameters.sanitize = sanitize
    parameters.removeHs = sanitize
    return Chem.MolFromSmiles(text.strip(), parameters)


def _read_block(text: str, *, sanitize: bool) -> Chem.Mol | None:
    return Chem.MolFromMolBlock(text, sanitize=sanitize, removeHs=sanitize)


def _check_size(molecule: Chem.Mol | None, limit: int, *, heavy: bool = False) -> None:
    """Count atoms; written hydrogens, which parsing removes, do not count as ``heavy``."""
    if molecule is None:
        return
    if molecule.GetNumAtoms() == 0:
        raise UnusableMoleculeError("the structure has no atoms")
    atoms = molecule.GetNumHeavyAtoms() if heavy else molecule.GetNumAtoms()
    if atoms > limit:
        raise UnusableMoleculeError(f"{atoms} atoms, the limit is {limit}")


def _diagnose(molecule: Chem.Mol | None, *, is_block: bool) -> str:
    if molecule is None:
        return "not a readable mol block" if is_block else "not valid SMILES"
    molecule.UpdatePropertyCache(strict=False)
    problems = Chem.DetectChemistryProblems(molecule)
    return problems[0].Message() if problems else "the chemistry could not be perceived"


def _default_atom(atom: rdchem.Atom, ring_size: int) -> tuple[int, ...]:
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


def _default_bond(bond: rdchem.Bond) -> tuple[int, ...]:
    return (
        _BOND_TYPE.get(bond.GetBondType(), 4),
        _BOND_STEREO.get(bond.GetStereo(), 3),
        int(bond.GetIsConjugated()),
        int(bond.IsInRing()),
    )


def _hu2020_atom(atom: rdchem.Atom, _ring_size: int) -> tuple[int, ...]:
    number = atom.GetAtomicNum()
    tag = int(atom.GetChiralTag())
    return (number - 1 if number else _OTHER_ATOM, tag if tag < 3 else 0)


def _hu2020_bond(bond: rdchem.Bond) -> tuple[int, ...]:
    kind = _BOND_TYPE.get(bond.GetBondType(), 0)
    return (kind, _BOND_DIRECTION.get(bond.GetBondDir(), 0))


def _columns(*columns: tuple[str, int]) -> tuple[CategoricalColumn, ...]:
    """Give each column one more id, the last, that means "hidden"."""
    return tuple(CategoricalColumn(name, size + 1, mask=size) for name, size in columns)


SCHEMAS: dict[str, FeatureSchema] = {
    # Chirality and double-bond stereo as CIP labels: they do not depend on the order of atoms.
    "default": FeatureSchema(
        featurizer="default",
        node_cat=_columns(
            ("atomic_number", 119),
            ("chirality", 4),
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
            *_columns(("stereo", 4), ("conjugated", 2), ("in_ring", 2)),
        ),
        options=_OPTIONS,
    ),
    # Hu et al. (ICLR 2020), ids and sizes as published: chirality and bond direction follow the
    # order in which the SMILES was written, and hidden ones share id 0 with "none".
    "hu2020": FeatureSchema(
        featurizer="hu2020",
        node_cat=(
            CategoricalColumn("atomic_number", 120, mask=119),
            CategoricalColumn("chirality", 3, mask=0),
        ),
        edge_cat=(
            CategoricalColumn("bond_type", 6, mask=5, self_loop=4),
            CategoricalColumn("bond_direction", 3, mask=0),
        ),
        options=_OPTIONS,
    ),
}

_ATOM: dict[str, Callable[[rdchem.Atom, int], tuple[int, ...]]] = {
    "default": _default_atom,
    "hu2020": _hu2020_atom,
}
_BOND: dict[str, Callable[[rdchem.Bond], tuple[int, ...]]] = {
    "default": _default_bond,
    "hu2020": _hu2020_bond,
}


def molecule_graph(molecule: Chem.Mol, schema: FeatureSchema) -> Graph:
    """Turn an RDKit molecule into a graph of ``schema``; edges are sorted by target."""
    atom_features, bond_features = _ATOM[schema.featurizer], _BOND[schema.featurizer]
    rings = molecule.GetRingInfo()
    nodes = [
        atom_features(atom, rings.MinAtomRingSize(position))
        for position, atom in enumerate(map(molecule.GetAtomWithIdx, range(molecule.GetNumAtoms())))
    ]
    pairs: list[tuple[int, int]] = []
    bonds: list[tuple[int, ...]] = []
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
