"""What a featuriser of molecules is, and what its kinds share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rdkit.Chem import rdchem

from graftwork.data.featurize.parse import MAX_ATOMS
from graftwork.graph.schema import CategoricalColumn, FeatureSchema, Option

OPTIONS: dict[str, Option] = {"standardize": False, "max_atoms": MAX_ATOMS}
Lists = dict[str, list[Any] | bytes]
"""What RDKit says of one molecule's atoms, or bonds: numbers by property; as bytes where they are
never negative and below 256, which is the fastest way on."""
Values = dict[str, npt.NDArray[Any]]
"""The same of many molecules, end to end."""

_MARKS = re.compile(r"[@/\\\[\n]")
_OTHER_ATOM = 118  # dummy atoms; real ones are atomic number - 1
AROMATIC = 1.5
"""Order of a bond."""
_BOND_TYPE = {1.0: 0, 2.0: 1, 3.0: 2, AROMATIC: 3}


class Hints(NamedTuple):
    """What the text of a molecule may say; what it cannot say is not looked for.

    Parameters
    ----------
    stereo
        Whether it may mark stereochemistry.
    brackets
        Whether it may write atoms in brackets: without, none has an unpaired electron.
    """

    stereo: bool = True
    brackets: bool = True

    @classmethod
    def of(cls, text: str) -> Hints:
        """Look at a SMILES; a mol block may say anything.

        Examples
        --------
        >>> Hints.of("C[C@H](O)N"), Hints.of("CCO")
        (Hints(stereo=True, brackets=True), Hints(stereo=False, brackets=False))
        """
        found = set(_MARKS.findall(text.strip()))
        return cls(bool(found & {"@", "/", "\\", "\n"}), bool(found & {"[", "\n"}))


@dataclass(frozen=True)
class Featurizer:
    """From molecules to the categorical ids of a schema, in two steps.

    Parameters
    ----------
    schema
        Its columns.
    read
        ``(molecule, atoms, bonds, hints) -> (properties of the atoms, of the bonds)``, beside the
        atomic ``number`` and the bond's ``begin``, ``end`` and ``order``. A call of RDKit costs a
        tenth of a microsecond, one that returns an enumeration half of one: this step is most of
        the cost.
    ids
        The same of many molecules, with each atom's ``degree`` and whether it has ``aromatic``
        bonds, to one array of ids per column.
    """

    schema: FeatureSchema
    read: Callable[[rdchem.Mol, list[rdchem.Atom], list[rdchem.Bond], Hints], tuple[Lists, Lists]]
    ids: Callable[[Values, Values], tuple[list[npt.NDArray[Any]], list[npt.NDArray[Any]]]]


def columns(*sizes: tuple[str, int]) -> tuple[CategoricalColumn, ...]:
    """Give each column one more id, the last, that means "hidden"."""
    return tuple(CategoricalColumn(name, size + 1, mask=size) for name, size in sizes)


def element_ids(number: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Turn atomic numbers into ids of 119 elements, the last for what is none."""
    return np.where(number > 0, number - 1, _OTHER_ATOM)


def bond_type_ids(order: npt.NDArray[Any], *, other: int) -> npt.NDArray[Any]:
    """Turn bond orders into 0 single, 1 double, 2 triple, 3 aromatic, or ``other``."""
    kind = np.full(len(order), other)
    for value, found in _BOND_TYPE.items():
        kind[order == value] = found
    return kind
