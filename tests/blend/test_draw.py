"""Drawing some of many rows: how many, which, and how many each stands for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.blend.draw import draw


def labels(seed, rows, targets, share, missing):
    rng = np.random.default_rng(seed)
    y = (rng.random((rows, targets)) < share).astype(float)
    y[rng.random(y.shape) < missing] = np.nan
    return y, rng.random(rows)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 300),
    st.integers(1, 5),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 300),
    st.booleans(),
)
def test_rows_are_increasing_and_never_too_many(seed, rows, targets, share, missing, most, classes):
    y, lots = labels(seed, rows, targets, share, missing)
    numbers = 7 + 3 * np.arange(rows)
    found = draw(numbers, y, most, lots, classes=classes)
    assert (np.diff(found.rows) > 0).all()
    assert np.isin(found.rows, numbers).all()
    assert (found.importance >= 1).all()
    if rows <= most:
        assert len(found.rows) == rows
        assert (found.importance == 1).all()
        return
    known = ~np.isnan(y).all(1)
    assert len(found.rows) == (min(most, known.sum()) if classes else most)
    if classes:
        assert known[(found.rows - 7) // 3].all()


def test_each_class_has_its_share():
    y = np.zeros((5000, 1))
    y[::25] = 1  # 200
    lots = np.random.default_rng(0).random(5000)
    found = draw(np.arange(5000), y, 1000, lots, classes=True)
    assert y[found.rows].sum() == 200
    np.testing.assert_allclose(found.importance[y[found.rows, 0] == 1], 1)
    np.testing.assert_allclose(found.importance[y[found.rows, 0] == 0], 6)
    assert 25 < y[draw(np.arange(5000), y, 1000, lots, classes=False).rows].sum() < 60
    y[:2000] = 1
    both = draw(np.arange(5000), y, 1000, lots, classes=True)
    assert 470 < y[both.rows].sum() < 530


def test_a_class_that_is_rare_for_one_of_some_targets_is_drawn():
    y, lots = labels(1, 4000, 4, 0.4, 0.3)
    y[:, 2] = 0
    y[[100, 900, 3000], 2] = 1
    found = draw(np.arange(4000), y, 400, lots, classes=True)
    assert np.isin([100, 900, 3000], found.rows).all()


def test_what_rows_stand_for_adds_up():
    """To the sums over all rows, on average over draws."""
    y, _ = labels(2, 2000, 3, 0.05, 0.5)
    known = ~np.isnan(y).all(1)
    values = np.random.default_rng(3).normal(size=2000) + np.nan_to_num(y) @ [1, 2, 3]
    totals = []
    for seed in range(300):
        found = draw(
            np.arange(2000), y, 300, np.random.default_rng(seed).random(2000), classes=True
        )
        totals.append(
            [found.importance.sum(), found.importance @ values[found.rows]],
        )
    expected = np.array([known.sum(), values[known].sum()])
    error = np.std(totals, 0) / 300**0.5
    assert (np.abs(np.mean(totals, 0) - expected) < 4 * error + 0.01 * expected).all()


@pytest.mark.parametrize("classes", [True, False])
def test_a_row_keeps_its_lot(classes):
    """So that what is drawn from most of the rows is nearly what is drawn from all."""
    y, lots = labels(4, 3000, 1, 0.1, 0)
    rows, most = np.arange(3000), np.flatnonzero(np.arange(3000) % 10 > 0)
    whole = draw(rows, y, 500, lots, classes=classes).rows
    part = draw(most, y[most], 500, lots[most], classes=classes).rows
    assert np.isin(part, whole).mean() > 0.85
