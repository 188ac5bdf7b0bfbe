"""Computed targets in their compact form: what comes back, and the scales of columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.data import targets as module
from graftwork.data.targets import ComputedTargets


def numbers(*columns):
    return np.array(columns, np.float64).T.astype(np.float16)


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 9), columns=st.integers(1, 20), seed=st.integers(0, 99))
def test_bits_come_back_in_any_order(rows, columns, seed):
    rng = np.random.default_rng(seed)
    bits = rng.random((rows, columns)) < 0.3
    names = [f"b{i}" for i in range(columns)]
    found = ComputedTargets.of(names, np.packbits(bits, axis=1))
    graphs = rng.integers(0, rows, 12)
    assert found[graphs].dtype == np.float32
    np.testing.assert_array_equal(found[graphs], bits[graphs])
    assert len(found) == rows
    assert set(found.tasks.kinds) == {"classification"}
    np.testing.assert_allclose(found.tasks.mean, (bits.sum(0) + 0.5) / (rows + 1))
    assert all(0 < share < 1 for share in found.tasks.mean)


def test_the_scale_of_a_number_is_robust():
    rng = np.random.default_rng(0)
    values = rng.normal(300, 40, 20_001)
    values[:50] = 60_000
    found = ComputedTargets.of(["mass"], numbers(values)).tasks
    assert found.mean[0] == pytest.approx(300, abs=1.5)
    assert found.std[0] == pytest.approx(40, abs=1.5)
    assert found.kinds == ("regression",)


def test_scales_of_strange_columns():
    rare = np.zeros(100)
    rare[:10] = 3.0
    missing = np.full(100, np.nan)
    gaps = np.where(np.arange(100) % 2, np.arange(100.0), np.nan)
    gaps[1] = np.inf
    found = ComputedTargets.of(
        ["constant", "rare", "missing", "gaps"], numbers(np.full(100, 7.0), rare, missing, gaps)
    ).tasks
    assert found.mean[:3] == (7.0, 0.0, 0.0)
    assert found.std[0] == found.std[2] == 1.0
    assert found.std[1] == pytest.approx(rare.std())  # its quartiles are the same
    known = np.arange(3.0, 100.0, 2)
    low, centre, high = np.quantile(known, [0.25, 0.5, 0.75])
    assert (found.mean[3], found.std[3]) == pytest.approx((centre, (high - low) / 1.349))


def test_missing_numbers_come_back_as_such():
    found = ComputedTargets.of(["a", "b"], numbers([1.0, np.nan], [np.inf, 0.5]))
    np.testing.assert_array_equal(found[[1, 0]], [[np.nan, 0.5], [1.0, np.inf]])


def test_scales_come_from_rows_all_over_a_large_store(monkeypatch):
    monkeypatch.setattr(module, "SAMPLE", 100)
    values = numbers(np.repeat([0.0, 10.0, 20.0, 30.0], 250))
    assert ComputedTargets.of(["a"], values).tasks.mean == (15.0,)
    bits = np.packbits(np.arange(1000)[:, None] >= 750, axis=1)
    assert ComputedTargets.of(["a"], bits).tasks.mean[0] == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("dtype", [np.float16, np.uint8])
def test_no_graph_at_all(dtype):
    width = 2 if dtype == np.uint8 else 9
    found = ComputedTargets.of([f"c{i}" for i in range(9)], np.empty((0, width), dtype))
    assert len(found) == 0
    assert found[[]].shape == (0, 9)
    assert set(found.tasks.std) == {1.0}


@pytest.mark.parametrize("values", [np.zeros((3, 1), np.uint8), np.zeros((3, 8), np.float16)])
def test_rows_of_another_width_are_refused(values):
    tasks = ComputedTargets.of([f"c{i}" for i in range(9)], np.zeros((3, 2), np.uint8)).tasks
    with pytest.raises(ValueError, match="9 computed targets"):
        ComputedTargets(tasks, values)


def test_the_summary_names_folded_columns_once():
    names = ["ecfp/0>=1", "ecfp/1>=1", "ecfp/0>=2", "SMR_VSA1"]
    found = ComputedTargets.of(names, np.zeros((2, 4), np.float16))
    assert found.summary() == ["ecfp>=1", "ecfp>=2", "SMR_VSA1"]
