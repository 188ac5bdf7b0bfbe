"""The GIN layer against a loop over nodes."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.nn.conv import GINConv


def naive(conv, nodes, batch):
    edges = conv.edges(batch)
    rows = []
    for i in range(batch.num_nodes):
        total = nodes[i] + conv.edges.self_loop()
        for k in range(edges.shape[0]):
            if batch.edge_index[1, k] == i:
                total = total + nodes[batch.edge_index[0, k]] + edges[k]
        rows.append(conv.mlp(total[None])[0])
    return torch.stack(rows)


@settings(max_examples=20, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=4).filter(any),
    seed=st.integers(0, 1000),
)
def test_the_formula(odd_schema, random_batch, sizes, seed):
    torch.manual_seed(seed)
    conv, batch = GINConv(odd_schema, 6), random_batch(sizes, seed)
    nodes = torch.randn(batch.num_nodes, 6)
    torch.testing.assert_close(conv(nodes, batch), naive(conv, nodes, batch), atol=1e-5, rtol=1e-5)


def test_gradients_with_respect_to_nodes_and_weights(odd_schema, random_batch):
    torch.manual_seed(0)
    conv, batch = GINConv(odd_schema, 6), random_batch([6, 4], seed=5)
    weight = torch.randn(10, 6)
    found = []
    for forward in (conv, lambda n, b: naive(conv, n, b)):
        conv.zero_grad()
        nodes = torch.linspace(-1, 1, 60).view(10, 6).requires_grad_()
        (forward(nodes, batch) * weight).sum().backward()
        found.append([nodes.grad, *(p.grad.clone() for p in conv.parameters())])
    for fast, slow in zip(*found, strict=True):
        torch.testing.assert_close(fast, slow, atol=1e-5, rtol=1e-5)


def test_a_directed_edge_carries_messages_one_way_only(odd_schema, random_batch):
    conv, batch = GINConv(odd_schema, 6), random_batch([7], seed=2)
    nodes = torch.randn(7, 6)
    source = int(batch.edge_index[0, 0])
    changed = nodes.clone()
    changed[source] += 1
    moved = (conv(nodes, batch) != conv(changed, batch)).any(1)
    reached = set(batch.edge_index[1, batch.edge_index[0] == source].tolist()) | {source}
    assert set(moved.nonzero()[:, 0].tolist()) == reached
    assert len(reached) < 7
