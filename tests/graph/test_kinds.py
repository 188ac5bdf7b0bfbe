"""Rows of one kind, and the numbers that tell rows apart."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from graftwork.graph.kinds import hashed, kinds


@given(st.lists(st.integers(-3, 3), max_size=12))
def test_the_first_of_each_kind(codes):
    values = torch.tensor(codes, dtype=torch.int64)
    first, kind = kinds(values)
    assert values[first[kind]].tolist() == codes
    assert first.tolist() == [codes.index(code) for code in sorted(set(codes))]


GENERATOR = torch.Generator().manual_seed(0)
ROWS = {
    "bits": torch.randint(0, 2, (4000, 40), generator=GENERATOR).float(),
    "bag of words": (torch.rand(4000, 1433, generator=GENERATOR) < 0.01).float(),
    "small numbers": torch.randint(0, 9, (4000, 8), generator=GENERATOR).float(),
    "halves": torch.randint(-9, 9, (4000, 6), generator=GENERATOR).double() / 2,
    "ids": torch.randint(0, 120, (4000, 5), generator=GENERATOR),
    "noise": torch.randn(4000, 3, generator=GENERATOR),
}


@pytest.mark.parametrize("name", ROWS)
def test_different_rows_have_different_numbers(name):
    rows = ROWS[name]
    different = len(rows.unique(dim=0))
    assert len(hashed(rows).unique()) == different
    again = hashed(rows[:, :2], rows[:, 2:])
    assert again.equal(hashed(rows))  # as if all columns stood side by side


def test_columns_that_change_places_are_another_row():
    one, other = torch.tensor([[1.0, 2.0]]), torch.tensor([[2.0, 1.0]])
    assert not hashed(one).equal(hashed(other))
    assert hashed(torch.zeros(0, 3), torch.zeros(0, 2)).shape == (0,)
    assert hashed(torch.zeros(4, 0)).unique().shape == (1,)
