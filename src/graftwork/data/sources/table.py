"""A source with a chosen structure column: what the rest of the package reads."""

from __future__ import annotations

import difflib
from itertools import islice
from typing import TYPE_CHECKING, final

from graftwork.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graftwork.data.record import Record
    from graftwork.data.sources.base import Source

STRUCTURE_NAMES = (
    "smiles",
    "canonical_smiles",
    "isomeric_smiles",
    "rdkit_smiles",
    "smi",
    "drug",
    "mol",
    "structure",
    "molecule",
    "compound",
)
_SHOWN_COLUMNS = 20
_SHOWN_NAME = 60


@final
class Table:
    """Rows of a file, with named columns and a structure in each row.

    Parameters
    ----------
    source
        The opened file.
    structure_column
        Name of the column that holds the structure; None to find it by its name.

    Attributes
    ----------
    path, columns, warnings, kind, identifier
        As in `Source`.
    structure_column
        Name of the structure column, None for files whose structures are not in a column.

    Raises
    ------
    InputError
        If the structure column is unknown, or cannot be told from the names.
    """

    def __init__(self, source: Source, structure_column: str | None = None) -> None:
        self._source = source
        self.path = source.path
        self.columns: list[str] = source.columns
        self.warnings: list[str] = source.warnings
        self.kind = source.kind
        self.identifier = source.identifier
        self._structure = self._choose_structure(structure_column)

    @property
    def structure_column(self) -> str | None:
        """Name of the structure column, if it is a column."""
        return None if self._structure is None else self.columns[self._structure]

    def rows(self) -> Iterator[Record]:
        """Open the file anew and stream its rows, one `Record` per row in file order."""
        return self._source.records(self._structure)

    def has_column(self, name: str) -> bool:
        """Say whether `column` would find `name`."""
        return name in self.columns or name.strip() in map(str.strip, self.columns)

    def column(self, name: str) -> int:
        """Return the index of a column.

        Parameters
        ----------
        name
            The header text; spaces around it matter only where they tell two columns apart.
            Of several columns with that name the first is taken, with a warning.

        Raises
        ------
        InputError
            If there is no such column.
        """
        indices = [i for i, column in enumerate(self.columns) if column == name]
        if not indices:
            stripped = name.strip()
            indices = [i for i, column in enumerate(self.columns) if column.strip() == stripped]
        if not indices:
            raise InputError(
                f"{self.path} has no column {name!r}.",
                f"{self._suggestion(name)}The columns are {quoted_list(self.columns)}.",
            )
        if len(indices) > 1:
            text = f"{self.path} has {len(indices)} columns {name!r}: the first is used."
            if text not in self.warnings:
                self.warnings.append(text)
        return indices[0]

    def _choose_structure(self, requested: str | None) -> int | None:
        fixed = self._source.structure
        if requested is None:
            if fixed is not None or self.kind == "molblock":
                return fixed
            return self._find_structure()
        if self.kind == "molblock":
            raise InputError(
                f"{self.path}: structures of an SD file are its mol blocks, not a column.",
                "Leave out -s/--smiles-column.",
            )
        index = self.column(requested)
        if fixed is not None and index != fixed:
            raise InputError(
                f"{self.path}: in a SMILES file the structure is column {self.columns[fixed]!r}.",
                "Leave out -s/--smiles-column.",
            )
        return index

    def _find_structure(self) -> int:
        folded = [column.strip().lower() for column in self.columns]
        for name in STRUCTURE_NAMES:
            if name in self.columns:
                return self.column(name)
            if name in folded:
                return self.column(self.columns[folded.index(name)])
        if len(self.columns) == 1:
            self.warnings.append(
                f"{self.path}: the only column, {self.columns[0]!r}, is taken as the structure."
            )
            return 0
        raise InputError(
            f"{self.path}: cannot tell which column is the structure.",
            f"Name it with -s/--smiles-column; the columns (from the first line, which must be "
            f"a header) are {quoted_list(self.columns)}.",
        )

    def _suggestion(self, name: str) -> str:
        folded = {column.strip().lower(): column for column in reversed(self.columns)}
        close = difflib.get_close_matches(name.strip().lower(), folded, n=1)
        return f"Did you mean {folded[close[0]]!r}? " if close else ""


def quoted_list(names: Sequence[str]) -> str:
    """Join names for a message, cutting a long list short.

    Examples
    --------
    >>> quoted_list(["a", "b"])
    "'a', 'b'"
    """
    short = (n if len(n) <= _SHOWN_NAME else n[: _SHOWN_NAME - 1] + "…" for n in names)
    shown = ", ".join(repr(name) for name in islice(short, _SHOWN_COLUMNS))
    more = len(names) - _SHOWN_COLUMNS
    return f"{shown} and {more} more" if more > 0 else shown
