from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.graph.segment import Bags, bag_mean, bag_sum, segment_max, segment_softmax

SIZE = 5
PAIRS = st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), max_size=12)
SEGMENTS = st.lists(st.integers(0, SIZE - 1), max_size=12)
QUICK = settings(deadline=None, max_examples=40)


def bags_of(pairs):
    rows = torch.tensor([row for row, _ in pairs], dtype=torch.int64)
    bags = torch.tensor([bag for _, bag in pairs], dtype=torch.int64)
    return Bags.from_pairs(rows, bags, SIZE, SIZE)


def distinct(rows, columns, seed=0):
    """Values without ties, well apart, so that a maximum has a derivative."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(rows * columns, generator=generator)
    return (order.double() / 7 - 1).reshape(rows, columns).requires_grad_()


@QUICK
@given(PAIRS)
def test_sum_and_mean_are_loops(pairs):
    values, bags = distinct(SIZE, 3), bags_of(pairs)
    for bag in range(SIZE):
        members = [values[row] for row, owner in pairs if owner == bag]
        total = torch.stack(members).sum(0) if members else torch.zeros(3, dtype=torch.float64)
        torch.testing.assert_close(bag_sum(values, bags)[bag], total)
        torch.testing.assert_close(bag_mean(values, bags)[bag], total / max(1, len(members)))


@settings(deadline=None, max_examples=15)
@given(PAIRS)
def test_gradients_of_sum_and_mean(pairs):
    bags = bags_of(pairs)
    assert torch.autograd.gradcheck(partial(bag_sum, bags=bags), (distinct(SIZE, 2),))
    assert torch.autograd.gradcheck(partial(bag_mean, bags=bags), (distinct(SIZE, 2),))


@QUICK
@given(SEGMENTS)
def test_max_and_softmax_are_loops(segments):
    values, segment = distinct(len(segments), 2), torch.tensor(segments, dtype=torch.int64)
    largest = segment_max(values, segment, SIZE)
    weights = segment_softmax(values, segment, SIZE)
    assert largest.shape == (SIZE, 2)
    assert weights.shape == values.shape
    for number in range(SIZE):
        rows = [i for i, owner in enumerate(segments) if owner == number]
        if rows:
            torch.testing.assert_close(largest[number], values[rows].amax(0))
            torch.testing.assert_close(weights[rows], values[rows].softmax(0))
        else:
            assert largest[number].tolist() == [0, 0]


@settings(deadline=None, max_examples=15)
@given(SEGMENTS.filter(bool))
def test_gradients_of_max_and_softmax(segments):
    segment = torch.tensor(segments)
    for function in (segment_max, segment_softmax):
        call = partial(function, segment=segment, num_segments=SIZE)
        assert torch.autograd.gradcheck(call, (distinct(len(segments), 2),))


def test_max_of_negative_values_is_negative():
    values, segment = torch.tensor([[-3.0], [-2.0]]), torch.tensor([1, 1])
    assert segment_max(values, segment, 3).tolist() == [[0], [-2], [0]]


def test_gradient_where_the_maximum_is_zero():
    values = torch.tensor([[0.0], [-1.0]], requires_grad=True)
    segment_max(values, torch.tensor([0, 0]), 2).sum().backward()
    assert values.grad.tolist() == [[1], [0]]


def test_softmax_of_huge_scores():
    scores = torch.tensor([[1e30], [1e30], [-1e30], [5.0]])
    weights = segment_softmax(scores, torch.tensor([0, 0, 0, 2]), 3)
    assert weights[:, 0].tolist() == [0.5, 0.5, 0, 1]
    assert math.isfinite(segment_softmax(torch.tensor([[1e4]]), torch.tensor([0]), 1).item())


def test_reverse_lists_are_the_same_relation():
    pairs = [(0, 3), (0, 3), (4, 1), (2, 2), (1, 0), (0, 1)]
    bags = bags_of(pairs)
    back = bags.reverse
    forward = [
        (row, bag)
        for bag in range(SIZE)
        for row in bags.index[bags.ptr[bag] : bags.ptr[bag + 1]].tolist()
    ]
    backward = [
        (row, bag)
        for row in range(SIZE)
        for bag in back.index[back.ptr[row] : back.ptr[row + 1]].tolist()
    ]
    assert sorted(forward) == sorted(backward) == sorted(pairs)


def test_no_rows_at_all():
    none = torch.zeros(0, 3, dtype=torch.float64, requires_grad=True)
    empty = torch.zeros(0, dtype=torch.int64)
    assert bag_sum(none, Bags.from_pairs(empty, empty, 0, 0)).shape == (0, 3)
    assert segment_max(none, empty, 2).tolist() == [[0] * 3] * 2
    assert segment_softmax(none, empty, 2).shape == (0, 3)
    segment_softmax(none, empty, 2).sum().backward()
    assert none.grad.shape == (0, 3)


@pytest.fixture
def restore_threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("restore_threads")
@pytest.mark.parametrize("name", ["bag_sum", "bag_mean", "segment_max", "segment_softmax"])
def test_threads_change_no_bit(name):
    generator = torch.Generator().manual_seed(0)
    nodes, edges, segments = 20_000, 60_000, 40
    rows, owners = torch.randint(nodes, (2, edges), generator=generator)
    bags = Bags.from_pairs(rows, owners, nodes, nodes)
    segment = torch.randint(segments, (nodes,), generator=generator).sort().values
    start = torch.randn(nodes, 16, generator=generator)
    if name.startswith("bag"):
        function = partial(globals()[name], bags=bags)
    else:
        function = partial(globals()[name], segment=segment, num_segments=segments)
    weight = torch.randn(function(start).shape, generator=generator)
    results = []
    for threads in (1, 2, 4, 1, 4):
        torch.set_num_threads(threads)
        values = start.clone().requires_grad_()
        out = function(values)
        (out * weight).sum().backward()
        results.append((out.detach(), values.grad))
    for out, grad in results[1:]:
        assert torch.equal(out, results[0][0])
        assert torch.equal(grad, results[0][1])
