"""From inputs to edges to outputs against plain indexing, for whole batches and parts of them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.graph.reach import reach
from graftwork.graph.segment import bag_sum

SIZES = st.lists(st.integers(0, 6), min_size=1, max_size=5).filter(any)


def own(block):
    return torch.arange(block.num_inputs) if block.own is None else block.own


def summed(rows, index, count):
    return rows.new_zeros(count, rows.shape[1]).index_add(0, index, rows)


CASES = {
    "gather_sources": (
        lambda block: block.num_inputs,
        lambda rows, block: block.gather_sources(rows),
        lambda rows, block: rows[block.edge_index[0]],
    ),
    "gather_targets": (
        lambda block: block.num_outputs,
        lambda rows, block: block.gather_targets(rows),
        lambda rows, block: rows[block.edge_index[1]],
    ),
    "sum_incoming": (
        lambda block: block.num_edges,
        lambda rows, block: block.sum_incoming(rows),
        lambda rows, block: summed(rows, block.edge_index[1], block.num_outputs),
    ),
    "incoming_and_self": (
        lambda block: block.num_inputs,
        lambda rows, block: bag_sum(rows, block.incoming_and_self)[: block.num_outputs],
        lambda rows, block: (
            summed(rows[block.edge_index[0]], block.edge_index[1], block.num_outputs)
            + rows[own(block)]
        ),
    ),
    "own_rows": (
        lambda block: block.num_inputs,
        lambda rows, block: block.own_rows(rows),
        lambda rows, block: rows[own(block)],
    ),
}


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=30, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 1000), part=st.booleans())
def test_values_and_gradients(random_batch, name, sizes, seed, part):
    batch = random_batch(sizes, seed)
    block = reach(batch, 2, torch.tensor([0]), merge=False).blocks[0] if part else batch.block
    count, *ways = CASES[name]
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(count(block), 3, generator=generator, dtype=torch.float64)
    found = []
    for compute in ways:
        leaf = rows.clone().requires_grad_()
        out = compute(leaf, block)
        (out * torch.arange(out.numel()).view_as(out).cos()).sum().backward()
        found.append((out.detach(), leaf.grad))
    torch.testing.assert_close(*found)


def test_the_order_of_the_edges_is_kept_on_the_batch_and_not_carried_to_another(random_batch):
    batch = random_batch([4, 3], 1)
    kept = batch.block.incoming_and_self
    assert batch.block.incoming_and_self is kept
    assert batch.map(lambda value: value).block.incoming_and_self is not kept
