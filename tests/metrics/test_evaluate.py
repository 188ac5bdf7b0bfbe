"""Many tasks, missing labels, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.errors import InputError
from graftwork.metrics import (
    CLASSIFICATION,
    METRICS,
    REGRESSION,
    evaluate,
    score,
    task_scores,
)

NAN = float("nan")


def by_name(rows):
    return {(row.task, row.metric): row.value for row in rows}


def example(kind, seed=0, rows=40, tasks=3):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(rows, tasks))
    p = y + rng.normal(size=(rows, tasks))
    if kind == "classification":
        y, p = (y > 0).astype(float), 1 / (1 + np.exp(-p))
    y[rng.random(y.shape) < 0.3] = NAN
    return y, p


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_every_metric_of_the_kind_on_every_task_and_their_mean(kind):
    y, p = example(kind)
    found = by_name(evaluate(y, p, ["a", "b", "c"], kind))
    names = CLASSIFICATION if kind == "classification" else REGRESSION
    assert list(found) == [(task, name) for task in ("a", "b", "c", "mean") for name in names]
    for name in names:
        mean = np.mean([found[task, name].value for task in ("a", "b", "c")])
        assert found["mean", name].value == pytest.approx(mean) == score(y, p, name)


@pytest.mark.parametrize("kind", ["classification", "regression"])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_predictions_of_unlabelled_rows_change_nothing(kind, seed):
    y, p = example(kind, seed)
    other = np.where(np.isnan(y), np.random.default_rng(seed + 1).random(p.shape), p)
    assert evaluate(y, p, "abc", kind) == evaluate(y, other, "abc", kind)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_row_order_does_not_matter_and_inputs_are_not_changed(seed):
    y, p = example("classification", seed)
    before = y.copy(), p.copy()
    order = np.random.default_rng(seed).permutation(len(y))
    for name in CLASSIFICATION:
        np.testing.assert_allclose(task_scores(y, p, name), task_scores(y[order], p[order], name))
    np.testing.assert_array_equal(before[0], y)
    np.testing.assert_array_equal(before[1], p)


def test_leading_axes_are_kept():
    y, p = example("regression")
    stacked = np.stack([p, p + 1])
    found = task_scores(y, stacked, "mae")
    assert found.shape == (2, 3)
    np.testing.assert_array_equal(found[1], task_scores(y, p + 1, "mae"))


def test_a_mean_says_which_tasks_are_not_in_it():
    y = [[0, 1, NAN], [1, 1, NAN]]
    p = [[0.2, 0.5, 0.5], [0.9, 0.5, 0.5]]
    mean = by_name(evaluate(y, p, ["x", "y", "z"], "classification"))["mean", "roc_auc"]
    assert mean.value == 1.0
    assert mean.note == (
        "mean over 1 of 3 tasks, without y (only one class among 2 rows), z (no labelled rows)"
    )
    assert score(y, p, "roc_auc") == 1.0


def test_a_mean_of_nothing_is_undefined():
    y, p = np.full((3, 8), 1.0), np.full((3, 8), 0.5)
    found = by_name(evaluate(y, p, [f"t{i}" for i in range(8)], "classification"))
    value = found["mean", "roc_auc"]
    assert value.value is None
    assert value.undefined.startswith("undefined for every task: t0 (only one class")
    assert value.undefined.endswith("and 3 more")
    assert np.isnan(score(y, p, "roc_auc"))


def test_rows_are_json():
    y, p = example("regression")
    rows = [row.to_dict() for row in evaluate(y, p, "abc", "regression")]
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows


@pytest.mark.parametrize("bad", [NAN, np.inf, -np.inf])
def test_a_prediction_that_is_no_number_is_refused_also_where_the_label_is_missing(bad):
    y, p = example("regression")
    row, task = np.argwhere(np.isnan(y))[0]
    p[row, task] = bad
    for call in (
        lambda: evaluate(y, p, "abc", "regression"),
        lambda: score(y, p, "rmse"),
        lambda: task_scores(y, p[None], "rmse"),
    ):
        with pytest.raises(InputError, match=f"row {row}, task {task}"):
            call()


@pytest.mark.parametrize(
    ("y", "p", "names", "kind", "message"),
    [
        ([[0.0]], [[1.5]], ["a"], "classification", "sigmoid"),
        ([[2.0]], [[0.5]], ["a"], "classification", "class label in row 0, task 0 is 2"),
        ([[np.inf]], [[0.5]], ["a"], "regression", "label in row 0"),
        ([[1.0]], [[0.5, 0.5]], ["a"], "regression", "do not fit"),
        ([1.0], [0.5], ["a"], "regression", "do not fit"),
        ([[1.0]], [[[0.5]]], ["a"], "regression", "shape"),
        ([[1.0]], [[0.5]], ["mean"], "regression", "average"),
        ([[1.0, 2.0]], [[0.5, 0.5]], ["a", "a"], "regression", "distinct"),
        ([[1.0]], [[0.5]], ["a"], "ranking", "ranking"),
    ],
)
def test_what_does_not_fit_is_refused(y, p, names, kind, message):
    with pytest.raises(InputError, match=message):
        evaluate(y, p, names, kind)


def test_an_unknown_metric_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=", ".join(METRICS)):
        score([[1.0]], [[1.0]], "auc")
