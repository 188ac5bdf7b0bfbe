"""Shared rows look like the array that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from graftwork.graph.indexed import IndexedRows

TABLE = np.arange(12, dtype=np.float32).reshape(4, 3)
IDS = np.array([2, 2, 0, 3, 1])
OWN = np.array([[9], [8], [7], [6], [5]])


@pytest.mark.parametrize("own", [None, OWN])
@pytest.mark.parametrize(
    "positions",
    [slice(None), slice(1, 3), np.array([4, 0, 0]), np.array([], np.int64), IDS > 1, [3, 1]],
)
def test_reading_is_reading_the_whole_array(own, positions):
    rows = IndexedRows(TABLE, IDS, own)
    whole = TABLE[IDS] if own is None else np.concatenate([TABLE[IDS], own], 1).astype(np.float32)
    assert rows.shape == whole.shape
    assert rows.dtype == whole.dtype
    assert len(rows) == 5
    found = rows[positions]
    np.testing.assert_array_equal(found, whole[positions], strict=True)
    np.testing.assert_array_equal(np.asarray(rows), whole, strict=True)
    np.testing.assert_array_equal(rows.astype(np.int64), whole.astype(np.int64), strict=True)
    np.testing.assert_array_equal(np.array(rows, np.float64), whole.astype(np.float64), strict=True)


def test_what_is_read_is_new():
    rows = IndexedRows(TABLE, IDS)
    rows[[0]][...] = -1
    np.asarray(rows)[...] = -1
    assert TABLE.min() == 0
    with pytest.raises(ValueError, match="always a copy"):
        np.asarray(rows, copy=False)
