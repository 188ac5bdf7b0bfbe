"""Embeddings of nodes and edges against sums written out."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.errors import InputError
from graftwork.graph.schema import CategoricalColumn, FeatureSchema
from graftwork.nn.embedding import EdgeEmbedding, NodeEmbedding, arriving_ids

SIZES = st.lists(st.integers(0, 6), min_size=1, max_size=5)


def per_edge_sum(module, batch):
    out = torch.zeros(batch.num_nodes, module(batch).shape[1])
    return out.index_add(0, batch.edge_index[1], module(batch))


@settings(max_examples=40, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 1000))
def test_summed_equals_the_sum_over_arriving_edges(odd_schema, random_batch, sizes, seed):
    torch.manual_seed(seed)
    module, batch = EdgeEmbedding(odd_schema, 7), random_batch(sizes, seed)
    torch.testing.assert_close(
        module.summed(batch), per_edge_sum(module, batch), atol=1e-5, rtol=1e-5
    )


def test_summed_has_the_gradients_of_the_sum_over_edges(odd_schema, random_batch):
    module, batch = EdgeEmbedding(odd_schema, 7), random_batch([5, 1, 0, 8])
    weight = torch.randn(batch.num_nodes, 7)
    gradients = []
    for forward in (module.summed, lambda b: per_edge_sum(module, b)):
        module.zero_grad()
        (forward(batch) * weight).sum().backward()
        gradients.append([p.grad.clone() for p in module.parameters()])
    assert len(gradients[0]) == 3
    for fast, slow in zip(*gradients, strict=True):
        assert slow.abs().sum() > 0
        torch.testing.assert_close(fast, slow, atol=1e-5, rtol=1e-5)


def test_molecules_too(make_batch, nci, tiny_encoder):
    batch, module = make_batch(nci[:60]), tiny_encoder().convs[0].edges
    torch.testing.assert_close(
        module.summed(batch), per_edge_sum(module, batch), atol=1e-5, rtol=1e-5
    )


def test_counts_are_kept_on_the_batch_but_not_confused_between_vocabularies(random_batch):
    batch = random_batch([4, 6], seed=3)
    first = arriving_ids(batch, [4, 6])
    assert arriving_ids(batch, [4, 6]) is first
    wider = arriving_ids(batch, [5, 7])
    assert wider.shape == (10, 12)
    for node in range(10):
        arriving = batch.edge_cat[batch.edge_index[1] == node]
        assert first[node].tolist() == [
            *torch.bincount(arriving[:, 0], minlength=4).tolist(),
            *torch.bincount(arriving[:, 1], minlength=6).tolist(),
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
    for row, (chosen, x) in enumerate(zip(ids, values, strict=True)):
        expected = module.tables[0].weight[chosen[0]] + module.tables[1].weight[chosen[1]]
        expected = expected + module.linear.weight @ x
        if kind == "node":
            expected = expected + module.linear.bias
        torch.testing.assert_close(module(batch)[row], expected)


def test_the_self_loop_uses_the_schemas_id(odd_schema):
    module = EdgeEmbedding(odd_schema, 4)
    expected = module.tables[0].weight[2] + module.tables[1].weight[1]
    assert module.self_loop().equal(expected)


def test_edges_without_columns_add_nothing(make_batch):
    from dataclasses import replace

    batch = make_batch(["CCO", "C"])
    schema = FeatureSchema("bare", (CategoricalColumn("a", 3, 2),), ())
    bare = replace(batch, edge_cat=batch.edge_cat[:, :0])
    edges = EdgeEmbedding(schema, 4)
    assert edges(bare).shape == (len(bare.edge_cat), 4)
    assert edges.self_loop().abs().sum() == 0
    assert edges.summed(bare).tolist() == [[0.0] * 4] * bare.num_nodes


def test_nodes_without_columns_are_refused():
    with pytest.raises(InputError, match="no node column"):
        NodeEmbedding(FeatureSchema("bare", (), ()), 4)
