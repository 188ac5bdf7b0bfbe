"""Columns of a store on disk: whole numbers as narrow as they can be, repeated rows once."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_NARROW = (np.uint8, np.uint16, np.uint32)
_PIECE = 1 << 22  # values copied at a time where a file is widened


class Column:
    """A file to which arrays of one type are appended.

    Parameters
    ----------
    path
        The file; what it held is forgotten.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dtype: np.dtype[Any] | None = None
        self._file = path.open("wb")
        self._rows = 0
        self._tail: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all that was appended."""
        return (self._rows, *self._tail)

    def append(self, values: Array) -> None:
        """Add rows."""
        self.dtype = self.dtype or values.dtype
        self._tail = values.shape[1:]
        self._file.write(np.ascontiguousarray(values, self.dtype).tobytes())
        self._rows += len(values)

    def close(self) -> None:
        """Write what is still in memory."""
        self._file.close()

    def describe(self) -> list[Any]:
        """Return type and shape, JSON-ready."""
        return [np.dtype(self.dtype or np.uint8).str, list(self.shape)]

    def map(self) -> Array:
        """Return all that was appended; only after :meth:`close`."""
        return map_column(self.path, np.dtype(self.dtype or np.uint8), self.shape)


class NarrowColumn(Column):
    """Whole numbers from 0 on in the narrowest type that holds them all.

    A number that does not fit has the file written again, wider: at most twice.
    """

    def append(self, values: Array) -> None:
        """Add rows."""
        largest = values.max(initial=0)
        needed = np.dtype(next(kind for kind in _NARROW if largest <= np.iinfo(kind).max))
        if self.dtype is None:
            self.dtype = needed
        elif needed.itemsize > self.dtype.itemsize:
            self._widen(needed)
        super().append(values)

    def _widen(self, dtype: np.dtype[Any]) -> None:
        self._file.close()
        partial = self.path.with_name(self.path.name + ".partial")
        with partial.open("wb") as wide:
            if self.path.stat().st_size:
                old = np.memmap(self.path, np.dtype(self.dtype or np.uint8), mode="r")
                for start in range(0, len(old), _PIECE):
                    wide.write(old[start : start + _PIECE].astype(dtype).tobytes())
                del old
        partial.replace(self.path)
        self._file = self.path.open("ab")
        self.dtype = dtype


class RowNumbers:
    """Rows ``[n, columns]`` as numbers of distinct rows: molecules have few kinds of atoms.

    Examples
    --------
    >>> seen = RowNumbers()
    >>> seen.number(np.array([[1, 2], [3, 4], [1, 2]], np.uint8)).tolist()
    [0, 1, 0]
    >>> seen.rows(np.uint8).tolist()
    [[1, 2], [3, 4]]
    """

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}
        self._columns = 0

    def number(self, rows: Array) -> npt.NDArray[np.int64]:
        """Return the number of each row, new ones in the order of their values."""
        self._columns = rows.shape[1]
        if not len(rows):
            return np.empty(0, np.int64)
        _, first, place = np.unique(_codes(rows), return_index=True, return_inverse=True)
        distinct = np.ascontiguousarray(rows[first])
        known = self._known
        numbers = [known.setdefault(row.tobytes(), len(known)) for row in distinct]
        return np.array(numbers, np.int64)[place]

    def rows(self, dtype: npt.DTypeLike) -> Array:
        """Return the distinct rows by their numbers."""
        return np.frombuffer(b"".join(self._known), dtype).reshape(-1, self._columns)


def _codes(rows: Array) -> Array:
    """Return one value per row, equal for equal rows: a whole number where the columns allow."""
    sizes = [int(column.max()) + 1 for column in rows.T]  # faster than rows.max(0)
    if math.prod(sizes) < 2**63:
        strides = [math.prod(sizes[place + 1 :]) for place in range(len(sizes))]
        return rows @ np.array(strides, np.int64)
    one = np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))
    return np.ascontiguousarray(rows).view(one)[:, 0]


def map_column(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """Map a column's file; ``ValueError`` if its size is another."""
    if path.stat().st_size != dtype.itemsize * int(np.prod(shape)):
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes, not {shape} of {dtype}")
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.memmap(path, dtype, mode="r", shape=shape)
