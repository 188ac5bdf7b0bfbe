"""Each metric against scikit-learn and scipy, and each undefined case."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from graftwork.errors import InputError
from graftwork.metrics import (
    CLASSIFICATION,
    METRICS,
    MULTICLASS,
    REGRESSION,
    Value,
    evaluate,
    primary_metric,
    score,
)

REFERENCE = {
    "roc_auc": sk.roc_auc_score,
    "pr_auc": sk.average_precision_score,
    "accuracy": lambda y, p: sk.accuracy_score(y, p >= 0.5),
    "f1": lambda y, p: sk.f1_score(y, p >= 0.5),
    "mcc": lambda y, p: sk.matthews_corrcoef(y, p >= 0.5),
    "multiclass_accuracy": sk.accuracy_score,
    "macro_f1": lambda y, p: sk.f1_score(y, p, average="macro"),
    "rmse": sk.root_mean_squared_error,
    "mae": sk.mean_absolute_error,
    "r2": sk.r2_score,
    "spearman": lambda y, p: stats.spearmanr(y, p).statistic,
}


def test_every_metric_is_listed_under_its_name_and_has_a_reference():
    assert set(METRICS) == set(CLASSIFICATION) | set(MULTICLASS) | set(REGRESSION)
    assert set(METRICS) == set(REFERENCE)
    assert all(METRICS[name].name == name for name in METRICS)
    assert {name for name in METRICS if not METRICS[name].higher_is_better} == {"rmse", "mae"}


@pytest.mark.parametrize("name", CLASSIFICATION)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.500001, 0.9, 1.0])),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=150, deadline=None)
def test_classification_agrees_with_scikit_learn_wherever_it_is_defined(name, rows):
    y, p = np.array(rows, dtype=float).T
    found = METRICS[name](y, p)
    if found.value is not None:
        assert found.value == pytest.approx(REFERENCE[name](y, p), abs=1e-12)
    else:
        one_class = len(set(y)) == 1
        none_called = not (p >= 0.5).any()
        all_called = (p >= 0.5).all()
        assert name != "accuracy"
        assert one_class or (name == "mcc" and (none_called or all_called))
        assert name != "f1" or (none_called and not y.any())


@pytest.mark.parametrize("name", MULTICLASS)
@given(rows=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40))
@settings(max_examples=150, deadline=None)
def test_multiclass_agrees_with_scikit_learn(name, rows):
    y, p = np.array(rows, dtype=float).T
    assert METRICS[name](y, p).value == pytest.approx(REFERENCE[name](y, p), abs=1e-12)


def test_multiclass_has_no_value_without_rows_and_takes_class_numbers_only():
    assert METRICS["macro_f1"](np.empty(0), np.empty(0)).undefined == "no labelled rows"
    found = evaluate([[2.0], [0.0], [np.nan]], [[2.0], [1.0], [7.0]], ["c"], "multiclass")
    assert {r.metric: r.value.value for r in found if r.task == "c"} == {
        "multiclass_accuracy": 0.5,
        "macro_f1": pytest.approx(1 / 3),
    }
    assert primary_metric("multiclass") == "multiclass_accuracy"
    for y, p, message in (
        ([[0.5]], [[1.0]], "class label in row 0"),
        ([[-1.0]], [[1.0]], "class label in row 0"),
        ([[1.0]], [[0.3]], "prediction in row 0"),
        ([[1.0]], [[-1.0]], "prediction in row 0"),
    ):
        with pytest.raises(InputError, match=message):
            score(y, p, "multiclass_accuracy")


@pytest.mark.parametrize("name", REGRESSION)
@given(rows=st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=40))
@settings(max_examples=150, deadline=None)
def test_regression_agrees_with_scikit_learn_wherever_it_is_defined(name, rows):
    y, p = np.array(rows, dtype=float).T
    found = METRICS[name](y, p)
    if found.value is not None:
        assert found.value == pytest.approx(REFERENCE[name](y, p), abs=1e-9)
    else:
        assert name in {"r2", "spearman"}
        assert len(set(y)) == 1 or (name == "spearman" and len(set(p)) == 1)


@pytest.mark.parametrize(
    ("name", "y", "p", "reason"),
    [
        ("roc_auc", [1] * 12, np.linspace(0, 1, 12), "only one class among 12 rows"),
        ("roc_auc", [0], [0.3], "only one class among 1 row"),
        ("roc_auc", [], [], "no labelled rows"),
        ("pr_auc", [0, 0], [0.1, 0.2], "only one class among 2 rows"),
        ("mcc", [0, 0], [0.1, 0.9], "only one class among 2 rows"),
        ("mcc", [0, 1], [0.1, 0.2], "all rows are predicted to be of one class"),
        ("f1", [0, 0], [0.1, 0.2], "no positives and no predicted positives"),
        ("f1", [], [], "no labelled rows"),
        ("accuracy", [], [], "no labelled rows"),
        ("rmse", [], [], "no labelled rows"),
        ("mae", [], [], "no labelled rows"),
        ("r2", [1.0], [1.0], "fewer than 2 rows"),
        ("r2", [1.0, 1.0], [1.0, 2.0], "constant labels among 2 rows"),
        ("spearman", [1.0, 2.0], [3.0, 3.0], "constant predictions: rank correlation undefined"),
    ],
)
def test_undefined_is_said(name, y, p, reason):
    assert METRICS[name](np.array(y, float), np.array(p, float)) == Value(None, reason)


def test_f1_is_zero_and_defined_when_every_positive_is_missed():
    assert METRICS["f1"](np.array([1.0, 0.0]), np.array([0.1, 0.1])).value == 0.0


def test_a_value_is_a_number_or_a_reason():
    with pytest.raises(ValueError, match="either"):
        Value(None)
    with pytest.raises(ValueError, match="either"):
        Value(1.0, undefined="why")


def test_primary_metric():
    assert primary_metric("classification") == "roc_auc"
    assert primary_metric("regression") == "rmse"
    assert primary_metric("regression", 2) == "r2"
    assert primary_metric("classification", 2) == "roc_auc"
    with pytest.raises(InputError, match="ranking"):
        primary_metric("ranking")  # type: ignore[arg-type]
