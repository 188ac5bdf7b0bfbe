"""Edge prediction against loops over pairs of nodes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.graph.subgraph import keep_edges
from graftwork.objectives import EdgePrediction
from graftwork.objectives.edge_prediction import (
    EdgePredictionSettings,
    joined_pairs,
    unjoined_pairs,
    without_pairs,
)
from graftwork.rng import torch_generator

SCHEMA = SCHEMAS["default"]
SIZES = st.lists(st.integers(0, 12), min_size=1, max_size=6)


def draws(seed=0):
    return torch_generator(seed, "masks")


def objective_for(schema, **chosen):
    return EdgePrediction(schema, EncoderConfig(dim=16), EdgePredictionSettings(**chosen))


def naive_pairs(batch):
    return sorted(
        {tuple(sorted(edge)) for edge in batch.edge_index.T.tolist() if len(set(edge)) > 1}
    )


@settings(max_examples=40, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 99))
def test_joined_pairs_against_a_set(random_batch, sizes, seed):
    batch = random_batch(sizes, seed)
    found = joined_pairs(batch)
    pairs = [tuple(pair) for pair in found.pairs.T.tolist()]
    assert pairs == naive_pairs(batch)
    for edge, place in zip(batch.edge_index.T.tolist(), found.of_edge.tolist(), strict=True):
        assert place == (pairs.index(tuple(sorted(edge))) if edge[0] != edge[1] else -1)


@settings(max_examples=40, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 99))
def test_unjoined_pairs_are_of_the_graph_and_not_joined(random_batch, sizes, seed):
    batch = random_batch(sizes, seed)
    joined = joined_pairs(batch)
    graph = batch.graph_of_node[joined.pairs[0]]
    found = unjoined_pairs(batch, joined.key, graph, draws(seed))
    known = set(naive_pairs(batch))
    of = batch.graph_of_node
    for a, b in found.T.tolist():
        assert a != b
        assert of[a] == of[b]
        assert tuple(sorted((a, b))) not in known
    wanted = torch.bincount(graph, minlength=len(sizes))
    got = torch.bincount(of[found[0]], minlength=len(sizes))
    ptr = batch.node_ptr.tolist()
    for number in range(len(sizes)):
        nodes = range(ptr[number], ptr[number + 1])
        free = set(itertools.combinations(nodes, 2)) - known
        assert got[number] <= wanted[number]
        if len(free) > 0.6 * math.comb(len(nodes), 2):  # eight tries: one in 1,500 misses
            assert got[number] >= wanted[number] - 1
        if not free:
            assert got[number] == 0


def test_every_unjoined_pair_has_the_same_chance(make_batch):
    batch = make_batch(["C", "CCCC"])
    joined = joined_pairs(batch)
    found = unjoined_pairs(batch, joined.key, torch.ones(9000, dtype=torch.int64), draws())
    assert found.shape[1] > 8950  # each try finds one of three pairs out of six
    for pair in ((1, 3), (1, 4), (2, 4)):
        share = (found.sort(0).values == torch.tensor(pair)[:, None]).all(0).float().mean()
        assert abs(share - 1 / 3) < 0.02, pair


def naive_loss(embedding, positive, negative):
    positive = [embedding[a] @ embedding[b] for a, b in positive]
    negative = [embedding[a] @ embedding[b] for a, b in negative]
    true = sum(-score.sigmoid().log() for score in positive) / len(positive)
    return true + sum(-(-score).sigmoid().log() for score in negative) / len(negative)


@pytest.mark.parametrize("negatives", [1, 3])
def test_the_loss_against_loops(negatives, random_batch, odd_schema, tiny_encoder):
    batch, encoder = random_batch([9, 6, 1, 12], seed=8), tiny_encoder(odd_schema).eval()
    joined = joined_pairs(batch)
    graph = batch.graph_of_node[joined.pairs[0]].repeat(negatives)
    negative = unjoined_pairs(batch, joined.key, graph, draws())
    expected = naive_loss(encoder(batch), naive_pairs(batch), negative.T.tolist())
    found = objective_for(odd_schema, negatives=negatives)(encoder, batch, draws())
    torch.testing.assert_close(found.loss, expected, atol=1e-4, rtol=1e-4)
    assert found.logs["pairs/positive"] == len(naive_pairs(batch))
    assert found.logs["pairs/negative"] == negative.shape[1]
    assert negative.shape[1] > 0.8 * len(graph)


@pytest.mark.parametrize("hide", [0.1, 0.25, 1.0])
def test_hidden_pairs_are_those_that_are_asked_for(hide, random_batch, odd_schema, tiny_encoder):
    batch, encoder = random_batch([9, 6, 1, 12], seed=8), tiny_encoder(odd_schema).eval()
    joined, generator = joined_pairs(batch), draws()
    pairs = naive_pairs(batch)
    count = math.ceil(hide * len(pairs))
    hidden = sorted(torch.randperm(len(pairs), generator=generator)[:count].tolist())
    asked = [pairs[place] for place in hidden]
    shown = [tuple(sorted(edge)) not in asked for edge in batch.edge_index.T.tolist()]
    rest = keep_edges(batch, torch.tensor(shown))
    graph = batch.graph_of_node[[pair[0] for pair in asked]]
    negative = unjoined_pairs(batch, joined.key, graph, generator)
    expected = naive_loss(encoder(rest), asked, negative.T.tolist())
    found = objective_for(odd_schema, hide=hide)(encoder, batch, draws())
    torch.testing.assert_close(found.loss, expected, atol=1e-4, rtol=1e-4)
    assert found.logs["pairs/positive"] == count


@settings(max_examples=30, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 99))
def test_no_edge_of_a_hidden_pair_is_left(random_batch, sizes, seed):
    batch = random_batch(sizes, seed)
    joined = joined_pairs(batch)
    hidden = torch.arange(0, len(joined.key), 2)
    part = without_pairs(batch, joined, hidden)
    gone = {tuple(pair) for pair in joined.pairs[:, hidden].T.tolist()}
    kept = [edge for edge in batch.edge_index.T.tolist() if tuple(sorted(edge)) not in gone]
    assert part.edge_index.T.tolist() == kept
    assert part.node_cat is batch.node_cat


def test_the_attributes_of_hidden_edges_do_not_leak(random_batch, odd_schema, tiny_encoder):
    batch, encoder = random_batch([9, 6, 12], seed=8), tiny_encoder(odd_schema).eval()
    joined = joined_pairs(batch)
    hidden = torch.randperm(len(joined.key), generator=draws())
    hidden = hidden[: math.ceil(0.3 * len(joined.key))]
    touched = torch.isin(joined.of_edge, hidden)
    other = replace(
        batch,
        edge_cat=torch.where(touched[:, None], 0, batch.edge_cat),
        edge_x=batch.edge_x + 7 * touched[:, None],
    )
    assert not encoder(other).equal(encoder(batch))
    losses = [objective_for(odd_schema, hide=0.3)(encoder, b, draws()).loss for b in (batch, other)]
    assert losses[0].equal(losses[1])
    visible = [objective_for(odd_schema)(encoder, b, draws()).loss for b in (batch, other)]
    assert not visible[0].equal(visible[1])


def test_embeddings_of_zero_give_the_closed_form(make_batch, nci, tiny_encoder):
    encoder = tiny_encoder()
    nn.init.zeros_(encoder.norms[-1].weight)
    nn.init.zeros_(encoder.norms[-1].bias)
    for chosen in ({}, {"negatives": 3}, {"hide": 0.5}):
        found = objective_for(SCHEMA, **chosen)(encoder, make_batch(nci[:20]), draws())
        assert found.loss.item() == pytest.approx(2 * math.log(2), rel=1e-5)


@pytest.mark.parametrize("smiles", [["C", "O"], ["CO", "C1CC1"], ["C"]])
def test_without_pairs_of_both_kinds_there_is_nothing_to_learn(smiles, make_batch, tiny_encoder):
    encoder = tiny_encoder()
    found = objective_for(SCHEMA)(encoder, make_batch(smiles), draws())
    found.loss.backward()
    assert found.loss.item() == 0
    assert found.logs["pairs/negative"] == 0
    assert all(not parameter.grad.any() for parameter in encoder.parameters())
