"""The gate: what does not help gets nothing, and the blend is never worse than the best."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.blend import gate


def made(seed, rows=200, noises=(0.5, 0.6), common=0.4):
    """Labels, and models of them: what they say has errors, is not overconfident.

    An overconfident model gains from being mixed with anything that is nearer to the mean.
    """
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(rows, 1))
    shared = common * rng.normal(size=(rows, 1))
    seen = [(y + shared + e * rng.normal(size=(rows, 1)), 1 + common**2 + e**2) for e in noises]
    return y, np.stack([values / variance for values, variance in seen])


def test_a_model_that_is_noise_gets_nothing_but_by_chance():
    """One standard error: it passes once in six times, and then with little weight."""
    found = []
    for seed in range(400):
        y, models = made(seed)
        noise = np.random.default_rng(seed + 1000).normal(size=(1, *y.shape))
        found.append(gate(np.concatenate([models, noise]), y, np.arange(len(y)))[2])
    assert np.count_nonzero(found) <= 0.2 * len(found)
    assert np.mean(found) < 0.01
    assert max(found) < 0.1


@given(st.integers(0, 10**6), st.permutations(range(4)))
@settings(max_examples=50, deadline=None)
def test_weights_follow_their_models(seed, order):
    y, models = made(seed, noises=(0.5, 0.6, 0.4, 2.0))
    plain, moved = (gate(m, y, np.arange(len(y))) for m in (models, models[order]))
    np.testing.assert_allclose(moved, plain[order], atol=1e-6)


@given(st.integers(0, 10**6), st.integers(6, 40))
@settings(max_examples=100, deadline=None)
def test_the_blend_is_a_mean_and_no_worse_than_the_best_but_for_more_even_weights(seed, rows):
    y, models = made(seed, rows, noises=(0.5, 0.6, 0.55, 3.0))
    weights = gate(models, y, np.arange(rows))
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1)
    blend = np.tensordot(weights, models, 1)
    best = min(np.square(model - y).sum() for model in models)
    gained = 20 * best / rows * (1 - np.square(weights).sum())
    assert np.square(blend - y).sum() <= (best + gained) * (1 + 1e-6)


def test_few_rows_leave_equal_models_nearly_equal_weights_and_many_rows_speak():
    found = []
    for seed in range(100):
        y, models = made(seed, 30, noises=(0.5, 0.55))
        found.append(gate(models, y, np.arange(30)).max())
    assert np.mean(found) < 0.7
    y, models = made(0, 3000, noises=(0.3, 0.9))
    assert gate(models, y, np.arange(3000))[1] < 0.15


def test_two_models_with_errors_of_their_own_share_the_weight():
    y, models = made(0, 2000, noises=(0.5, 0.5), common=0.0)
    np.testing.assert_allclose(gate(models, y, np.arange(2000)), 0.5, atol=0.05)


def test_rows_of_one_group_are_one_piece_of_evidence():
    """Twenty copies of ten rows say less than two hundred rows."""
    y, models = made(2, 10, noises=(0.5, 0.5), common=0.0)
    copied, many = np.tile(y, (20, 1)), np.tile(models, (1, 20, 1))
    groups = np.tile(np.arange(10), 20)
    assert gate(many, copied, groups).max() == 1.0
    assert gate(many, copied, np.arange(200)).max() < 1.0


def test_unlabelled_rows_are_as_if_absent_and_without_labels_the_first_is_taken():
    y, models = made(0, 60)
    y[::3] = np.nan
    keep = ~np.isnan(y[:, 0])
    groups = np.arange(60)
    np.testing.assert_allclose(
        gate(models, y, groups), gate(models[:, keep], y[keep], groups[keep])
    )
    assert gate(models, np.full_like(y, np.nan), groups).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("rare", [0, 1, 4])
def test_a_constant_is_no_judge_of_a_rare_class(rare):
    """It has next to no error; the first model, the network, stays."""
    y = np.zeros((300, 1))
    y[:rare] = 1
    network = np.random.default_rng(0).uniform(0, 0.1, y.shape)
    assert gate(np.stack([network, np.zeros_like(y)]), y, np.arange(300)).tolist() == [1, 0]
    y[:5] = 1
    perfect = gate(np.stack([network, y]), y, np.arange(300))
    assert perfect.tolist() == pytest.approx([0, 1])


def test_rows_that_stand_for_many_count_for_many():
    y, models = made(5, rows=400, noises=(0.5, 0.5))
    first = np.arange(400) < 200
    models[0, first], models[1, ~first] = y[first], y[~first]  # each right on one half
    even = gate(models, y, np.arange(400))
    assert 0.3 < even[0] < 0.7
    worth = np.where(first, 10.0, 0.1)
    found = gate(models, y, np.arange(400), worth)
    assert found[0] > 0.9
    np.testing.assert_allclose(gate(models, y, np.arange(400), 7 * worth), found)
    np.testing.assert_array_equal(gate(models, y, np.arange(400), np.ones(400)), even)
