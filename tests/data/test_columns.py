"""Columns of a store on disk: narrow numbers, and numbers of distinct rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from graftwork.data.columns import Column, NarrowColumn, RowNumbers


def read(column):
    column.close()
    dtype, shape = column.describe()
    return np.fromfile(column.path, dtype).reshape(shape)


@pytest.mark.parametrize("width", [(), (2,)])
@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        ([3], "u1"),
        ([255, 256], "u2"),
        ([70_000, 3], "u4"),
        ([1, 300, 2, 70_000, 4], "u4"),
        ([], "u1"),
    ],
)
def test_numbers_are_as_narrow_as_the_largest_allows(tmp_path, width, largest, expected):
    rng = np.random.default_rng(0)
    column = NarrowColumn(tmp_path / "column.bin")
    parts = [rng.integers(0, top + 1, (50, *width)) for top in largest]
    for part, top in zip(parts, largest, strict=True):
        part.flat[0] = top
        column.append(part)
        column.append(part[:0])
    found = read(column)
    assert found.dtype == np.dtype(expected)
    if parts:
        np.testing.assert_array_equal(found, np.concatenate(parts))
    assert [path.name for path in tmp_path.iterdir()] == ["column.bin"]


def test_a_column_keeps_the_type_of_its_first_rows(tmp_path):
    column = Column(tmp_path / "column.bin")
    for part in (np.array([[1.5]]), np.array([[2.5], [3.5]])):
        column.append(part)
    assert read(column).tolist() == [[1.5], [2.5], [3.5]]
    assert column.shape == (3, 1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        arrays(np.uint8, st.tuples(st.integers(0, 9), st.just(3)), elements=st.integers(0, 3)),
        max_size=4,
    )
)
def test_numbers_of_rows_lead_back_to_the_rows(parts):
    seen = RowNumbers()
    numbers = [seen.number(part) for part in parts]
    if not parts:
        return
    rows = seen.rows(np.uint8)
    for part, number in zip(parts, numbers, strict=True):
        np.testing.assert_array_equal(rows[number], part)
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_rows_of_numbers_too_large_for_one_code():
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 3, (40, 3)).astype(np.uint32) * np.uint32(2**31)
    seen = RowNumbers()
    numbers = seen.number(rows)
    np.testing.assert_array_equal(seen.rows(np.uint32)[numbers], rows)
    assert len(seen.rows(np.uint32)) == len(np.unique(rows, axis=0))
