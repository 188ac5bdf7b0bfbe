"""The loss of true against false pairs."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from graftwork.objectives.contrast import contrast, nothing_to_learn


def test_the_loss_against_the_formula():
    positive, negative = [2.0, -1.0, 0.5], [0.3, -4.0, -0.1, -2.0]
    expected = sum(math.log(1 + math.exp(-s)) for s in positive) / 3
    expected += 2.5 * sum(math.log(1 + math.exp(s)) for s in negative) / 4
    loss, logs = contrast(torch.tensor(positive), torch.tensor(negative), factor=2.5)
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    assert logs["accuracy/positive"].item() == pytest.approx(2 / 3)
    assert logs["accuracy/negative"].item() == pytest.approx(3 / 4)


def test_half_precision_scores_are_compared_in_single_precision():
    scores = torch.tensor([1.0, -2.0], dtype=torch.bfloat16)
    assert contrast(scores, scores).loss.dtype == torch.float32


def test_nothing_to_learn_gives_every_parameter_a_gradient_of_zeros():
    first, second = nn.Linear(3, 2), nn.Linear(2, 2, bias=False)
    loss = nothing_to_learn(first, second)
    assert loss.item() == 0
    loss.backward()
    for parameter in (*first.parameters(), *second.parameters()):
        assert parameter.grad is not None
        assert not parameter.grad.any()
