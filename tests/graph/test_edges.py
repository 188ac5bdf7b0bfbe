"""From nodes to edges and back against plain indexing."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.graph.edges import gather_sources, gather_targets, sum_incoming

SIZES = st.lists(st.integers(0, 6), min_size=1, max_size=5)
PLAIN = {
    gather_sources: lambda nodes, batch: nodes[batch.edge_index[0]],
    gather_targets: lambda nodes, batch: nodes[batch.edge_index[1]],
    sum_incoming: lambda rows, batch: rows.new_zeros(batch.num_nodes, 3).index_add(
        0, batch.edge_index[1], rows
    ),
}


@pytest.mark.parametrize("function", PLAIN)
@settings(max_examples=30, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 1000))
def test_values_and_gradients(random_batch, function, sizes, seed):
    batch = random_batch(sizes, seed)
    edges = batch.edge_index.shape[1]
    count = edges if function is sum_incoming else batch.num_nodes
    rows = torch.randn(count, 3, generator=torch.Generator().manual_seed(seed))
    found = []
    for compute in (function, PLAIN[function]):
        leaf = rows.clone().requires_grad_()
        out = compute(leaf, batch)
        (out * torch.arange(out.numel()).view_as(out).cos()).sum().backward()
        found.append((out.detach(), leaf.grad))
    torch.testing.assert_close(*found)


def test_the_order_of_the_edges_is_kept_on_the_batch_and_not_carried_to_another(random_batch):
    batch = random_batch([4, 3], 1)
    gather_sources(torch.zeros(7, 1), batch)
    kept = batch.__dict__["_ends_0"]
    gather_sources(torch.ones(7, 1), batch)
    assert batch.__dict__["_ends_0"] is kept
    assert "_ends_0" not in batch.map(lambda value: value).__dict__
