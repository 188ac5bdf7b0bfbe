"""Context prediction against loops over single graphs."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.graph.batch import GraphBatch
from graftwork.objectives import ContextPrediction
from graftwork.objectives.context_prediction import (
    ContextPredictionSettings,
    choose_centres,
    cut_contexts,
)
from graftwork.rng import torch_generator

SCHEMA = SCHEMAS["default"]
NEAR = {"k": 2, "r1": 1, "r2": 3}


def draws(seed=0):
    return torch_generator(seed, "masks")


def objective_for(schema, **chosen):
    torch.manual_seed(3)
    chosen = ContextPredictionSettings(**{**NEAR, **chosen})
    return ContextPrediction(schema, EncoderConfig(num_layers=2, dim=16), chosen).eval()


def naive_distances(batch, centre):
    neighbours = {}
    for a, b in batch.edge_index.T.tolist():
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    distance, queue = {centre: 0}, deque([centre])
    while queue:
        node = queue.popleft()
        for other in neighbours.get(node, set()) - distance.keys():
            distance[other] = distance[node] + 1
            queue.append(other)
    return distance


def piece(batch, nodes):
    """The subgraph on a list of nodes as a batch of one graph."""
    new = {node: place for place, node in enumerate(nodes)}
    kept = [k for k, (a, b) in enumerate(batch.edge_index.T.tolist()) if a in new and b in new]
    ends = [[new[a], new[b]] for a, b in batch.edge_index[:, kept].T.tolist()]
    return GraphBatch(
        node_cat=batch.node_cat[nodes],
        node_x=batch.node_x[nodes],
        edge_index=torch.tensor(ends, dtype=torch.int64).reshape(-1, 2).T,
        edge_cat=batch.edge_cat[kept],
        edge_x=batch.edge_x[kept],
        node_ptr=torch.tensor([0, len(nodes)]),
        num_graphs=1,
    )


def naive_pairs(batch, centres, k, r1, r2):
    """For every graph with anchors: centre, neighbourhood, context and anchors as lists."""
    pairs = []
    for centre in centres:
        distance = naive_distances(batch, centre)
        near = sorted(node for node, d in distance.items() if d <= k)
        ring = sorted(node for node, d in distance.items() if r1 < d <= r2)
        anchors = [node for node in ring if distance[node] <= k]
        if anchors:
            pairs.append((centre, near, ring, anchors))
    return pairs


def naive_loss(encoder, context_encoder, batch, centres, known):
    centre_of, anchors_of = [], []
    for centre, near, ring, anchors in naive_pairs(batch, centres, known.k, known.r1, known.r2):
        centre_of.append(encoder(piece(batch, near))[near.index(centre)])
        nodes = context_encoder(piece(batch, ring))
        anchors_of.append([nodes[ring.index(anchor)] for anchor in anchors])
    count, positive, negative = len(centre_of), [], []
    shifts = range(1, min(known.negatives, count - 1) + 1)
    for i in range(count):
        if known.mode == "cbow":
            positive.append(centre_of[i] @ (sum(anchors_of[i]) / len(anchors_of[i])))
            for shift in shifts:
                other = anchors_of[(i + shift) % count]
                negative.append(centre_of[i] @ (sum(other) / len(other)))
        else:
            for anchor in anchors_of[i]:
                positive.append(centre_of[i] @ anchor)
                negative += [centre_of[(i + shift) % count] @ anchor for shift in shifts]
    positive = [score / known.temperature for score in positive]
    negative = [score / known.temperature for score in negative]
    true = sum(-score.sigmoid().log() for score in positive) / len(positive)
    false = sum(-(-score).sigmoid().log() for score in negative) / len(negative)
    return true + len(shifts) * false, count, positive, negative


@pytest.mark.parametrize("mode", ["cbow", "skipgram"])
@pytest.mark.parametrize("context_encoder", ["separate", "shared"])
@pytest.mark.parametrize("negatives", [1, 3, 99])
def test_the_loss_against_loops(
    mode, context_encoder, negatives, random_batch, odd_schema, tiny_encoder
):
    batch, encoder = random_batch([12, 1, 9, 0, 14, 8, 10], seed=5), tiny_encoder(odd_schema).eval()
    objective = objective_for(
        odd_schema,
        mode=mode,
        context_encoder=context_encoder,
        negatives=negatives,
        temperature=1.0 if negatives == 1 else 2.5,
    )
    whole = replace(batch, root=torch.tensor([3, 12, 15, 22, 30, 38, 45]))
    other = encoder if context_encoder == "shared" else objective.context_encoder
    centres = [3, 12, 15, 30, 38, 45]
    loss, count, positive, negative = naive_loss(encoder, other, batch, centres, objective.settings)
    found = objective(encoder, whole, draws())
    assert 3 <= count < 6
    torch.testing.assert_close(found.loss, loss, atol=1e-4, rtol=1e-4)
    assert found.logs["graphs_used"] == count
    right = torch.tensor([score > 0 for score in positive]).float().mean()
    assert found.logs["accuracy/positive"].item() == pytest.approx(right.item())
    right = torch.tensor([score < 0 for score in negative]).float().mean()
    assert found.logs["accuracy/negative"].item() == pytest.approx(right.item())


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 14), min_size=1, max_size=6),
    seed=st.integers(0, 99),
    radii=st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(1, 5)).filter(
        lambda radii: radii[1] < min(radii[0], radii[2])
    ),
)
def test_what_is_cut_out_against_loops(random_batch, sizes, seed, radii):
    batch = choose_centres(random_batch(sizes, seed), draws(seed))
    batch = replace(batch, node_x=torch.arange(batch.num_nodes)[:, None].float())
    found = cut_contexts(batch, *radii)
    expected = naive_pairs(batch, batch.root.tolist(), *radii)
    near, ring = found.neighbourhood, found.context
    assert near.num_graphs == ring.num_graphs == len(expected)
    assert near.node_x.flatten().tolist() == [node for pair in expected for node in pair[1]]
    assert ring.node_x.flatten().tolist() == [node for pair in expected for node in pair[2]]
    assert near.node_ptr.diff().tolist() == [len(pair[1]) for pair in expected]
    assert ring.node_ptr.diff().tolist() == [len(pair[2]) for pair in expected]
    assert near.node_x[near.root].flatten().tolist() == [pair[0] for pair in expected]
    anchors = ring.node_x[found.anchor].flatten().tolist()
    assert anchors == [node for pair in expected for node in pair[3]]


def test_radii_on_a_path_of_nine_atoms(make_batch):
    """The centre is one end; a context starts one hop beyond r1 and ends at r2."""
    batch = replace(make_batch(["CCCCCCCCC"]), root=torch.tensor([0]))
    batch = replace(batch, node_x=torch.arange(9.0)[:, None])
    near, ring, anchor = cut_contexts(batch, 5, 4, 7)
    assert near.node_x.flatten().tolist() == [0, 1, 2, 3, 4, 5]
    assert ring.node_x.flatten().tolist() == [5, 6, 7]
    assert anchor.tolist() == [True, False, False]


def test_a_centre_is_any_node_of_its_graph(random_batch):
    batch, generator = random_batch([1, 4, 3]), draws()
    times = torch.zeros(8)
    for _ in range(1200):
        times[choose_centres(batch, generator).root] += 1
    assert times[0] == 1200
    assert ((times[1:5] / 1200 - 1 / 4).abs() < 0.05).all()
    assert ((times[5:] / 1200 - 1 / 3).abs() < 0.05).all()
    rooted = replace(batch, root=torch.tensor([0, 2, 7]))
    assert choose_centres(rooted, generator).root.tolist() == [0, 2, 7]


def test_embeddings_of_zero_give_the_closed_form(make_batch, nci, tiny_encoder):
    encoder = tiny_encoder()
    nn.init.zeros_(encoder.norms[-1].weight)
    nn.init.zeros_(encoder.norms[-1].bias)
    for negatives in (1, 4):
        found = objective_for(SCHEMA, negatives=negatives)(encoder, make_batch(nci[:20]), draws())
        assert found.loss.item() == pytest.approx((1 + negatives) * math.log(2), rel=1e-5)


def reordered(batch, order):
    """The same rooted graphs in another order."""
    ptr, pieces, roots, offset = batch.node_ptr.tolist(), [], [], 0
    for graph in order:
        pieces.append(piece(batch, list(range(ptr[graph], ptr[graph + 1]))))
        roots.append(int(batch.root[graph]) - ptr[graph] + offset)
        offset += pieces[-1].num_nodes
    starts = torch.tensor([0, *torch.tensor([p.num_nodes for p in pieces]).cumsum(0)])
    edges = [p.edge_index + start for p, start in zip(pieces, starts[:-1], strict=True)]
    return GraphBatch(
        node_cat=torch.cat([p.node_cat for p in pieces]),
        node_x=torch.cat([p.node_x for p in pieces]),
        edge_index=torch.cat(edges, 1),
        edge_cat=torch.cat([p.edge_cat for p in pieces]),
        edge_x=torch.cat([p.edge_x for p in pieces]),
        node_ptr=starts,
        num_graphs=len(order),
        root=torch.tensor(roots),
    )


@pytest.mark.parametrize("mode", ["cbow", "skipgram"])
def test_with_all_contexts_as_false_ones_the_order_does_not_matter(
    mode, random_batch, odd_schema, tiny_encoder
):
    batch = choose_centres(random_batch([12, 9, 14, 8, 10], seed=7), draws())
    encoder = tiny_encoder(odd_schema).eval()
    objective = objective_for(odd_schema, mode=mode, negatives=99)
    first = objective(encoder, batch, draws())
    second = objective(encoder, reordered(batch, [3, 0, 4, 2, 1]), draws())
    assert first.logs["graphs_used"] > 2
    torch.testing.assert_close(first.loss, second.loss, atol=1e-5, rtol=1e-5)


def test_graphs_without_anchors_change_nothing(make_batch, nci, tiny_encoder):
    """Not even what batch normalisation sees."""
    batch, encoder = make_batch(nci[:8]), tiny_encoder()
    more = make_batch([*nci[:8], "C", "CO", "[Na+].[Cl-]"])
    centres = choose_centres(batch, draws()).root
    extra = torch.tensor([batch.num_nodes + start for start in (0, 1, 3)])
    torch.manual_seed(0)
    objective = objective_for(SCHEMA).train()
    alone = objective(encoder, replace(batch, root=centres), draws())
    together = objective(encoder, replace(more, root=torch.cat([centres, extra])), draws())
    torch.testing.assert_close(together.loss, alone.loss)


def test_a_graph_without_nodes_changes_nothing(random_batch, odd_schema, tiny_encoder):
    batch, encoder = random_batch([12, 9, 14], seed=7), tiny_encoder(odd_schema).eval()
    ptr = batch.node_ptr
    more = replace(batch, node_ptr=ptr[[0, 0, 1, 1, 2, 3]], num_graphs=5)
    found = [objective_for(odd_schema)(encoder, each, draws()) for each in (batch, more)]
    assert found[0].logs["graphs_used"] > 1
    assert found[0].loss.equal(found[1].loss)


@pytest.mark.parametrize("smiles", [["C", "CO"], ["CCCCCC", "C"]])
def test_without_two_contexts_there_is_nothing_to_learn(smiles, make_batch, tiny_encoder):
    encoder, objective = tiny_encoder(), objective_for(SCHEMA)
    before = {name: value.clone() for name, value in encoder.named_buffers()}
    found = objective(encoder, make_batch(smiles), draws())
    found.loss.backward()
    assert found.loss.item() == 0
    assert found.logs["graphs_used"] == 0
    for parameter in (*encoder.parameters(), *objective.parameters()):
        assert not parameter.grad.any()
    assert all(value.equal(before[name]) for name, value in encoder.named_buffers())


def test_the_context_encoder_is_as_deep_as_the_ring_is_wide():
    objective = ContextPrediction(SCHEMA, EncoderConfig(dim=16), ContextPredictionSettings())
    assert objective.context_encoder.config == EncoderConfig(dim=16, num_layers=3)
    shared = objective_for(SCHEMA, context_encoder="shared")
    assert list(shared.parameters()) == []
