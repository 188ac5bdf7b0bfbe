"""Intervals by simulation, and what the verdict says when the answer is known."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from scipy import stats

from graftwork.errors import InputError
from graftwork.evaluation import Comparison, Runs, compare, interval, sentence
from graftwork.evaluation.interval import over_seeds_and_rows
from graftwork.metrics import METRICS, score

NAN = float("nan")


def noisy(y, scale, seeds, seed):
    return y + np.random.default_rng(seed).normal(0, scale, size=(seeds, *y.shape))


@pytest.fixture
def y():
    labels = np.random.default_rng(0).normal(size=(60, 2))
    labels[:5, 0] = NAN
    return labels


@pytest.fixture
def truth(y):
    return np.nan_to_num(y)


@pytest.mark.parametrize("metric", ["rmse", "mae", "r2", "spearman"])
def test_better_helps_and_reversed_hurts(y, truth, metric):
    good, poor = Runs("a", noisy(truth, 0.3, 4, 1)), Runs("b", noisy(truth, 1.0, 4, 2))
    forth, back = compare(y, good, poor, metric), compare(y, poor, good, metric)
    assert (forth.verdict, back.verdict) == ("helps", "hurts")
    assert forth.difference == pytest.approx(-back.difference)
    assert (forth.lower, forth.upper) == pytest.approx((-back.upper, -back.lower))
    sign = 1 if METRICS[metric].higher_is_better else -1
    means = [np.mean([score(y, p, metric) for p in runs.predictions]) for runs in (good, poor)]
    assert forth.difference == pytest.approx(sign * (means[0] - means[1]))


def test_classification_helps():
    rng = np.random.default_rng(0)
    y = (rng.random((150, 3)) < 0.3).astype(float)
    good = np.clip(y * 0.5 + rng.random((5, 150, 3)) * 0.6, 0, 1)
    found = compare(y, Runs("a", good), Runs("b", rng.random((5, 150, 3))), "roc_auc")
    assert found.verdict == "helps"
    assert found.seeds == 5


def test_identical_models_differ_by_nothing(y, truth):
    runs = Runs("a", noisy(truth, 0.3, 4, 1))
    found = compare(y, runs, runs, "rmse")
    assert (found.difference, found.lower, found.upper) == (0, 0, 0)
    assert found.verdict == "no evidence"


def test_equally_good_models_give_no_evidence(y, truth):
    found = compare(
        y, Runs("a", noisy(truth, 0.5, 5, 1)), Runs("b", noisy(truth, 0.5, 5, 2)), "mae"
    )
    assert found.lower < 0 < found.upper
    assert found.verdict == "no evidence"


def test_one_seed_is_enough_only_for_deterministic_models(y, truth):
    good, poor = noisy(truth, 0.1, 1, 1), noisy(truth, 2.0, 1, 2)
    unknown = compare(y, Runs("a", good), Runs("b", poor, deterministic=True), "rmse")
    assert unknown.verdict == "no evidence"
    assert unknown.difference > 0
    assert unknown.lower is None
    assert "more seeds are needed" in sentence(unknown)
    fixed = [Runs(name, p, deterministic=True) for name, p in (("a", good), ("b", poor))]
    known = compare(y, *fixed, "rmse")
    assert known.verdict == "helps"


def test_a_deterministic_model_meets_every_seed_of_the_other(y, truth):
    one, many = noisy(truth, 0.1, 1, 1), noisy(truth, 1.0, 4, 2)
    short = compare(y, Runs("a", one, deterministic=True), Runs("b", many), "rmse")
    long = compare(y, Runs("a", np.repeat(one, 4, axis=0)), Runs("b", many), "rmse")
    assert short == long
    assert short.seeds == 4
    assert compare(y, Runs("a", one), Runs("b", many), "rmse").verdict == "no evidence"


def test_predictions_without_a_label_change_nothing(y, truth):
    a, b = noisy(truth, 0.5, 3, 1), noisy(truth, 0.6, 3, 2)
    changed = np.where(np.isnan(y), 99.0, a)
    assert compare(y, Runs("a", a), Runs("b", b), "rmse") == compare(
        y, Runs("a", changed), Runs("b", b), "rmse"
    )


def test_the_two_variances_add_up_with_welch_satterthwaite():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5, 400)) * 0.2 + rng.normal(size=400) + rng.normal(size=(5, 1)) * 0.1

    def statistic(rows):
        return values[:, rows].mean(axis=1, keepdims=True)

    found = over_seeds_and_rows(statistic, 400, seed_variance_known=True, n_boot=4000, seed=0)
    over_rows = values.mean(axis=0).var() / 400
    over_seeds = values.mean(axis=1).var(ddof=1) / 5
    df = (over_rows + over_seeds) ** 2 / (over_seeds**2 / 4 + over_rows**2 / 3999)
    half = stats.t.ppf(0.975, df) * np.sqrt(over_rows + over_seeds)
    assert found.estimate == pytest.approx(values.mean())
    assert found.upper - found.estimate == pytest.approx(half, rel=0.03)


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    seeds, rows, trials, covered = 5, 60, 300, 0
    for trial in range(trials):
        y = np.zeros((rows, 1))
        shared = rng.exponential(1.0, size=(1, rows, 1))  # a row's own error, expectation 1
        offset = 1 + rng.uniform(-0.6, 0.6, size=(seeds, 1, 1))  # a seed's error, expectation 1
        found = interval(y, shared + offset, "mae", n_boot=60, seed=trial)
        covered += found.lower <= 2.0 <= found.upper
    assert 0.90 <= covered / trials <= 0.98


def test_a_paired_difference_is_sharper_than_the_two_intervals():
    rng = np.random.default_rng(0)
    y = np.zeros((80, 1))
    shared = np.abs(rng.normal(size=(1, 80, 1))) * 3
    a = shared + 0.5 + rng.normal(0, 0.05, size=(4, 80, 1))
    b = shared + 1.0 + rng.normal(0, 0.05, size=(4, 80, 1))
    found = compare(y, Runs("a", a), Runs("b", b), "mae")
    alone = interval(y, a, "mae")
    assert found.verdict == "helps"
    assert found.upper - found.lower < 0.2 * (alone.upper - alone.lower)


def test_undefined_tasks_are_left_out_and_said():
    rng = np.random.default_rng(0)
    y = np.column_stack([np.arange(40) % 2, np.ones(40)])
    runs = Runs("a", rng.random((3, 40, 2)))
    found = compare(y, runs, Runs("b", rng.random((3, 40, 2))), "roc_auc")
    assert found.note == "1 of 2 tasks left out: undefined"
    assert found.difference is not None
    nothing = compare(y[:, 1:], Runs("a", rng.random((3, 40, 1))), runs_of_one(rng), "roc_auc")
    assert (nothing.difference, nothing.verdict) == (None, "no evidence")
    assert sentence(nothing).startswith("No evidence on a against b by ROC-AUC.")


def runs_of_one(rng):
    return Runs("b", rng.random((3, 40, 1)))


def test_too_few_rows_for_a_bootstrap_are_said():
    found = interval([[0.0], [1.0]], np.full((2, 2, 1), 0.5), "spearman")
    assert found.estimate is None
    found = interval([[0.0], [1.0], [NAN]] + [[NAN]] * 30, noisy_probabilities(33), "roc_auc")
    assert found.estimate is not None
    assert found.lower is None
    assert "too few test rows" in found.note


def noisy_probabilities(rows):
    return np.random.default_rng(0).random((2, rows, 1))


def test_same_seed_same_interval_and_json(y, truth):
    a, b = Runs("a", noisy(truth, 0.5, 3, 1)), Runs("b", noisy(truth, 0.6, 3, 2))
    found = compare(y, a, b, "rmse")
    assert found == compare(y, a, b, "rmse")
    assert found != compare(y, a, b, "rmse", seed=1)
    assert Comparison(**json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found
    alone = interval(y, a.predictions, "rmse").to_dict()
    assert json.loads(json.dumps(alone, allow_nan=False)) == alone


def test_sentences():
    helps = Comparison("p", "s", "roc_auc", 0.034, 0.012, 0.056, 5, "helps")
    assert sentence(helps, "pIC50") == (
        "p is better than s: ROC-AUC better by 0.034 (95% interval 0.012 to 0.056, 5 seeds)."
    )
    hurts = Comparison("p", "s", "mae", -0.5, -0.7, -0.3, 1, "hurts")
    assert sentence(hurts, "pIC50") == (
        "p is worse than s: MAE worse by 0.500 pIC50 (95% interval 0.300 to 0.700, 1 seed)."
    )
    transfer = Comparison("pretrained", "scratch", "mae", 0.5, 0.3, 0.7, 3, "helps")
    assert sentence(transfer).startswith("Pre-training helps: MAE better by 0.500")
    nothing = Comparison("p", "s", "mae", -0.1, -0.3, 0.1, 3, "no evidence", "because")
    assert sentence(nothing) == (
        "No evidence that p differs from s: MAE worse by 0.100 "
        "(95% interval -0.100 to 0.300, 3 seeds). Note: because."
    )


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((2, 60, 2)), np.zeros((3, 60, 2)), "2 seeds and b has 3"),
        (np.zeros((60, 2)), np.zeros((3, 60, 2)), "seeds, rows, tasks"),
        (np.zeros((0, 60, 2)), np.zeros((3, 60, 2)), "at least one seed"),
        (np.zeros((3, 60, 1)), np.zeros((3, 60, 2)), "do not fit"),
        (np.full((3, 60, 2), NAN), np.zeros((3, 60, 2)), "finite"),
    ],
)
def test_what_does_not_fit_is_refused(y, a, b, message):
    with pytest.raises(InputError, match=message):
        compare(y, Runs("a", a), Runs("b", b), "rmse")


def test_no_bootstrap_is_refused(y, truth):
    with pytest.raises(InputError, match="n_boot is 1"):
        interval(y, noisy(truth, 1, 2, 0), "rmse", n_boot=1)


def test_the_bootstrap_is_quick():
    rng = np.random.default_rng(0)
    y = (rng.random((200, 12)) < 0.3).astype(float)
    a, b = (Runs(name, rng.random((5, 200, 12))) for name in "ab")
    start = time.perf_counter()
    compare(y, a, b, "roc_auc")
    assert time.perf_counter() - start < 15


def test_an_interval_ends_where_the_metric_does():
    y = np.array([[0.0], [1.0]] * 10)
    predictions = np.random.default_rng(0).uniform(0.2, 0.8, (2, 20, 1))
    predictions[1] = y * 0.8 + 0.1
    found = interval(y, predictions, "roc_auc")
    assert found.upper == 1.0
    assert found.lower is not None
    assert found.lower >= 0.0


@pytest.mark.parametrize("rows", [3, 6, 10])
def test_few_test_rows_do_not_make_a_verdict_out_of_chance(rows):
    """Two equally good models: at most a twentieth of the verdicts may be wrong."""
    wrong = 0
    for trial in range(200):
        rng = np.random.default_rng(trial)
        y = rng.normal(size=(rows, 1))
        one, other = (y + rng.normal(0, 1, (3, rows, 1)) for _ in range(2))
        found = compare(y, Runs("a", one), Runs("b", other), "mae", n_boot=60)
        wrong += found.verdict != "no evidence"
        assert f"only {rows} labelled test rows" in found.note
    assert wrong <= 16  # 10 expected; more than 16 in 2 % of such experiments


def test_without_any_variance_there_is_no_interval():
    y = np.zeros((30, 1))
    found = compare(y, Runs("a", np.zeros((3, 30, 1))), Runs("b", np.ones((3, 30, 1))), "mae")
    assert (found.difference, found.lower, found.p_value) == (1, None, None)
    assert "nothing varies" in found.note
    assert found.verdict == "no evidence"


def test_rows_without_a_label_are_no_rows():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(200, 1))
    y[8:] = NAN
    predictions = np.nan_to_num(y) + rng.normal(0, 1, (3, 200, 1))
    found = interval(y, predictions, "mae")
    assert "only 8 labelled test rows" in found.note
    assert found.df < 9
