"""Distances, induced subgraphs and selections against loops over single graphs."""

from __future__ import annotations

from collections import deque
from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from graftwork.graph.batch import GraphBatch
from graftwork.graph.subgraph import drop_empty, hop_distance, induced, keep_edges, select_graphs

SIZES = st.lists(st.integers(0, 12), min_size=1, max_size=6)


def line(sizes, *, directed=False):
    """Paths of given numbers of nodes, as a batch without features."""
    ptr = torch.tensor([0, *torch.tensor(sizes).cumsum(0)])
    edges = [
        (a, a + 1)
        for start, size in zip(ptr.tolist(), sizes, strict=False)
        for a in range(start, start + size - 1)
    ]
    if not directed:
        edges = [pair for a, b in edges for pair in ((a, b), (b, a))]
    nodes = int(ptr[-1])
    return GraphBatch(
        node_cat=torch.arange(nodes)[:, None],
        node_x=torch.empty(nodes, 0),
        edge_index=torch.tensor(edges, dtype=torch.int64).reshape(-1, 2).T,
        edge_cat=torch.arange(len(edges))[:, None],
        edge_x=torch.empty(len(edges), 0),
        node_ptr=ptr,
        num_graphs=len(sizes),
    )


def naive_distance(batch, roots, max_hops, direction):
    """Breadth-first search with a queue."""
    neighbours = {node: set() for node in range(batch.num_nodes)}
    for a, b in batch.edge_index.T.tolist():
        if direction in ("out", "both"):
            neighbours[a].add(b)
        if direction in ("in", "both"):
            neighbours[b].add(a)
    distance, queue = dict.fromkeys(roots, 0), deque(roots)
    while queue:
        node = queue.popleft()
        for other in neighbours[node] - distance.keys():
            distance[other] = distance[node] + 1
            queue.append(other)
    return [
        distance[node] if distance.get(node, max_hops + 1) <= max_hops else -1
        for node in range(batch.num_nodes)
    ]


@settings(max_examples=60, deadline=None)
@given(
    sizes=SIZES,
    seed=st.integers(0, 99),
    hops=st.integers(0, 6),
    direction=st.sampled_from(["out", "in", "both"]),
    data=st.data(),
)
def test_distances_against_a_queue(random_batch, sizes, seed, hops, direction, data):
    batch = random_batch(sizes, seed)
    nodes = st.integers(0, max(batch.num_nodes - 1, 0))
    roots = data.draw(st.lists(nodes, max_size=4)) if batch.num_nodes else []
    found = hop_distance(batch, torch.tensor(roots, dtype=torch.int64), hops, direction)
    assert found.dtype == torch.int64
    assert found.tolist() == naive_distance(batch, roots, hops, direction)


def test_distances_along_paths():
    roots = torch.tensor([[1], [5]])  # of any shape
    assert hop_distance(line([4, 3]), roots, 2).tolist() == [1, 0, 1, 2, 1, 0, 1]
    assert hop_distance(line([4, 3]), roots, 1).tolist() == [1, 0, 1, -1, 1, 0, 1]
    arrows = line([4, 3], directed=True)
    assert hop_distance(arrows, roots, 9).tolist() == [-1, 0, 1, 2, -1, 0, 1]
    assert hop_distance(arrows, roots, 9, "in").tolist() == [1, 0, -1, -1, 1, 0, -1]
    assert hop_distance(arrows, roots, 9, "both").tolist() == [1, 0, 1, 2, 1, 0, 1]
    assert hop_distance(line([1]), torch.tensor([0]), 3).tolist() == [0]


def naive_induced(batch, keep):
    """Lists of what is left of every graph, one graph after the other."""
    nodes, edges, sizes, new = [], [], [], {}
    ptr = batch.node_ptr.tolist()
    for graph in range(batch.num_graphs):
        left = [node for node in range(ptr[graph], ptr[graph + 1]) if keep[node]]
        for node in left:
            new[node] = len(nodes)
            nodes.append(node)
        sizes.append(len(left))
    for place, (a, b) in enumerate(batch.edge_index.T.tolist()):
        if keep[a] and keep[b]:
            edges.append((place, new[a], new[b]))
    return nodes, edges, sizes


def check(part, batch, nodes, edges, sizes):
    assert part.num_graphs == len(sizes)
    assert part.node_ptr.diff().tolist() == sizes
    assert part.node_ptr[0] == 0
    assert part.node_cat.equal(batch.node_cat[nodes])
    assert part.node_x.equal(batch.node_x[nodes])
    places = [place for place, _, _ in edges]
    assert part.edge_cat.equal(batch.edge_cat[places])
    assert part.edge_x.equal(batch.edge_x[places])
    assert part.edge_index.T.tolist() == [[a, b] for _, a, b in edges]


