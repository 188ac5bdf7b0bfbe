"""Poolings against loops over graphs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.errors import InputError
from graftwork.nn.pooling import POOLINGS, pooled_width

DIM = 4
ROOTED = [name for name in POOLINGS if name.startswith("centre")]
FREE = [name for name in POOLINGS if name not in ROOTED]


def with_centres(batch, sizes, seed=0):
    """Give every graph a node as its centre, not always the first."""
    draw = torch.Generator().manual_seed(seed)
    local = [int(torch.randint(size, (), generator=draw)) for size in sizes]
    return replace(batch, root=torch.tensor(local) + batch.node_ptr[:-1]), local


def naive(name, pooling, rows):
    """Pool the node embeddings ``[nodes, dim]`` of one graph."""
    if len(rows) == 0:
        return torch.zeros(pooled_width(pooling, DIM))
    if name == "sum":
        return sum(rows[1:], start=rows[0])
    if name == "mean":
        return sum(rows[1:], start=rows[0]) / len(rows)
    if name == "mean-sum":
        total = sum(rows[1:], start=rows[0])
        return torch.cat([total / len(rows), total / 32])
    if name == "max":
        return torch.stack([max(rows[:, d]) for d in range(DIM)])
    if name == "attention":
        scores = torch.stack([pooling.score(row)[0] for row in rows])
        return (scores.softmax(0)[:, None] * rows).sum(0)
    raise AssertionError(f"write the naive form of {name}")


@pytest.mark.parametrize("name", FREE)
@settings(max_examples=20, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 6), min_size=1, max_size=6).filter(any),
    seed=st.integers(0, 1000),
)
def test_like_a_loop_over_graphs_with_empty_ones(name, random_batch, sizes, seed):
    torch.manual_seed(seed)
    pooling, batch = POOLINGS[name](DIM), random_batch(sizes, seed)
    nodes = torch.randn(batch.num_nodes, DIM) - 2  # mostly negative: an empty maximum shows
    expected = torch.stack([naive(name, pooling, part) for part in nodes.split(sizes)])
    torch.testing.assert_close(pooling(nodes, batch), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", FREE)
def test_gradients_are_those_of_the_loop(name, random_batch):
    torch.manual_seed(1)
    sizes = [3, 0, 1, 5]
    pooling, batch = POOLINGS[name](DIM), random_batch(sizes)
    weight = torch.randn(4, pooled_width(pooling, DIM))
    values = torch.randn(9, DIM)
    found = []
    for loop in (False, True):
        nodes = values.clone().requires_grad_()
        out = (
            torch.stack([naive(name, pooling, part) for part in nodes.split(sizes)])
            if loop
            else pooling(nodes, batch)
        )
        (out * weight).sum().backward()
        found.append(nodes.grad)
    assert found[1].abs().sum() > 0
    torch.testing.assert_close(found[0], found[1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", FREE)
def test_a_batch_of_empty_graphs_gives_zeros(name, random_batch):
    pooling = POOLINGS[name](DIM)
    out = pooling(torch.zeros(0, DIM), random_batch([0, 0]))
    assert out.equal(torch.zeros(2, pooled_width(pooling, DIM)))


def test_attention_survives_large_scores(random_batch):
    pooling = POOLINGS["attention"](DIM)
    torch.nn.init.constant_(pooling.score.weight, 1000.0)
    nodes = torch.randn(5, DIM)
    out = pooling(nodes, random_batch([2, 3]))
    best = [int(nodes[:2].sum(1).argmax()), 2 + int(nodes[2:].sum(1).argmax())]
    torch.testing.assert_close(out, nodes[best])


def naive_rooted(name, rows, centre):
    if name == "centre":
        return rows[centre]
    if name == "centre-mean":
        return torch.cat([rows[centre], sum(rows[1:], start=rows[0]) / len(rows)])
    raise AssertionError(f"write the naive form of {name}")


@pytest.mark.parametrize("name", ROOTED)
@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=6), seed=st.integers(0, 1000))
def test_readouts_of_the_centre_are_those_of_the_loop(name, random_batch, sizes, seed):
    torch.manual_seed(seed)
    pooling = POOLINGS[name](DIM)
    batch, centres = with_centres(random_batch(sizes, seed), sizes, seed)
    found = []
    weight = torch.randn(len(sizes), pooled_width(pooling, DIM))
    values = torch.randn(batch.num_nodes, DIM)
    for loop in (False, True):
        nodes = values.clone().requires_grad_()
        parts = zip(nodes.split(sizes), centres, strict=True)
        out = (
            torch.stack([naive_rooted(name, rows, centre) for rows, centre in parts])
            if loop
            else pooling(nodes, batch)
        )
        assert out.shape == weight.shape
        (out * weight).sum().backward()
        found.append((out.detach(), nodes.grad))
    torch.testing.assert_close(found[0], found[1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ROOTED)
def test_a_batch_without_centres_is_refused(name, random_batch):
    with pytest.raises(InputError, match="no centre"):
        POOLINGS[name](DIM)(torch.zeros(3, DIM), random_batch([3]))


def test_the_width_is_that_of_what_comes_out(random_batch):
    batch, _ = with_centres(random_batch([3, 2]), [3, 2])
    for name, pooling in POOLINGS.items():
        made = pooling(DIM)
        assert made(torch.zeros(5, DIM), batch).shape == (2, pooled_width(made, DIM)), name
