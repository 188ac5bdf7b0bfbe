"""Embeddings of nodes and edges against sums written out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.errors import InputError
from graftwork.graph.schema import CategoricalColumn, FeatureSchema
from graftwork.graph.shapes import with_empty_rows
from graftwork.nn.embedding import EdgeEmbedding, NodeEmbedding, _kinds, arriving_ids

SIZES = st.lists(st.integers(0, 6), min_size=1, max_size=5)


def per_edge_sum(module, batch):
    edges = module(batch.block)
    out = edges.new_zeros(batch.num_nodes, edges.shape[1])
    return out.index_add(0, batch.edge_index[1], edges)


def arrived(module, nodes, batch):
    """Add them the fast way, which works on rows filled up with empty ones."""
    return module.add_arriving(with_empty_rows(nodes), batch.block)[: len(nodes)]


def plainly(module, nodes, batch):
    """Add one edge after the other, and the self loops."""
    return nodes + per_edge_sum(module, batch) + module.self_loop()


@settings(max_examples=40, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 1000))
def test_arriving_edges_are_added_one_and_all(odd_schema, random_batch, sizes, seed):
    torch.manual_seed(seed)
    module, batch = EdgeEmbedding(odd_schema, 7), random_batch(sizes, seed)
    nodes = torch.randn(batch.num_nodes, 7)
    torch.testing.assert_close(
        arrived(module, nodes, batch), plainly(module, nodes, batch), atol=1e-5, rtol=1e-5
    )


def test_adding_arriving_edges_has_the_gradients_of_the_sum_over_edges(odd_schema, random_batch):
    batch = in_double(random_batch([5, 1, 0, 8]))
    module = EdgeEmbedding(odd_schema, 7).double()
    nodes = torch.randn(batch.num_nodes, 7, dtype=torch.float64, requires_grad=True)
    weight = torch.randn_like(nodes)
    gradients = []
    for forward in (
        lambda n, b: arrived(module, n, b),
        lambda n, b: plainly(module, n, b),
    ):
        module.zero_grad()
        nodes.grad = None
        (forward(nodes, batch) * weight).sum().backward()
        gradients.append([nodes.grad.clone(), *(p.grad.clone() for p in module.parameters())])
    assert len(gradients[0]) == 4
    for fast, slow in zip(*gradients, strict=True):
        assert slow.abs().sum() > 0
        torch.testing.assert_close(fast, slow)


def in_double(batch):
    return batch.map(lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)


def test_molecules_too(make_batch, nci, tiny_encoder):
    batch, module = make_batch(nci[:60]), tiny_encoder().convs[0].edges
    nodes = torch.randn(batch.num_nodes, module.self_loop().shape[0])
    torch.testing.assert_close(
        arrived(module, nodes, batch), plainly(module, nodes, batch), atol=1e-5, rtol=1e-5
    )


@settings(max_examples=40, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 1000))
def test_looking_up_kinds_is_looking_up_every_node(odd_schema, random_batch, sizes, seed):
    torch.manual_seed(seed)
    batch = in_double(random_batch(sizes, seed))
    module = NodeEmbedding(odd_schema, 5).double()
    weight = torch.randn(batch.num_nodes, 5, dtype=torch.float64)
    found = []
    for plain in (False, True):
        if plain:
            rows = sum(t(batch.node_cat[:, i]) for i, t in enumerate(module.tables))
            value = rows + module.linear(batch.node_x)
        else:
            value = module(batch.node_cat, batch.node_x)
        module.zero_grad()
        (value * weight).sum().backward()
        found.append([value.detach(), *(p.grad.clone() for p in module.parameters())])
    for fast, slow in zip(*found, strict=True):
        torch.testing.assert_close(fast, slow)


def test_vocabularies_may_be_too_large_for_codes():
    ids = torch.tensor([[3, 7], [3, 7], [2**39, 1]])
    kinds, bags = _kinds(ids, [2**40, 2**40])
    assert bags is None
    assert kinds.equal(ids)
    kinds, bags = _kinds(ids, [2**40, 8])
    assert kinds.tolist() == [[3, 7], [2**39, 1]]
    assert bags.index.tolist() == [0, 0, 1]


def test_counts_are_kept_on_the_block_but_not_confused_between_vocabularies(random_batch):
    batch = random_batch([4, 6], seed=3)
    first = arriving_ids(batch.block, [4, 6], [2, 1])
    assert arriving_ids(batch.block, [4, 6], [2, 1]) is first
    wider = arriving_ids(batch.block, [5, 7], [2, 1])
    assert arriving_ids(batch.block, [4, 6], [0, 0])[0].sum() == first[0].sum()
    assert wider.shape == (128, 12)
    for node in range(10):
        arriving = batch.edge_cat[batch.edge_index[1] == node]
        own = torch.tensor([[2, 1]])
        assert first[node].tolist() == [
            *torch.bincount(torch.cat([arriving, own])[:, 0], minlength=4).tolist(),
            *torch.bincount(torch.cat([arriving, own])[:, 1], minlength=6).tolist(),
        ]
        assert wider[node, :4].equal(first[node, :4])
        assert wider[node, 5:11].equal(first[node, 4:])


@pytest.mark.parametrize("kind", ["node", "edge"])
def test_an_embedding_is_the_tables_plus_a_linear_map(odd_schema, random_batch, kind):
    batch = random_batch([5, 3], seed=1)
    module = (NodeEmbedding if kind == "node" else EdgeEmbedding)(odd_schema, 4)
    ids, values = (
        (batch.node_cat, batch.node_x) if kind == "node" else (batch.edge_cat, batch.edge_x)
    )
    assert len(ids) > 3
    found = module(ids, values) if kind == "node" else module(batch.block)
    for row, (chosen, x) in enumerate(zip(ids, values, strict=True)):
        expected = module.tables[0].weight[chosen[0]] + module.tables[1].weight[chosen[1]]
        expected = expected + module.linear.weight @ x
        if kind == "node":
            expected = expected + module.linear.bias
        torch.testing.assert_close(found[row], expected)


def test_the_self_loop_uses_the_schemas_id(odd_schema):
    module = EdgeEmbedding(odd_schema, 4)
    expected = module.tables[0].weight[2] + module.tables[1].weight[1]
    assert module.self_loop().equal(expected)


def test_edges_without_columns_add_nothing(make_batch):
    batch = make_batch(["CCO", "C"])
    schema = FeatureSchema("bare", (CategoricalColumn("a", 3, 2),), ())
    bare = replace(batch, edge_cat=batch.edge_cat[:, :0])
    edges = EdgeEmbedding(schema, 4)
    assert edges(bare.block).shape == (len(bare.edge_cat), 4)
    assert edges.self_loop().abs().sum() == 0
    nodes = torch.randn(bare.num_nodes, 4)
    assert edges.add_arriving(nodes, bare.block).equal(nodes)


def test_nodes_without_columns_are_refused():
    with pytest.raises(InputError, match="no node column"):
        NodeEmbedding(FeatureSchema("bare", (), ()), 4)
