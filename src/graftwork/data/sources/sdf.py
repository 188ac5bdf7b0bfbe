"""SD files: mol blocks with properties, separated by ``$$$$``."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, ClassVar, final

from graftwork.data.record import Record
from graftwork.data.sources.base import Kind, TextSource
from graftwork.data.sources.text import open_text
from graftwork.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_SEPARATOR = "$$$$"
_END = "M  END"
_PROPERTY = re.compile(r">[^<]*<(.+)>[^>]*")
_HEADER_LINES = 4  # title, program, comment, counts: none of them is a property


@final
class SdfSource(TextSource):
    """Records of an ``.sdf`` file.

    The file is cut at ``$$$$`` before anything is parsed, so a broken record keeps its place.
    Columns are ``name`` (the title line) and then every property name in order of appearance,
    for which the file is read once when it is opened. A record without an ``M  END`` line has
    a problem. Text after the last ``$$$$`` is a record too, unless it is blank.

    References
    ----------
    CTfile formats, BIOVIA (2020), chapter "SDfiles".
    """

    kind: ClassVar[Kind] = "molblock"
    identifier: ClassVar[int | None] = 0

    def _read_columns(self) -> list[str]:
        names: dict[str, None] = {}
        empty = True
        with closing(self._blocks()) as parsed:
            for _, lines in parsed:
                empty = False
                names.update(dict.fromkeys(_properties(lines, _block_end(lines)[0])))
        if empty:
            raise InputError(f"{self.path} holds only blank lines.", "Expected SD records.")
        return ["name", *names]

    def records(self, structure: int | None) -> Iterator[Record]:
        """Open the file anew and stream its rows."""
        del structure  # not a column
        with closing(self._blocks()) as parsed:
            for row, (line, lines) in enumerate(parsed):
                end, complete = _block_end(lines)
                properties = _properties(lines, end)
                name = lines[0].strip() if lines else ""
                values = [properties.get(column, "") for column in self.columns[1:]]
                problem = None
                if not any(text.strip() for text in lines):
                    problem = "the record is empty"
                elif not complete:
                    problem = "the record has no 'M  END' line"
                block = "".join(f"{text}\n" for text in lines[:end])
                yield Record(row, line, block, (name, *values), problem)

    def _blocks(self) -> Generator[tuple[int, list[str]]]:
        """Yield (line of the file, lines) of each record, without the separator."""
        with open_text(self.path, self._encoding) as stream:
            start, lines = 1, list[str]()
            for number, text in enumerate(stream, start=1):
                if text.startswith(_SEPARATOR):
                    yield start, lines
                    start, lines = number + 1, []
                else:
                    lines.append(text.removesuffix("\n"))
            if any(text.strip() for text in lines):
                yield start, lines


def _block_end(lines: list[str]) -> tuple[int, bool]:
    """Return how many lines the mol block has, and whether it ends as it should."""
    for index, text in enumerate(lines):
        if text.startswith(_END):
            return index + 1, True
        if index >= _HEADER_LINES and _PROPERTY.fullmatch(text):
            return index, False
    return len(lines), False


def _properties(lines: list[str], start: int) -> dict[str, str]:
    """Read the data items after the mol block: a ``> <name>`` line, values, a blank line."""
    found: dict[str, list[str]] = {}
    values: list[str] | None = None
    for text in lines[start:]:
        header = _PROPERTY.fullmatch(text)
        if header is not None:  # also where the blank line before it is missing
            values = found[header[1]] = []
        elif not text.strip():
            values = None
        elif values is not None:
            values.append(text)
    return {name: "\n".join(texts) for name, texts in found.items()}
