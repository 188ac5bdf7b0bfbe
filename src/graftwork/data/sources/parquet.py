"""Parquet files."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, final

import numpy as np

from graftwork.data.record import Record
from graftwork.data.sources.base import Source
from graftwork.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BATCH_ROWS = 4096


@final
class ParquetSource(Source):
    """Rows of a ``.parquet`` file, read in batches.

    Cells become text: nulls and NaN are empty, numbers are as short as they round-trip
    (float32 values as float32), everything else is as Arrow prints it.
    """

    def _read_columns(self) -> list[str]:
        with _opened(self.path) as file:
            return list(file.schema_arrow.names)

    def records(self, structure: int | None) -> Iterator[Record]:
        """Open the file anew and stream its rows."""
        with _opened(self.path) as file:
            row = 0
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for cells in zip(*map(_texts, batch.columns), strict=True):
                    text = "" if structure is None else cells[structure]
                    yield Record(row, row + 1, text, cells)
                    row += 1


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415  (slow to import, and only this source needs it)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path}: expected a Parquet file, but it cannot be read ({error}).",
            "Fetch or write the file again.",
        ) from error


def _texts(column: Any) -> list[str]:
    import pyarrow as pa  # noqa: PLC0415

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _texts(column.dictionary_decode())
    if pa.types.is_floating(kind):
        shorten = {16: np.float16, 32: np.float32}.get(kind.bit_width, float)
        return [_number(shorten, value) for value in column.to_pylist()]
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        try:
            column = column.cast(pa.string())
        except pa.ArrowException:  # lists, structs and bytes that are no text
            return ["" if value is None else str(value) for value in column.to_pylist()]
    return ["" if value is None else value for value in column.to_pylist()]


def _number(shorten: Any, value: float | None) -> str:
    return "" if value is None or math.isnan(value) else str(shorten(value))
