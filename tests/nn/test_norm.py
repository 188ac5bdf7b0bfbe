"""Batch normalisation of one process; that of several is tested with the training they share."""

from __future__ import annotations

import torch
from torch import nn

from graftwork.nn.norm import BatchNorm


def test_in_one_process_it_is_that_of_torch_to_the_bit():
    ours, theirs = BatchNorm(5), nn.BatchNorm1d(5)
    ours.load_state_dict(theirs.state_dict())
    rows = torch.randn(7, 5) * 3 + 1
    for norm in (ours, theirs):
        norm(rows.clone()).square().sum().backward()
    assert ours.weight.grad.equal(theirs.weight.grad)
    after = theirs.state_dict()
    assert all(value.equal(after[name]) for name, value in ours.state_dict().items())
    assert ours.eval()(rows).equal(theirs.eval()(rows))
