"""Comma-, tab- and semicolon-separated tables."""

from __future__ import annotations

import csv
import re
from contextlib import closing
from typing import TYPE_CHECKING, TextIO, final

from graftwork.data.record import Record
from graftwork.data.sources.base import TextSource
from graftwork.data.sources.text import open_text
from graftwork.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_CELL_LIMIT = 2**31 - 1  # the largest that the csv module takes on every platform
_CANDIDATES = {".csv": ",;\t", ".txt": "\t,;", ".tsv": "\t", ".tab": "\t"}


@final
class DelimitedSource(TextSource):
    """Rows of a ``.csv``, ``.tsv``, ``.tab`` or ``.txt`` file with a header.

    The delimiter follows from the suffix; for ``.csv`` a header without a comma is tried with
    semicolons and then tabs, for ``.txt`` the order is tab, comma, semicolon. Cells are text
    exactly as written: ``NA`` is two letters. A row with too few cells is filled with empty
    ones, and has a problem only if its structure is missing; a row with too many has a
    problem. A blank line is a row only where the header has a single column.
    """

    def _read_columns(self) -> list[str]:
        suffix = "." + self.path.name.lower().removesuffix(".gz").rpartition(".")[2]
        candidates = _CANDIDATES[suffix]
        header = ""
        with open_text(self.path, self._encoding) as stream:
            for text in stream:
                header += text
                if header.strip() and header.count('"') % 2 == 0:
                    break
        unquoted = re.sub(r'"[^"]*"', "", header)
        self._delimiter = next((mark for mark in candidates if mark in unquoted), candidates[0])
        with closing(self._parse()) as parsed:
            for line, cells, unclosed, _ in parsed:
                if unclosed:
                    raise InputError(
                        f"{self.path}: a quote in the header (line {line}) never closes.",
                        'Remove it, or write it twice inside quotes: "5"" tube".',
                    )
                if not _is_blank(cells):
                    return cells
        raise InputError(f"{self.path} holds only blank lines.", "Expected a header and rows.")

    def records(self, structure: int | None) -> Iterator[Record]:
        """Open the file anew and stream its rows."""
        width = len(self.columns)
        row = -1  # the header
        with closing(self._parse()) as parsed:
            for line, cells, unclosed, last_line in parsed:
                if _is_blank(cells) and not unclosed and (row < 0 or width > 1):
                    continue
                if row >= 0:
                    yield self._record(row, line, cells, structure, last_line if unclosed else None)
                row += 1

    def _parse(self) -> Generator[tuple[int, list[str], bool, int]]:
        """Yield (first line, cells, whether a quote never closed, last line)."""
        csv.field_size_limit(_CELL_LIMIT)
        with open_text(self.path, self._encoding, newline="") as stream:
            lines = _Lines(stream)
            reader = csv.reader(lines, delimiter=self._delimiter)
            first = 1
            try:
                for cells in reader:
                    yield first, cells, lines.exhausted, reader.line_num
                    first = reader.line_num + 1
            except csv.Error as error:
                raise InputError(
                    f"{self.path}, line {first}: cannot be split into cells ({error}).",
                    "Check the quotes in this line.",
                ) from error

    def _record(
        self, row: int, line: int, cells: list[str], structure: int | None, unclosed: int | None
    ) -> Record:
        width, found = len(self.columns), len(cells)
        padded = tuple((cells + [""] * (width - found))[:width])
        problem = None
        if unclosed is not None:
            problem = (
                f"a quote opened in this row never closes: lines {line} to {unclosed} were read "
                "as one row"
            )
            self._warn(f"{self.path}: {problem}")
        elif found > width or (structure is not None and found <= structure and width > 1):
            problem = f"row has {found} cells, the header has {width}"
        return Record(row, line, "" if structure is None else padded[structure], padded, problem)


class _Lines:
    """Lines of a stream, knowing whether more were asked for than there are.

    The csv module ends a record at a line end unless a quote is open. So a record that came
    after the last line had been used up has a quote that never closed.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.exhausted = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        for line in self._stream:
            return line
        self.exhausted = True
        raise StopIteration


def _is_blank(cells: list[str]) -> bool:
    return not cells or (len(cells) == 1 and cells[0].isspace())
