"""The loop: the schedule, the clock, and a loss that is no number."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning_fabric import Fabric

from graftwork.errors import RunError
from graftwork.objectives import StepOutput
from graftwork.training.budget import Budget
from graftwork.training.loop import SCHEDULES, run_loop, warmup_cosine


class Line(torch.nn.Module):
    """The loss is a factor times the weight."""

    def __init__(self, factors):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.factors = iter(factors)

    def forward(self, sealed):
        assert sealed.batch.num_graphs == 2
        return StepOutput((next(self.factors) * self.weight).sum(), {})


@pytest.fixture
def loop(random_batch):
    """Run SGD on ``Line`` and return it with the learning rates seen."""

    def run(factors, last, first=0, rate=lambda _step: 0.1, stop=math.inf, clip=5.0):
        fabric = Fabric(accelerator="cpu", devices=1)
        line = Line(factors)
        module, optimizer = fabric.setup(line, torch.optim.SGD(line.parameters(), lr=9.0))
        seen = []

        def after_step(done, output):
            seen.append((done, optimizer.param_groups[0]["lr"], output.loss.item()))
            return done < stop

        done = run_loop(
            fabric,
            module,
            optimizer,
            itertools.repeat(random_batch([2, 3])),
            first=first,
            last=last,
            learning_rate=rate,
            after_step=after_step,
            clip=clip,
        )
        return line, done, seen

    return run


def test_steps_learning_rates_and_weights(loop):
    line, done, seen = loop([1.0, 2.0, 3.0], last=7, first=4, rate=lambda step: step / 100)
    assert done == 7
    assert [(d, r) for d, r, _ in seen] == [(5, 0.04), (6, 0.05), (7, 0.06)]
    assert line.weight.item() == pytest.approx(1 - 0.04 * 1 - 0.05 * 2 - 0.06 * 3)


def test_the_caller_can_end_it(loop):
    _, done, seen = loop(itertools.repeat(1.0), last=100, stop=3)
    assert done == 3
    assert len(seen) == 3


def test_nothing_left_to_do(loop):
    line, done, seen = loop([], last=5, first=5)
    assert (done, seen, line.weight.item()) == (5, [], 1)


def test_gradients_are_clipped(loop):
    line, _, _ = loop([1e6], last=1)
    assert line.weight.item() == pytest.approx(1 - 0.1 * 5)
    line, _, _ = loop([1e6], last=1, clip=0.0)
    assert line.weight.item() == pytest.approx(1 - 0.1 * 1e6)


def test_a_constant_schedule_stays_at_its_peak():
    assert [SCHEDULES["constant"](progress, 0.3) for progress in (0, 0.5, 1)] == [0.3] * 3


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_ends_the_run_before_the_weights_change(loop, bad):
    weights = []

    def factors():
        yield 1.0
        yield bad

    def rate(_step):
        weights.append(None)
        return 0.1

    with pytest.raises(RunError, match=r"(nan|inf) at step 1\b.*learning rate"):
        loop(factors(), last=5, rate=rate)
    assert len(weights) == 2


def test_the_shape_of_the_schedule():
    assert warmup_cosine(0.0, 2.0) > 0
    assert warmup_cosine(0.025, 2.0) == pytest.approx(1.0)
    assert warmup_cosine(0.05, 2.0) == pytest.approx(2.0)
    assert warmup_cosine(0.05 + 0.95 / 2, 2.0) == pytest.approx(1.0)
    assert warmup_cosine(1.0, 2.0) == pytest.approx(0.0, abs=1e-12)
    assert warmup_cosine(1.7, 2.0) == pytest.approx(0.0, abs=1e-12)


@given(a=st.floats(0, 1.5), b=st.floats(0, 1.5), peak=st.floats(1e-6, 10))
def test_up_then_down_and_never_above_the_peak(a, b, peak):
    a, b = sorted((a, b))
    first, second = warmup_cosine(a, peak), warmup_cosine(b, peak)
    assert 0 <= first <= peak
    assert 0 <= second <= peak
    if b <= 0.05:
        assert first <= second * (1 + 1e-9)
    elif a >= 0.05:
        assert first >= second * (1 - 1e-9)


def test_a_budget_without_a_clock_depends_on_the_step_alone():
    assert [Budget(8).spent(step) for step in (0, 2, 8)] == [0, 0.25, 1]
    assert Budget(8, before=1e9).spent(2) == 0.25


def test_with_a_clock_the_one_spent_further_counts():
    assert Budget(1000, 100.0, before=50.0).spent(1) == pytest.approx(0.5, abs=0.01)
    assert Budget(4, 100.0, before=50.0).spent(3) == 0.75
    assert Budget(1000, 100.0, before=200.0).spent(0) >= 2