def with_roots_and_labels(batch, seed):
    """Give every graph a label and a root inside it; no graph may be empty."""
    generator = torch.Generator().manual_seed(seed)
    size = batch.node_ptr.diff()
    rank = (torch.rand(batch.num_graphs, generator=generator) * size).long().minimum(size - 1)
    labels = torch.arange(batch.num_graphs, dtype=torch.float32)[:, None]
    return replace(batch, root=batch.node_ptr[:-1] + rank, y=labels)


@settings(max_examples=60, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 99), share=st.floats(0, 1))
def test_induced_subgraphs_against_loops(random_batch, sizes, seed, share):
    batch = random_batch(sizes, seed)
    keep = torch.rand(batch.num_nodes, generator=torch.Generator().manual_seed(seed)) < share
    part, old = induced(batch, keep)
    nodes, edges, left = naive_induced(batch, keep.tolist())
    assert old.tolist() == nodes
    check(part, batch, nodes, edges, left)
    assert part.root is None
    assert part.y is None


def test_roots_follow_their_nodes_and_labels_stay(random_batch):
    batch = with_roots_and_labels(random_batch([5, 4, 6], seed=3), 3)
    keep = torch.tensor([True, False] * 7 + [True])
    keep[batch.root] = True
    part, old = induced(batch, keep)
    assert old[part.root].equal(batch.root)
    assert part.y.equal(batch.y)
    keep[batch.root[1]] = False
    assert induced(batch, keep)[0].root is None


def test_all_nodes_induce_the_graphs_themselves_and_no_nodes_empty_ones(random_batch):
    batch = with_roots_and_labels(random_batch([5, 1, 6], seed=1), 1)
    same, old = induced(batch, torch.ones(12, dtype=torch.bool))
    assert old.tolist() == list(range(12))
    assert all(getattr(same, f.name) is not None for f in fields(batch))
    for item in fields(batch):
        value = getattr(batch, item.name)
        if isinstance(value, Tensor):
            assert getattr(same, item.name).equal(value), item.name
    nothing, old = induced(replace(batch, root=None), torch.zeros(12, dtype=torch.bool))
    assert nothing.node_ptr.tolist() == [0, 0, 0, 0]
    assert nothing.edge_index.shape == (2, 0)
    assert old.shape == (0,)


@settings(max_examples=40, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 99))
def test_selected_graphs_against_loops(random_batch, sizes, seed):
    batch = random_batch(sizes, seed)
    chosen = torch.rand(len(sizes), generator=torch.Generator().manual_seed(seed)) < 0.5
    part, old = select_graphs(batch, chosen)
    nodes, edges, left = naive_induced(batch, chosen[batch.graph_of_node].tolist())
    left = [size for size, kept in zip(left, chosen.tolist(), strict=True) if kept]
    assert old.tolist() == nodes
    check(part, batch, nodes, edges, left)
    full, which = drop_empty(batch)
    assert which.tolist() == [size > 0 for size in sizes]
    assert full.node_ptr.diff().tolist() == [size for size in sizes if size]
    assert full.edge_index.equal(batch.edge_index)


def test_selected_graphs_keep_their_labels_and_roots(random_batch):
    batch = with_roots_and_labels(random_batch([5, 4, 6, 2], seed=3), 5)
    part, old = select_graphs(batch, torch.tensor([False, True, False, True]))
    assert part.y.tolist() == [[1], [3]]
    assert old[part.root].equal(batch.root[[1, 3]])
    assert part.root.tolist() == [int(batch.root[1]) - 5, int(batch.root[3]) - 11]


def test_edges_are_kept_or_dropped_without_touching_the_nodes():
    batch = line([3, 2])
    part = keep_edges(batch, torch.tensor([True, False, False, True, False, True]))
    assert part.edge_index.T.tolist() == [[0, 1], [2, 1], [4, 3]]
    assert part.edge_cat.flatten().tolist() == [0, 3, 5]
    assert part.node_cat is batch.node_cat


@pytest.mark.parametrize("function", [induced, keep_edges, hop_distance])
def test_the_batch_is_not_changed(function, random_batch):
    batch = random_batch([5, 4], seed=2)
    before = batch.map(torch.clone)
    argument = {
        induced: (torch.arange(9) % 2 == 0,),
        keep_edges: (torch.arange(batch.edge_index.shape[1]) % 2 == 0,),
        hop_distance: (torch.tensor([0, 5]), 3),
    }[function]
    function(batch, *argument)
    for item in fields(batch):
        value = getattr(before, item.name)
        if isinstance(value, Tensor):
            assert getattr(batch, item.name).equal(value)
