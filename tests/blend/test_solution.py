"""Cross-validation in closed form against cross-validation."""

from __future__ import annotations

import numpy as np
import pytest

from graftwork.blend import solution
from graftwork.blend.solution import solve


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    y = np.sin(2 * x[:, 0]) + 0.3 * rng.normal(size=60)
    near = np.exp(-np.square(x[:, None, 0] - x[None, :, 0]))
    far = np.exp(-np.square(x[:, None, 1:] - x[None, :, 1:]).sum(-1))  # nothing to do with y
    return [near, far], y, rng.permutation(np.arange(60) % 5)


def held_out_error(grams, y, folds, weights, noise):
    """The plain way: leave each fold out, with the mean and the weights of all rows."""
    covariance = sum(w * g for w, g in zip(weights, grams, strict=True))
    found = np.empty_like(y)
    for fold in np.unique(folds):
        out, kept = folds == fold, folds != fold
        among = covariance[np.ix_(kept, kept)] + noise * np.eye(kept.sum())
        alpha = np.linalg.solve(among, y[kept] - y.mean())
        found[out] = y.mean() + covariance[np.ix_(out, kept)] @ alpha
    return np.square(found - y).sum()


def penalised(grams, y, folds, weights, noise, shares):
    """What is minimised; weights and shares are normalised so that both sum to one."""
    error = held_out_error(grams, y, folds, weights, noise)
    away = np.log(weights) - np.log(shares)
    return len(y) / 2 * np.log(error / len(y)) + np.square(away - away.mean()).sum() / 2


def test_the_solution_predicts_left_out_folds_best(data):
    grams, y, folds = data
    shares = np.array([0.5, 0.5])
    found = solve(grams, y, folds, shares)
    assert found.weights.sum() == pytest.approx(1)
    assert found.weights[0] > 0.8
    best = penalised(grams, y, folds, found.weights, found.noise, shares)
    for factor in (0.7, 0.95, 1.05, 1.4):
        assert penalised(grams, y, folds, found.weights, found.noise * factor, shares) > best
        moved = found.weights * [factor, 1]
        moved /= moved.sum()
        assert penalised(grams, y, folds, moved, found.noise, shares) > best


def test_the_gradient_is_that_of_the_objective(data, monkeypatch):
    grams, y, folds = data
    caught = {}

    def minimize(objective, start, **settings):
        caught["objective"], caught["start"] = objective, start
        return original(objective, start, **settings)

    original = solution.minimize
    monkeypatch.setattr(solution, "minimize", minimize)
    solve(grams, y, folds, [0.7, 0.3])
    objective, start = caught["objective"], caught["start"] + [0.2, -0.1, 0.3]
    gradient = objective(start)[1]
    for i, step in enumerate(1e-5 * np.eye(3)):
        slope = (objective(start + step)[0] - objective(start - step)[0]) / 2e-5
        assert gradient[i] == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_leave_one_out_is_a_fold_per_row(data):
    grams, y, _ = data
    found = solve(grams[:1], y, np.arange(60), [1.0])
    best = held_out_error(grams[:1], y, np.arange(60), [1.0], found.noise)
    for factor in (0.7, 1.4):
        noise = found.noise * factor
        assert held_out_error(grams[:1], y, np.arange(60), [1.0], noise) > best


def test_noise_alone_is_predicted_by_the_mean():
    rng = np.random.default_rng(1)
    gram = np.exp(-np.square(rng.normal(size=(80, 1)) - rng.normal(size=(1, 80))))
    gram = gram @ gram.T / 80 + np.eye(80)
    y = rng.normal(size=80) + 7
    found = solve([gram / gram.max()], y, np.arange(80) % 8, [1.0])
    predicted = found.mean + gram / gram.max() @ found.coefficients
    assert predicted.std() < 0.5 * y.std()
    assert found.mean == pytest.approx(y.mean())


def test_some_of_many_rows_choose_the_numbers_and_all_the_coefficients(data, monkeypatch):
    grams, y, folds = data
    monkeypatch.setattr(solution, "_SAMPLED", 60)
    monkeypatch.setattr(solution, "_LEAST", 10)
    found = solve(grams, y, folds, [0.5, 0.5], targets=4)
    rows = np.linspace(0, 59, 30).astype(int)
    standard = (y - y.mean()) / y.std()
    block = np.ix_(rows, rows)
    weights, noise = solution._chosen(
        [gram[block] for gram in grams], standard[rows], folds[rows], [0.5, 0.5]
    )
    np.testing.assert_array_equal(found.weights, weights)
    assert found.noise == noise
    covariance = sum(w * g for w, g in zip(weights, grams, strict=True)) + noise * np.eye(60)
    np.testing.assert_allclose(covariance @ found.coefficients, y - y.mean(), atol=1e-9)


def test_a_rare_class_is_among_the_rows_that_choose(data, monkeypatch):
    grams, _, folds = data
    monkeypatch.setattr(solution, "_SAMPLED", 12)
    monkeypatch.setattr(solution, "_LEAST", 12)
    evenly = np.linspace(0, 59, 12).astype(int)
    y = np.zeros(60)
    y[np.setdiff1d(np.arange(60), evenly)[:10]] = 1
    asked = []
    chosen = solution._chosen
    monkeypatch.setattr(
        solution, "_chosen", lambda g, t, *rest: asked.append(t) or chosen(g, t, *rest)
    )
    solve(grams, y, folds, [0.5, 0.5])
    assert (asked[0] > 0).sum() == 2  # a sixth of the rows, as of all


def test_a_row_that_stands_for_many_counts_as_if_it_were_there_so_often(data):
    """The same mean, coefficients and errors as of rows that are repeated."""
    grams, y, folds = data
    times = np.random.default_rng(2).integers(1, 4, 60)
    found = solve(grams, y, folds, [0.5, 0.5], importance=0.1 * times)
    again = np.repeat(np.arange(60), times)
    repeated = [gram[np.ix_(again, again)] for gram in grams]
    assert found.mean == pytest.approx(y[again].mean())
    noise = found.noise * times.mean()  # of a row that stands for one
    covariance = sum(w * g for w, g in zip(found.weights, repeated, strict=True))
    alpha = np.linalg.solve(covariance + noise * np.eye(len(again)), y[again] - y[again].mean())
    summed = np.bincount(again, alpha)
    np.testing.assert_allclose(found.coefficients, summed, atol=1e-8)

    def error(factor):
        weights = found.weights
        return held_out_error(repeated, y[again], folds[again], weights, noise * factor)

    assert error(1) < min(error(0.7), error(0.95), error(1.05), error(1.4))
