"""Holm's correction against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from graftwork.evaluation.benchmark import holm
from graftwork.evaluation.benchmark.means import MeanGain, corrected_gains


def rejected(p_values, level):
    """Holm's procedure as he wrote it: step down until one is not small enough."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    found = set()
    for step, i in enumerate(order):
        if p_values[i] > level / (len(p_values) - step):
            break
        found.add(i)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_adjusted_values_reject_what_the_procedure_rejects(seed):
    rng = np.random.default_rng(seed)
    p_values = (rng.random(rng.integers(1, 12)) ** 3).tolist()
    adjusted = holm(p_values)
    for level in (0.01, 0.05, 0.2, 0.9):
        assert {i for i, p in enumerate(adjusted) if p <= level} == rejected(p_values, level)


def test_closed_forms():
    assert holm([]) == []
    assert holm([0.04]) == [0.04]
    assert holm([0.02, 0.02, 0.02]) == pytest.approx([0.06] * 3)
    assert holm([0.03, 0.01]) == pytest.approx([0.03, 0.02])
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])  # never decreasing
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_order_of_the_comparisons_does_not_matter():
    p_values = [0.2, 0.001, 0.04, 0.04, 0.5]
    shuffled = [3, 1, 4, 0, 2]
    assert holm([p_values[i] for i in shuffled]) == [holm(p_values)[i] for i in shuffled]


def test_mean_gains_are_judged_as_one_family():
    gains = [
        MeanGain(0.1, 0.01, 0.19, 0.03, "helps", 4),
        None,
        MeanGain(-0.2, -0.3, -0.1, 0.001, "hurts", 4),
        MeanGain(0.1, None, None, None, "no evidence", 4),
        MeanGain(0.1, -0.1, 0.3, 0.4, "no evidence", 4),
    ]
    found = corrected_gains(gains)
    assert [gain and gain.verdict for gain in found] == [
        *("no evidence", None, "hurts", "no evidence", "no evidence"),
    ]
    assert corrected_gains(gains[:1])[0] == gains[0]
