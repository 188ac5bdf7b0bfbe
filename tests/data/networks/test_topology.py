"""Descriptors of a network's shape against networkx and by hand."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.data.networks import topology as module
from graftwork.data.networks.topology import DESCRIPTORS, core_numbers, topology


def reference(network):
    graph = nx.Graph()
    graph.add_nodes_from(range(network.num_nodes))
    graph.add_edges_from(network.edge_index.tolist())
    return graph


@settings(deadline=None, max_examples=30)
@given(nodes=st.integers(1, 20), pairs=st.integers(0, 60), seed=st.integers(0, 99))
def test_like_networkx(make_network, nodes, pairs, seed):
    network = make_network(nodes, pairs, seed)
    graph = reference(network)
    found = dict(zip(DESCRIPTORS, topology(network).T, strict=True))
    degree = np.array([graph.degree[i] for i in range(nodes)])
    np.testing.assert_array_equal(found["degree"], degree)
    np.testing.assert_allclose(found["log_degree"], np.log1p(degree))
    around = [[degree[j] for j in graph[i]] or [0] for i in range(nodes)]
    np.testing.assert_allclose(
        found["mean_neighbour_degree"], np.log1p([np.mean(row) for row in around])
    )
    np.testing.assert_allclose(found["largest_neighbour_degree"], np.log1p(list(map(max, around))))
    clustering = nx.clustering(graph)
    np.testing.assert_allclose(found["clustering"], [clustering[i] for i in range(nodes)])
    triangles = nx.triangles(graph)
    np.testing.assert_allclose(found["triangles"], np.log1p([triangles[i] for i in range(nodes)]))
    core = nx.core_number(graph)
    assert core_numbers(network).tolist() == [core[i] for i in range(nodes)]
    np.testing.assert_allclose(found["core_number"], np.log1p([core[i] for i in range(nodes)]))
    near = [len(nx.ego_graph(graph, i, radius=2)) - 1 for i in range(nodes)]
    np.testing.assert_allclose(found["nodes_within_two_hops"], np.log1p(near))
    density = [nx.density(nx.ego_graph(graph, i)) for i in range(nodes)]
    np.testing.assert_allclose(found["density_of_neighbourhood"], density)


def test_blocks_change_nothing(make_network, monkeypatch):
    network = make_network(50, 150)
    whole = topology(network)
    assert whole.shape == (50, len(DESCRIPTORS))
    monkeypatch.setattr(module, "_WEDGES", 20)
    np.testing.assert_array_equal(topology(network), whole)


@pytest.mark.parametrize("pairs", [0, 200])
def test_nothing_is_infinite(make_network, pairs):
    assert np.isfinite(topology(make_network(12, pairs))).all()
