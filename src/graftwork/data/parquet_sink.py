"""Rows of cells -> a Parquet file, one row group at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graftwork.data.cells import cell_text, is_missing

if TYPE_CHECKING:
    import io
    from collections.abc import Sequence

    from graftwork.data.cells import Cell

_ROW_GROUP_CELLS = 2**20


class ParquetSink:
    """Rows in groups of bounded size.

    The first group fixes which columns are text and which are numbers; a column without any
    value in it counts as numbers.

    Parameters
    ----------
    raw
        An open binary file; closing it is left to the caller.
    columns
        The header. A name that was there before gets ``.1``, ``.2`` ... appended.
    """

    def __init__(self, raw: io.BufferedWriter, columns: list[str]) -> None:
        self._raw = raw
        self._columns = _unique(columns)
        self._rows: list[Sequence[Cell]] = []
        self._group = max(1, _ROW_GROUP_CELLS // max(1, len(columns)))
        self._writer: Any = None

    def write(self, row: Sequence[Cell]) -> None:
        """Add one row; raise ValueError where text meets a column of numbers."""
        self._rows.append(list(row))
        if len(self._rows) >= self._group:
            self._flush()

    def finish(self) -> None:
        """Write what is left, and the footer."""
        self._flush()
        self.release()

    def release(self) -> None:
        """Close the writer; what it holds need not be complete."""
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa  # noqa: PLC0415  (slow to import, and only this suffix needs it)
        import pyarrow.parquet as pq  # noqa: PLC0415

        by_column = list(zip(*self._rows, strict=True)) or [()] * len(self._columns)
        if self._writer is None:
            kinds = [_arrow_type(pa, cells) for cells in by_column]
            self._schema = pa.schema(list(zip(self._columns, kinds, strict=True)))
            self._writer = pq.ParquetWriter(self._raw, self._schema)
        arrays = []
        for field, cells in zip(self._schema, by_column, strict=True):
            if field.type == pa.string():
                values: list[Any] = [
                    None if is_missing(cell) else cell_text(cell) for cell in cells
                ]
            elif any(isinstance(cell, str) for cell in cells):
                raise ValueError(f"column {field.name!r} began with numbers and now holds text")
            else:
                values = [None if is_missing(cell) else float(cell or 0.0) for cell in cells]
            arrays.append(pa.array(values, type=field.type))
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows.clear()


def _arrow_type(pa: Any, cells: Sequence[Cell]) -> Any:
    if any(isinstance(cell, str) for cell in cells):
        return pa.string()
    numbers = [cell for cell in cells if not is_missing(cell)]
    if numbers and all(isinstance(cell, np.float32) for cell in numbers):
        return pa.float32()
    return pa.float64()


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, None] = {}
    for name in names:
        fresh, count = name, 0
        while fresh in seen or (count and fresh in names):
            count += 1
            fresh = f"{name}.{count}"
        seen[fresh] = None
    return list(seen)
