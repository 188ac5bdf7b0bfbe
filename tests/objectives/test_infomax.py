"""Deep graph infomax against loops over nodes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.errors import InputError
from graftwork.objectives import Infomax
from graftwork.objectives.infomax import InfomaxSettings, shuffle_features
from graftwork.rng import torch_generator

SCHEMA = SCHEMAS["default"]


def draws(seed=0):
    return torch_generator(seed, "masks")


def objective_for(schema, **chosen):
    torch.manual_seed(3)
    return Infomax(schema, EncoderConfig(dim=16), InfomaxSettings(**chosen))


def naive_loss(weight, batch, real, false, shift):
    """Nodes ``real`` with their graph's summary against ``false`` with that of a later graph."""
    ptr = batch.node_ptr.tolist()
    graphs = [range(a, b) for a, b in itertools.pairwise(ptr) if b > a]
    summaries = [(sum(real[i] for i in nodes) / len(nodes)).sigmoid() for nodes in graphs]
    positive, negative = [], []
    for number, nodes in enumerate(graphs):
        other = summaries[(number + shift) % len(graphs)]
        for i in nodes:
            positive.append(real[i] @ weight @ summaries[number])
            negative.append(false[i] @ weight @ other)
    true = sum(-score.sigmoid().log() for score in positive) / len(positive)
    return true + sum(-(-score).sigmoid().log() for score in negative) / len(negative)


def test_the_loss_with_summaries_against_loops(random_batch, odd_schema, tiny_encoder):
    batch, encoder = random_batch([9, 6, 0, 1, 12], seed=8), tiny_encoder(odd_schema).eval()
    for name in ("summaries", "auto"):
        objective = objective_for(odd_schema, corruption=name)
        nodes = encoder(batch)
        expected = naive_loss(objective.discriminator, batch, nodes, nodes, 1)
        found = objective(encoder, batch, draws())
        torch.testing.assert_close(found.loss, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("sizes", [[9, 6, 12], [14], [0, 14]])
def test_the_loss_with_shuffled_features_against_loops(
    sizes, random_batch, odd_schema, tiny_encoder
):
    batch, encoder = random_batch(sizes, seed=8), tiny_encoder(odd_schema).eval()
    order = torch.randperm(batch.num_nodes, generator=draws())
    other = replace(batch, node_cat=batch.node_cat[order], node_x=batch.node_x[order])
    assert not other.node_cat.equal(batch.node_cat)
    single = sum(size > 0 for size in sizes) == 1
    for name in ("features", "auto") if single else ("features",):
        objective = objective_for(odd_schema, corruption=name)
        expected = naive_loss(
            objective.discriminator, batch, encoder(batch), encoder(other), shift=0
        )
        found = objective(encoder, batch, draws())
        torch.testing.assert_close(found.loss, expected, atol=1e-4, rtol=1e-4)


def test_shuffled_rows_stay_whole_and_edges_stay(random_batch):
    batch = random_batch([9, 6], seed=1)
    found = shuffle_features(batch, draws())

    def rows(graphs):
        return sorted(torch.cat([graphs.node_cat.float(), graphs.node_x], 1).tolist())

    assert rows(found) == rows(batch)
    assert not found.node_x.equal(batch.node_x)
    assert found.edge_index is batch.edge_index


def test_discrimination_without_weights_gives_the_closed_form(make_batch, nci, tiny_encoder):
    for name in ("summaries", "features"):
        objective = objective_for(SCHEMA, corruption=name)
        nn.init.zeros_(objective.discriminator)
        found = objective(tiny_encoder(), make_batch(nci[:20]), draws())
        assert found.loss.item() == pytest.approx(2 * math.log(2), rel=1e-5)


def test_two_graphs_may_change_places(make_batch, tiny_encoder):
    encoder, objective = tiny_encoder().eval(), objective_for(SCHEMA)
    one, two = make_batch(["CCO", "c1ccccc1N"]), make_batch(["c1ccccc1N", "CCO"])
    losses = [objective(encoder, batch, draws()).loss for batch in (one, two)]
    torch.testing.assert_close(losses[0], losses[1])


def test_one_graph_has_no_other_summary(make_batch, tiny_encoder):
    with pytest.raises(InputError, match="corruption to features"):
        objective_for(SCHEMA, corruption="summaries")(tiny_encoder(), make_batch(["CCO"]), draws())


def test_one_node_has_nothing_to_learn(make_batch, tiny_encoder):
    encoder, objective = tiny_encoder(), objective_for(SCHEMA)
    found = objective(encoder, make_batch(["C"]), draws())
    found.loss.backward()
    assert found.loss.item() == 0
    assert not objective.discriminator.grad.any()
