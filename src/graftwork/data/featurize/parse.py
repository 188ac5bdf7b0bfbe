"""Text to molecules, with the reason where there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rdkit import Chem, rdBase
from rdkit.Chem.MolStandardize import rdMolStandardize

from graftwork.errors import InputError
from graftwork.graph.schema import Option

rdBase.DisableLog("rdApp.*")

MAX_ATOMS = 1000
_STRANGE = re.compile(r"[^!-~]")


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
    limit = int(options.get("max_atoms", MAX_ATOMS))
    molecule = _read(text, limit)
    if options.get("standardize"):
        molecule = rdMolStandardize.LargestFragmentChooser().choose(molecule)
        molecule = rdMolStandardize.Uncharger().uncharge(molecule)
        Chem.SanitizeMol(molecule)
        Chem.AssignStereochemistry(molecule, cleanIt=True, force=True)
    _check_size(molecule, limit)
    return molecule


def _read(text: str, limit: int) -> Chem.Mol:
    stripped = text.strip()
    is_block = "\n" in stripped
    if not stripped:
        raise UnusableMoleculeError("the structure is empty")
    if not is_block:
        _check_characters(stripped)
        text = stripped
    read = _read_block if is_block else Chem.MolFromSmiles
    if len(text) > limit:  # cheap look before the expensive chemistry
        _check_size(read(text, False), limit, heavy=True)  # noqa: FBT003  (RDKit's signature)
    # without white space in it there is no name and no CXSMILES; passing parameters costs 40 %
    molecule = read(text)
    if molecule is None:
        raw = read(text, False)  # noqa: FBT003
        raise UnusableMoleculeError(_diagnose(raw, is_block=is_block))
    return molecule


def _check_characters(smiles: str) -> None:
    strange = _STRANGE.search(smiles)  # RDKit drops such characters at either end in silence
    if strange is None:
        return
    if any(character.isspace() for character in smiles):
        raise UnusableMoleculeError("text after the SMILES; only SMILES is read, no name")
    raise UnusableMoleculeError(f"not valid SMILES: it holds {strange.group()!r}")


def _read_block(text: str, sanitize: bool = True) -> Chem.Mol | None:  # noqa: FBT001, FBT002
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
