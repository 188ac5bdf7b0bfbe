"""Rows of a table that are shared by many graphs, gathered when they are asked for."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class IndexedRows:
    """Looks like ``table[ids]`` (with ``own`` columns appended) without copying the table's rows.

    Overlapping graphs, such as the ego networks of one network, hold the same node many times.
    Here each graph keeps the number of the row instead of the row. It stands in for an array of
    :class:`~graftwork.graph.pack.PackedGraphs`: reading part of it gives an ordinary new array.

    Parameters
    ----------
    table
        The shared rows, shape ``[rows, columns]``.
    ids
        Row of the table for every position, integers, shape ``[positions]``.
    own
        Columns that are not shared, shape ``[positions, own columns]``, or None.

    Examples
    --------
    >>> rows = IndexedRows(np.array([[1.0], [2.0]]), np.array([1, 1, 0]))
    >>> rows.shape, rows[1:].ravel().tolist()
    ((3, 1), [2.0, 1.0])
    """

    def __init__(self, table: Array, ids: Array, own: Array | None = None) -> None:
        self.table, self.ids, self.own = table, ids, own

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.table.dtype

    @property
    def shape(self) -> tuple[int, int]:
        """``(positions, columns)``."""
        own = 0 if self.own is None else self.own.shape[1]
        return len(self.ids), self.table.shape[1] + own

    def __len__(self) -> int:
        """Return the number of positions."""
        return len(self.ids)

    def __getitem__(self, positions: Any) -> Array:
        """Gather rows: a slice, or an array of positions or of booleans."""
        rows = self.table[self.ids[positions]]
        if self.own is None:
            return rows
        return np.concatenate([rows, self.own[positions].astype(self.dtype, copy=False)], -1)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:  # noqa: FBT001  (numpy's protocol)
        """Gather every row."""
        if copy is False:
            raise ValueError("Rows that are gathered are always a copy.")
        return self[:].astype(self.dtype if dtype is None else dtype, copy=False)

    def astype(self, dtype: npt.DTypeLike) -> Array:
        """Gather every row in another type."""
        return np.asarray(self, dtype)


def indexed_rows(table: Array, ids: Array, own: Array | None = None) -> Array:
    """Return an :class:`IndexedRows` where the type checker expects an array."""
    return cast("Array", IndexedRows(table, ids, own))
