"""SMILES files: one molecule per line, optionally followed by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from graftwork.data.record import Record
from graftwork.data.sources.base import TextSource
from graftwork.data.sources.text import open_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER_TOKENS = frozenset({"smiles", "smi", "canonical_smiles"})


@final
class SmilesSource(TextSource):
    """Lines of a ``.smi`` or ``.smiles`` file.

    The first token of a line is the SMILES, the rest of the line is the column ``id``. A first
    line that begins with ``smiles``, ``smi`` or ``canonical_smiles`` is a header. Every other
    line is a row, blank ones too, so that rows and lines keep step.
    """

    structure: ClassVar[int | None] = 0
    identifier: ClassVar[int | None] = 1

    def _read_columns(self) -> list[str]:
        with open_text(self.path, self._encoding) as stream:
            first = stream.readline().split(maxsplit=1)
        self._has_header = bool(first) and first[0].lower() in _HEADER_TOKENS
        return [first[0] if self._has_header else "smiles", "id"]

    def records(self, structure: int | None) -> Iterator[Record]:
        """Open the file anew and stream its rows."""
        del structure  # always the first token
        with open_text(self.path, self._encoding) as stream:
            if self._has_header:
                stream.readline()
            for row, text in enumerate(stream):
                tokens = text.split(maxsplit=1)
                smiles = tokens[0] if tokens else ""
                name = tokens[1].rstrip() if len(tokens) == 2 else ""
                yield Record(row, row + 1 + self._has_header, smiles, (smiles, name))
