"""Every message-passing layer: its formula, its gradients, what holds for all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_convs import NAIVE

from graftwork.graph.reach import reach
from graftwork.graph.schema import CategoricalColumn, FeatureSchema
from graftwork.nn.conv import CONVS

DIM = 6  # GATv2 has two heads there


def make(name, schema, dim=DIM, seed=0):
    """A layer whose every weight is random, those that start at 0 included."""
    torch.manual_seed(seed)
    conv = CONVS[name](schema, dim)
    with torch.no_grad():
        for value in conv.parameters():
            if not value.any():
                value.normal_()
    return conv


def test_every_layer_has_a_naive_version():
    assert NAIVE.keys() == CONVS.keys()


@pytest.mark.parametrize("name", CONVS)
@settings(max_examples=15, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=4).filter(any),
    seed=st.integers(0, 1000),
)
def test_the_formula(odd_schema, random_batch, name, sizes, seed):
    """On directed graphs with self loops, double edges and nodes without any."""
    conv, batch = make(name, odd_schema, seed=seed), random_batch(sizes, seed)
    nodes = torch.randn(batch.num_nodes, DIM)
    torch.testing.assert_close(
        conv(nodes, batch.block), NAIVE[name](conv, nodes, batch.block), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("name", CONVS)
@settings(max_examples=15, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=4).filter(any),
    seed=st.integers(0, 1000),
)
def test_the_formula_where_only_some_nodes_are_wanted(odd_schema, random_batch, name, sizes, seed):
    conv, batch = make(name, odd_schema, seed=seed), random_batch(sizes, seed)
    wanted = torch.randint(batch.num_nodes, (2,))
    (block,) = reach(batch, 1, wanted, merge=False).blocks
    nodes = torch.randn(block.num_inputs, DIM)
    torch.testing.assert_close(
        conv(nodes, block), NAIVE[name](conv, nodes, block), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("dim", [1, 4, 5, 8])
@pytest.mark.parametrize("name", CONVS)
def test_other_widths(odd_schema, random_batch, name, dim):
    """GATv2 splits them into 1, 4, 1 and 4 heads."""
    conv, batch = make(name, odd_schema, dim), random_batch([5, 3], 1)
    nodes = torch.randn(8, dim)
    torch.testing.assert_close(
        conv(nodes, batch.block), NAIVE[name](conv, nodes, batch.block), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("name", CONVS)
def test_gradients_with_respect_to_nodes_and_weights(odd_schema, random_batch, name):
    conv, batch = make(name, odd_schema), random_batch([6, 4], seed=5)
    weight = torch.randn(10, DIM)
    found = []
    for forward in (conv, lambda n, b: NAIVE[name](conv, n, b)):
        conv.zero_grad()
        nodes = torch.linspace(-1, 1, 60).view(10, 6).sin().requires_grad_()
        (forward(nodes, batch.block) * weight).sum().backward()
        found.append([nodes.grad, *(p.grad.clone() for p in conv.parameters())])
    for fast, slow in zip(*found, strict=True):
        assert slow.abs().sum() > 0
        torch.testing.assert_close(fast, slow, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", CONVS)
def test_a_directed_edge_carries_messages_one_way_only(odd_schema, random_batch, name):
    conv, batch = make(name, odd_schema), random_batch([7], seed=2)
    nodes = torch.randn(7, DIM)
    source = int(batch.edge_index[0, 0])
    changed = nodes.clone()
    changed[source] += 1
    moved = (conv(nodes, batch.block) - conv(changed, batch.block)).abs().amax(1) > 1e-7
    reached = set(batch.edge_index[1, batch.edge_index[0] == source].tolist()) | {source}
    assert set(moved.nonzero()[:, 0].tolist()) == reached
    assert len(reached) < 7


@pytest.mark.parametrize("name", CONVS)
def test_a_batch_equals_its_graphs_one_by_one(make_batch, nci, tiny_encoder, name):
    conv = tiny_encoder(conv=name).convs[0]
    texts = [*nci[:12], "C", "[Na+].[Cl-]"]
    batch = make_batch(texts)
    nodes = torch.randn(batch.num_nodes, 16)
    apart = [
        conv(part, make_batch([text]).block)
        for text, part in zip(texts, nodes.split(batch.node_ptr.diff().tolist()), strict=True)
    ]
    torch.testing.assert_close(conv(nodes, batch.block), torch.cat(apart), atol=1e-5, rtol=1e-5)


def without_edges(batch):
    return replace(
        batch,
        edge_index=batch.edge_index[:, :0],
        edge_cat=batch.edge_cat[:0],
        edge_x=batch.edge_x[:0],
    )


@pytest.mark.parametrize("name", CONVS)
def test_nodes_without_edges_have_finite_values_and_gradients(odd_schema, random_batch, name):
    conv, batch = make(name, odd_schema), without_edges(random_batch([1, 3]))
    nodes = torch.randn(4, DIM, requires_grad=True)
    out = conv(nodes, batch.block)
    torch.testing.assert_close(out, NAIVE[name](conv, nodes, batch.block), atol=1e-5, rtol=1e-5)
    out.square().sum().backward()
    assert all(p.grad.isfinite().all() for p in (nodes, *conv.parameters()) if p.grad is not None)


@pytest.mark.parametrize("name", CONVS)
def test_no_nodes_at_all(odd_schema, random_batch, name):
    assert make(name, odd_schema)(torch.zeros(0, DIM), random_batch([0]).block).shape == (0, DIM)


@pytest.mark.parametrize("name", CONVS)
def test_a_schema_without_edge_columns(random_batch, name):
    schema = FeatureSchema("bare", (CategoricalColumn("a", 5, 4),), ())
    batch = random_batch([4, 2], 3)
    batch = replace(batch, edge_cat=batch.edge_cat[:, :0], edge_x=batch.edge_x[:, :0])
    conv, nodes = make(name, schema), torch.randn(6, DIM)
    torch.testing.assert_close(
        conv(nodes, batch.block), NAIVE[name](conv, nodes, batch.block), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("name", CONVS)
def test_bfloat16_autocast_stays_close_and_trains(odd_schema, random_batch, name):
    conv, batch = make(name, odd_schema, 8), random_batch([6, 5], 4)
    nodes = torch.randn(11, 8)
    exact = conv(nodes, batch.block)
    with torch.autocast("cpu", torch.bfloat16):
        out = conv(
            conv(nodes, batch.block), batch.block
        )  # the second layer reads what the first wrote
        rough = conv(nodes, batch.block)
        loss = out.float().square().mean()
    loss.backward()
    torch.testing.assert_close(rough.float(), exact, atol=0.1, rtol=0.1)
    assert all(p.grad.isfinite().all() for p in conv.parameters())


@pytest.mark.parametrize("name", CONVS)
def test_attention_and_normalisation_survive_large_numbers(odd_schema, random_batch, name):
    conv, batch = make(name, odd_schema), random_batch([6], 4)
    assert conv(1e6 * torch.randn(6, DIM), batch.block).isfinite().all()


def test_rows_of_graphsage_have_length_one(odd_schema, random_batch):
    conv, batch = make("graphsage", odd_schema), random_batch([6, 5], 4)
    length = conv(torch.randn(11, DIM), batch.block).norm(dim=1)
    torch.testing.assert_close(length, torch.ones(11))


@pytest.mark.parametrize("name", ["gcn", "gat", "gatv2"])
def test_the_weights_of_equal_neighbours_sum_to_one(odd_schema, random_batch, name):
    conv, batch = make(name, odd_schema), random_batch([5], 1)
    index = torch.tensor([[0, 1, 2, 3, 4], [1, 2, 3, 4, 0]])  # a directed ring: every degree is 2
    batch = replace(
        batch,
        edge_index=index,
        edge_cat=torch.zeros(5, 2, dtype=torch.long),
        edge_x=torch.zeros(5, 2),
    )
    with torch.no_grad():
        for value in conv.edges.parameters():
            value.zero_()
    nodes = torch.ones(5, DIM)
    linear = conv.source if name == "gatv2" else conv.linear
    expected = linear(nodes)
    if name == "gat":
        expected = expected.view(5, 2, DIM).mean(1)
    if name != "gcn":
        expected = expected + conv.bias
    torch.testing.assert_close(conv(nodes, batch.block), expected)
