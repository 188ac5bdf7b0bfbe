"""Ego networks against a walk that is written down node by node."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.data.loader import load_batch
from graftwork.data.networks import both_directions, ego, ego_store
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.pack import PackedGraphs

QUICK = settings(deadline=None, max_examples=40)


def distances(network, centre, hops):
    """Distance of every node from which ``centre`` can be reached in ``hops`` steps."""
    found, queue = {centre: 0}, deque([centre])
    while queue:
        node = queue.popleft()
        if found[node] == hops:
            continue
        for source, target in network.edge_index.tolist():
            if target == node and source not in found:
                found[source] = found[node] + 1
                queue.append(source)
    return found


def graph(store, position):
    taken = store.graphs.take([position])
    return {name: np.asarray(values) for name, values in taken.arrays().items()}


@QUICK
@given(
    nodes=st.integers(1, 14),
    pairs=st.integers(0, 25),
    hops=st.integers(1, 3),
    seed=st.integers(0, 999),
)
def test_it_is_the_breadth_first_search(make_network, nodes, pairs, hops, seed):
    network = make_network(nodes, pairs, seed)
    store = ego_store(network, hops=hops, distance=True)
    assert len(store) == nodes
    assert store.row.tolist() == list(range(nodes))
    edges = [tuple(pair) for pair in network.edge_index.tolist()]
    for centre in range(nodes):
        found, wanted = graph(store, centre), distances(network, centre, hops)
        order = sorted(wanted, key=lambda node: (wanted[node], node))
        assert found["root"].tolist() == [0]
        assert order[0] == centre
        np.testing.assert_array_equal(found["node_x"], network.node_x[order])
        np.testing.assert_array_equal(found["node_cat"][:, 0], network.node_cat[order, 0])
        assert found["node_cat"][:, 1].tolist() == [wanted[node] for node in order]
        place = {node: i for i, node in enumerate(order)}
        expected = {
            (place[s], place[t]): i for i, (s, t) in enumerate(edges) if s in place and t in place
        }
        assert [tuple(pair) for pair in found["edge_index"].tolist()] == sorted(
            expected, key=lambda pair: (pair[1], expected[pair])
        )
        ids = [expected[tuple(pair)] for pair in found["edge_index"].tolist()]
        np.testing.assert_array_equal(found["edge_cat"], network.edge_cat[ids])
        np.testing.assert_array_equal(found["edge_x"], network.edge_x[ids])


@QUICK
@given(most=st.integers(1, 30), seed=st.integers(0, 99))
def test_the_limit_takes_nearer_hops_first(make_network, most, seed):
    network = make_network(40, 80, seed)
    whole = ego_store(network, hops=3, distance=True)
    capped = ego_store(network, hops=3, max_nodes=most, seed=seed, distance=True)
    sizes = np.diff(whole.graphs.node_ptr)
    np.testing.assert_array_equal(np.diff(capped.graphs.node_ptr), np.minimum(sizes, most))
    for centre in range(40):
        all_of = distances(network, centre, 3)
        hops = graph(capped, centre)["node_cat"][:, 1].tolist()
        assert hops == sorted(all_of.values())[:most]


def test_the_draw_depends_on_seed_centre_and_node_alone(make_network, monkeypatch):
    network = make_network(60, 200, 1)
    whole = ego_store(network, max_nodes=8, seed=3)
    rows = [7, 3, 59, 3]
    some = ego_store(network, rows, max_nodes=8, seed=3)
    assert some.row.tolist() == rows
    for position, row in enumerate(rows):
        for name, values in graph(some, position).items():
            np.testing.assert_array_equal(values, graph(whole, row)[name], err_msg=name)
    other = ego_store(network, max_nodes=8, seed=4)
    assert not np.array_equal(other.graphs.node_x.ids, whole.graphs.node_x.ids)
    for name in ("_CELLS", "_WALKS"):  # cut into many chunks
        monkeypatch.setattr(ego, name, 100)
    assert len(list(ego._chunks(network.edge_ptr, network.edge_index[:, 0], whole.row, 2))) > 20
    assert_same(ego_store(network, max_nodes=8, seed=3), whole)


def assert_same(one, other):
    for name, values in one.graphs.arrays().items():
        np.testing.assert_array_equal(
            np.asarray(values), np.asarray(other.graphs.arrays()[name]), err_msg=name
        )


def test_every_node_of_a_hop_is_drawn_about_as_often(make_network):
    """A star: the centre and 7 of 40 others."""
    network = make_network(41, 0)
    star = np.array([[0, i] for i in range(1, 41)])
    pairs, _ = both_directions(star, 41)
    network = type(network)(
        **{
            **vars(network),
            "edge_index": pairs,
            "edge_cat": np.zeros((80, 1), np.uint8),
            "edge_x": np.zeros((80, 1), np.float32),
        }
    )
    counts = np.zeros(41)
    for seed in range(400):
        store = ego_store(network, [0], max_nodes=8, seed=seed)
        counts[store.graphs.node_x.ids] += 1
    assert counts[0] == 400
    assert counts.sum() == 3200
    assert abs(counts[1:] - 70).max() < 4.5 * np.sqrt(400 * 7 / 40 * 33 / 40)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_deep_enough_ego_network_embeds_its_centre_as_the_whole_network_does(
    make_network, tiny_encoder, layers
):
    network = make_network(50, 70, 2)
    encoder = tiny_encoder(network.schema, num_layers=layers)
    whole = GraphBatch.from_packed(
        PackedGraphs(
            node_ptr=np.array([0, 50]),
            edge_ptr=np.array([0, len(network.edge_index)]),
            node_cat=network.node_cat,
            node_x=network.node_x,
            edge_index=network.edge_index,
            edge_cat=network.edge_cat,
            edge_x=network.edge_x,
            root=np.array([-1]),
        )
    )
    with torch.no_grad():
        for _ in range(5):
            encoder.train()(whole)  # so that batch normalisation does something
        encoder.eval()
        wanted = encoder(whole)
        batch = load_batch(ego_store(network, hops=layers), np.arange(50))
        found = encoder(batch)[batch.root]
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
        if layers > 1:
            near = load_batch(ego_store(network, hops=layers - 1), np.arange(50))
            assert abs(encoder(near)[near.root] - wanted).max() > 1e-3


def test_features_are_not_copied_per_ego_network(make_network):
    network = make_network(30, 60, words=500)
    store = ego_store(network)
    assert store.graphs.node_x.table is network.node_x
    assert store.graphs.node_x.shape == (store.graphs.node_ptr[-1], 500)
    store._check_shapes()
    taken = store.graphs.take([4, 4])
    assert isinstance(taken.node_x, np.ndarray)
    taken.node_x[...] = 0
    assert network.node_x.all()


def test_nothing_asked_for_is_an_empty_store(make_network):
    store = ego_store(make_network(), [])
    assert len(store) == 0
    assert store.graphs.num_graphs == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rows": [40]}, "no node"),
        ({"rows": [-1]}, "no node"),
        ({"hops": 0}, "0 hops"),
        ({"max_nodes": -1}, "at most -1 nodes"),
    ],
)
def test_what_makes_no_sense_is_refused(make_network, settings, message):
    with pytest.raises(InputError, match=message):
        ego_store(make_network(), **settings)


def test_the_schema_says_how_the_ego_networks_were_cut(make_network):
    network = make_network()
    store = ego_store(network, hops=3, max_nodes=9, distance=True)
    assert store.schema.options == {"hops": 3, "max_nodes": 9, "seed": 0, "distance": True}
    column = store.schema.node_cat[-1]
    assert (column.name, column.size, column.mask) == ("distance_to_centre", 5, 4)
    assert ego_store(network).schema.node_cat == network.schema.node_cat
