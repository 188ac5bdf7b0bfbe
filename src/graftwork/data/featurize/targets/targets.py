"""What targets computed from a molecule are, and the compact form in which they are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit.Chem import rdchem

Array = npt.NDArray[Any]

LARGEST = 300
"""Atoms of the largest molecule whose distances are asked for: RDKit's time grows with the cube,
and nobody should lose a molecule to the time limit for the sake of its targets."""


@dataclass(frozen=True)
class MoleculeTargets:
    """A row of numbers, or of bits, for every molecule.

    Parameters
    ----------
    names
        One per column.
    compute
        From a sanitised molecule to its row: float64 with NaN where a number is missing, or bool.
    bits
        Whether columns are bits. Eight of them are kept in a byte, a number in two bytes: what is
        beyond float16 (65,504) is missing.
    """

    names: tuple[str, ...]
    compute: Callable[[rdchem.Mol], Array]
    bits: bool = False

    def row(self, molecule: rdchem.Mol) -> Array:
        """Compute a molecule's row in its compact form."""
        values = self.compute(molecule)
        if self.bits:
            return np.packbits(values)
        with np.errstate(over="ignore"):
            return values.astype(np.float16)

    def stack(self, rows: Sequence[Array]) -> Array:
        """Put compact rows ``[width]`` below each other: ``[rows, width]``, also if there is none.

        Examples
        --------
        >>> kind = MoleculeTargets(("a", "b"), lambda molecule: np.array([1.0, np.nan]))
        >>> kind.stack([kind.row(None)] * 3).shape, kind.stack([]).shape
        ((3, 2), (0, 2))
        """
        if rows:
            return np.stack(rows)
        if self.bits:
            return np.empty((0, -(-len(self.names) // 8)), np.uint8)
        return np.empty((0, len(self.names)), np.float16)


def at_least(counts: Array, levels: Iterable[int]) -> npt.NDArray[np.bool_]:
    """Say of each level, one after the other, which counts reach it.

    Examples
    --------
    >>> at_least(np.array([0, 1, 5]), (1, 3)).astype(int).tolist()
    [0, 1, 1, 0, 0, 1]
    """
    return np.concatenate([counts >= level for level in levels])


def level_names(names: Iterable[str], levels: Iterable[int]) -> tuple[str, ...]:
    """Name the columns of :func:`at_least`.

    Examples
    --------
    >>> level_names(["ring", "amide"], (1, 3))
    ('ring>=1', 'amide>=1', 'ring>=3', 'amide>=3')
    """
    names = list(names)
    return tuple(f"{name}>={level}" for level in levels for name in names)
