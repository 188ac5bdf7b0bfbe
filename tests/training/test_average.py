"""The average of weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from graftwork.training.average import WeightAverage


def averaged(values, memory):
    line = nn.Linear(1, 1, bias=False)
    average = WeightAverage(line, memory)
    for value in values:
        nn.init.constant_(line.weight, value)
        average.take(line)
    return average.module.weight.item()


@pytest.mark.parametrize("memory", [0, 1, 3.0, 8])
def test_weights_of_steps_are_those_of_the_formula(memory):
    values = np.random.default_rng(0).normal(size=20)
    expected = values[0]
    for step, value in enumerate(values[1:], start=2):
        rate = (memory + 1) / (step + memory)
        expected += rate * (value - expected)
    assert averaged(values, memory) == pytest.approx(expected, rel=1e-5)


def test_no_memory_is_the_plain_mean_and_a_long_one_the_last_value():
    values = [1.0, 5.0, 3.0]
    assert averaged(values, 0) == pytest.approx(3.0)
    assert averaged(values, 1e6) == pytest.approx(3.0, abs=1e-4)
    assert averaged([0.0] * 50 + [1.0] * 50, 3) > averaged([0.0] * 50 + [1.0] * 50, 0)


def test_statistics_are_averaged_counters_copied_and_the_module_left_alone():
    module = nn.BatchNorm1d(2)
    average = WeightAverage(module, 0)
    for seed in range(3):
        module(torch.randn(8, 2, generator=torch.Generator().manual_seed(seed)))
        seen = module.running_mean.clone()
        average.take(module)
        assert module.running_mean.equal(seen)
    assert average.module.num_batches_tracked == module.num_batches_tracked == 3
    assert not average.module.running_mean.equal(module.running_mean)
