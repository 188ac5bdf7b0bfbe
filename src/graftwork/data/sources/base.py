"""What every source of rows has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from graftwork.data.sources.text import detect_encoding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from graftwork.data.record import Record

Kind: TypeAlias = Literal["smiles", "molblock"]


class Source(ABC):
    """A file of rows. Opening it reads the header only as far as columns need.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    columns
        Names of the columns as the file has them, duplicates kept.
    warnings
        What a user should know about how the file was read.
    kind
        What a structure is: a SMILES text or a mol block.
    structure
        Index of the column that always holds the structure; None if a column has to be chosen
        (`kind` is ``"smiles"``) or the structure is not a column (``"molblock"``).
    identifier
        Index of a column that names the row, and is no label unless asked for.
    """

    kind: ClassVar[Kind] = "smiles"
    structure: ClassVar[int | None] = None
    identifier: ClassVar[int | None] = None

    def __init__(self, path: Path) -> None:
        self.path = path
        self.warnings: list[str] = []
        self.columns = self._read_columns()

    @abstractmethod
    def records(self, structure: int | None) -> Iterator[Record]:
        """Open the file anew and stream its rows.

        Parameters
        ----------
        structure
            Index of the structure column, None if the structure is not a column.
        """

    @abstractmethod
    def _read_columns(self) -> list[str]:
        """Read the names of the columns."""

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


class TextSource(Source):
    """A source that is text in some encoding, compressed or not."""

    def __init__(self, path: Path) -> None:
        self._encoding, self._guess = detect_encoding(path)
        super().__init__(path)
        if self._guess is not None:
            self._warn(self._guess)
