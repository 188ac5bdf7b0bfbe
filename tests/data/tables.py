"""Files to open, and what comes out of them."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from graftwork.data.record import Record
    from graftwork.data.sources import Table

MOL = "ethane\n  x\n\n  2  1  0\n    0 0 0 C\n    0 0 0 C\n  1  2  1  0\nM  END\n"


def make(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    """Write a file, compressed if its name says so."""
    data = content if isinstance(content, bytes) else content.encode(encoding)
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def rows(table: Table) -> list[Record]:
    """All records."""
    return list(table.rows())


def cells(table: Table) -> list[tuple[str, ...]]:
    """The cells of all records."""
    return [record.cells for record in table.rows()]
