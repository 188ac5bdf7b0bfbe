"""A metric on many bootstrap samples at once is the metric on each of them."""

from __future__ import annotations

import numpy as np
import pytest

from graftwork.evaluation import resampled
from graftwork.evaluation.resampled import remembering, resampled_scores, weighted_auc
from graftwork.metrics import task_scores


def draws_of(rows, samples, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(rows, size=rows) for _ in range(samples)]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("cells", [1 << 22, 100])
def test_every_sample_has_the_score_of_its_rows(ties, cells, monkeypatch):
    monkeypatch.setattr(resampled, "_CELLS", cells)  # one block, and many
    rng = np.random.default_rng(1)
    y = (rng.random((40, 3)) < 0.3).astype(float)
    y[rng.random(y.shape) < 0.2] = np.nan
    y[:, 2] = np.where(np.arange(40) < 2, 1.0, 0.0)  # many samples have one class only
    predictions = rng.random((2, 40, 3))
    if ties:
        predictions = np.round(predictions, 1)
    draws = draws_of(40, 30)
    expected = np.stack([task_scores(y[d], predictions[:, d], "roc_auc") for d in draws])
    found = resampled_scores(y, predictions, "roc_auc", draws)
    assert np.isnan(expected).any()
    assert not np.isnan(expected).all()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("metric", ["rmse", "spearman", "r2"])
def test_other_metrics_are_computed_sample_by_sample(metric):
    rng = np.random.default_rng(2)
    y, predictions = rng.normal(size=(20, 2)), rng.normal(size=(3, 20, 2))
    draws = draws_of(20, 5)
    expected = np.stack([task_scores(y[d], predictions[:, d], metric) for d in draws])
    assert (resampled_scores(y, predictions, metric, draws) == expected).all()


def test_a_task_without_labels_has_no_score():
    y = np.full((6, 1), np.nan)
    found = resampled_scores(y, np.zeros((1, 6, 1)), "roc_auc", draws_of(6, 2))
    assert found.shape == (2, 1, 1)
    assert np.isnan(found).all()


def test_the_area_counts_weighted_pairs():
    positive = np.array([True, False, True, False])
    scores, weights = np.array([0.2, 0.2, 0.9, 0.1]), np.array([3.0, 2.0, 1.0, 4.0])
    won = sum(
        weights[i] * weights[j] * (1.0 if scores[i] > scores[j] else 0.5 * (scores[i] == scores[j]))
        for i in np.flatnonzero(positive)
        for j in np.flatnonzero(~positive)
    )
    pairs = weights[positive].sum() * weights[~positive].sum()
    assert weighted_auc(positive, scores, weights[None]) == pytest.approx(won / pairs)
    assert weighted_auc(positive, np.ones(4), weights[None]) == pytest.approx(0.5)


def test_what_was_computed_once_is_remembered_by_its_content():
    asked = []

    def counting(*arguments):
        asked.append(arguments)
        return resampled_scores(*arguments)

    rng = np.random.default_rng(3)
    y, predictions = rng.normal(size=(20, 1)), rng.normal(size=(2, 20, 1))
    draws, others = draws_of(20, 4), draws_of(20, 4, seed=1)
    remembered = remembering(counting)
    for given in (predictions, predictions.copy(), predictions[::-1]):
        np.testing.assert_array_equal(
            remembered(y, given, "rmse", draws), resampled_scores(y, given, "rmse", draws)
        )
    assert len(asked) == 2
    remembered(y, predictions, "mae", draws)
    remembered(y, predictions, "rmse", others)
    remembered(y + 1, predictions, "rmse", draws)
    assert len(asked) == 5
