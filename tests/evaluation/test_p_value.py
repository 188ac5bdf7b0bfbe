"""The p-value and the interval are one statement."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from graftwork.evaluation import Runs, compare
from graftwork.evaluation.interval import over_seeds_and_rows
from graftwork.evaluation.student import add_variances, half_width, two_sided_p


def test_p_is_below_five_percent_just_where_the_interval_leaves_zero_out():
    below = 0
    for trial in range(60):
        rng = np.random.default_rng(trial)
        values = rng.normal(rng.normal(0, 0.3), 1, size=(3, 30)) + rng.normal(0, 0.1, (3, 1))
        found = over_seeds_and_rows(
            lambda rows, values=values: values[:, rows].mean(1, keepdims=True),
            30,
            seed_variance_known=True,
            n_boot=40,
            seed=trial,
        )
        outside = not found.lower <= 0 <= found.upper
        assert (found.p_value < 0.05) == outside
        assert found.upper - found.estimate == pytest.approx(
            stats.t.ppf(0.975, found.df) * found.standard_error
        )
        expected = 2 * stats.t.cdf(-abs(found.estimate) / found.standard_error, found.df)
        assert found.p_value == pytest.approx(expected)
        below += outside
    assert 5 < below < 55


def test_the_comparison_hands_the_p_value_on():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(40, 1))
    good, poor = (Runs(n, y + rng.normal(0, s, (3, 40, 1))) for n, s in (("a", 0.5), ("b", 0.9)))
    forth, back = compare(y, good, poor, "rmse"), compare(y, poor, good, "rmse")
    assert 0 < forth.p_value < 0.05
    assert forth.p_value == pytest.approx(back.p_value)
    assert forth.p_value == pytest.approx(
        two_sided_p(forth.difference, forth.standard_error, forth.df)
    )
    one = compare(y, Runs("a", good.predictions[:1]), Runs("b", poor.predictions[:1]), "rmse")
    assert (one.lower, one.standard_error, one.df, one.p_value) == (None, None, None, None)
    same = compare(y, good, good, "rmse")
    assert (same.p_value, same.lower, same.upper, same.df) == (1.0, 0.0, 0.0, None)
    json.dumps(same.to_dict(), allow_nan=False)


def test_over_seeds_alone_is_the_paired_t_interval_of_the_seeds_scores():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(40, 1))
    good, poor = (Runs(n, y + rng.normal(0, s, (5, 40, 1))) for n, s in (("a", 0.5), ("b", 0.9)))
    found = compare(y, good, poor, "rmse")
    errors = [np.sqrt(((runs.predictions - y) ** 2).mean((1, 2))) for runs in (good, poor)]
    expected = stats.ttest_rel(errors[1], errors[0]).confidence_interval()
    assert (found.seeds_lower, found.seeds_upper) == pytest.approx((expected.low, expected.high))
    assert found.lower < found.seeds_lower < found.seeds_upper < found.upper
    fixed = Runs("b", poor.predictions[:1], deterministic=True)
    against = compare(y, good, fixed, "rmse")
    assert against.seeds_lower < against.difference < against.seeds_upper
    alone = compare(y, Runs("a", good.predictions[:1], deterministic=True), fixed, "rmse")
    assert alone.lower is not None
    assert (alone.seeds_lower, alone.seeds_upper) == (None, None)


def test_a_difference_without_variance_is_certain():
    assert two_sided_p(0.1, 0.0, math.inf) == 0.0
    assert two_sided_p(0.0, 0.0, math.inf) == 1.0
    assert half_width(0.0, math.inf) == 0.0
    assert two_sided_p(1.0, 1.0, 1) == pytest.approx(0.5)  # Cauchy
    assert two_sided_p(-1.0, 1.0, 1) == pytest.approx(0.5)


def test_welch_and_satterthwaite():
    error, df = add_variances([(4.0, 2), (9.0, 7), (0.0, 0)])
    assert error == pytest.approx(math.sqrt(13))
    assert df == pytest.approx(13**2 / (4**2 / 2 + 9**2 / 7))
    assert add_variances([(4.0, 3)]) == pytest.approx((2.0, 3.0))
    assert add_variances([(0.0, 3)]) == (0.0, math.inf)
    equal, equal_df = add_variances([(1.0, 5)] * 4)
    assert (equal, equal_df) == pytest.approx((2.0, 20.0))
    assert add_variances([(1.0, math.inf)]) == (1.0, math.inf)
