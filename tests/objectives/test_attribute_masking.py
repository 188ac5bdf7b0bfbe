"""Attribute masking: what is hidden stays hidden, and it can be learned."""

from __future__ import annotations

import copy
import math
from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.errors import InputError
from graftwork.objectives import AttributeMasking
from graftwork.objectives.attribute_masking import (
    AttributeMaskingSettings,
    choose_nodes,
    hidden_edges,
    hide,
)
from graftwork.rng import torch_generator

SCHEMA = SCHEMAS["default"]
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=6)


def objective_for(schema=SCHEMA, dim=16, **settings):
    return AttributeMasking(schema, EncoderConfig(dim=dim), AttributeMaskingSettings(**settings))


def masks(seed=0):
    return torch_generator(seed, "masks")


@settings(max_examples=60, deadline=None)
@given(
    sizes=SIZES,
    rate=st.one_of(st.integers(1, 99).map(lambda i: i / 100), st.floats(0.01, 0.99)),
    seed=st.integers(0, 99),
)
def test_how_many_nodes_of_each_graph_are_hidden(random_batch, sizes, rate, seed):
    chosen = choose_nodes(random_batch(sizes), rate, masks(seed)).tolist()
    assert chosen == sorted(set(chosen))
    start = 0
    for size in sizes:
        of_graph = [node for node in chosen if start <= node < start + size]
        assert len(of_graph) == min(size, math.floor(rate * size + 1))
        start += size


@pytest.mark.parametrize(
    ("rate", "size", "count"), [(0.15, 20, 4), (0.29, 100, 29), (0.58, 50, 29), (0.42, 150, 64)]
)
def test_the_count_is_not_rounded_to_single_precision(random_batch, rate, size, count):
    assert math.floor(rate * size + 1) == count
    assert len(choose_nodes(random_batch([size]), rate, masks())) == count


def test_every_node_has_the_same_chance(random_batch):
    batch, generator = random_batch([5, 10]), masks()
    times = torch.zeros(15)
    for _ in range(2000):
        times[choose_nodes(batch, 0.3, generator)] += 1
    assert ((times[:5] / 2000 - 2 / 5).abs() < 0.05).all()
    assert ((times[5:] / 2000 - 4 / 10).abs() < 0.05).all()


@settings(max_examples=20, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 99))
def test_hidden_edges_are_those_that_touch_a_hidden_node(random_batch, sizes, seed):
    batch = random_batch(sizes, seed)
    hidden = choose_nodes(batch, 0.2, masks(seed))
    expected = [
        k
        for k, (a, b) in enumerate(batch.edge_index.T.tolist())
        if a in set(hidden.tolist()) or b in set(hidden.tolist())
    ]
    assert hidden_edges(batch, hidden).tolist() == expected


def changed_where_hidden(batch, hidden, touched, schema, generator):
    """Another batch with other attributes at the hidden nodes (and edges)."""

    def other(ids, columns, rows):
        ids = ids.clone()
        for position, column in enumerate(columns):
            step = torch.randint(1, column.size, (len(rows),), generator=generator)
            ids[rows, position] = (ids[rows, position] + step) % column.size
        return ids

    node_x, edge_x = batch.node_x.clone(), batch.edge_x.clone()
    node_x[hidden] += 5
    edge_x[touched] -= 3
    return replace(
        batch,
        node_cat=other(batch.node_cat, schema.node_cat, hidden),
        edge_cat=other(batch.edge_cat, schema.edge_cat, touched),
        node_x=node_x,
        edge_x=edge_x,
    )


@pytest.mark.parametrize("edges", [False, True])
@pytest.mark.parametrize("kind", ["molecules", "made-up"])
def test_hidden_attributes_do_not_leak_into_the_embedding(
    edges, kind, tiny_encoder, make_batch, random_batch, odd_schema, nci
):
    schema = SCHEMA if kind == "molecules" else odd_schema
    batch = make_batch(nci[:20]) if kind == "molecules" else random_batch([9, 4, 12, 1])
    encoder = tiny_encoder(schema).eval()
    hidden = choose_nodes(batch, 0.2, masks())
    touched = hidden_edges(batch, hidden)
    other = changed_where_hidden(batch, hidden, touched if edges else touched[:0], schema, masks(1))
    assert not encoder(other).equal(encoder(batch))  # unhidden, the change shows
    shown = [encoder(hide(b, hidden, touched if edges else None, schema)) for b in (batch, other)]
    assert shown[0].equal(shown[1])
    if edges:  # with their bonds left visible, the change of the bonds would show
        visible = [encoder(hide(b, hidden, None, schema)) for b in (batch, other)]
        assert not visible[0].equal(visible[1])


def test_hidden_nodes_and_edges_show_only_mask_ids(random_batch, odd_schema):
    batch = random_batch([9, 6], seed=4)
    hidden = choose_nodes(batch, 0.2, masks())
    touched = hidden_edges(batch, hidden)
    masked = hide(batch, hidden, touched, odd_schema)
    assert len(touched) > 0
    for row in range(batch.num_nodes):
        concealed = row in hidden.tolist()
        assert masked.node_cat[row].tolist() == (
            [4, 2] if concealed else batch.node_cat[row].tolist()
        )
        assert masked.node_x[row].tolist() == ([0.0] if concealed else batch.node_x[row].tolist())
    for row in range(len(batch.edge_cat)):
        concealed = row in touched.tolist()
        assert masked.edge_cat[row].tolist() == (
            [3, 5] if concealed else batch.edge_cat[row].tolist()
        )
        assert masked.edge_x[row].tolist() == (
            [0.0, 0.0] if concealed else batch.edge_x[row].tolist()
        )


@pytest.mark.parametrize("edges", [False, True])
def test_the_batch_is_not_changed(edges, tiny_encoder, random_batch, odd_schema):
    batch = random_batch([9, 6, 3])
    before = {
        f.name: copy.deepcopy(getattr(batch, f.name))
        for f in fields(batch)
        if isinstance(getattr(batch, f.name), Tensor)
    }
    objective_for(odd_schema, edges=edges)(tiny_encoder(odd_schema), batch, masks())
    assert len(before) == 6
    assert all(getattr(batch, name).equal(value) for name, value in before.items())


@pytest.mark.parametrize("edges", [False, True])
def test_randomness_comes_from_the_generator_alone(edges, tiny_encoder, make_batch, nci):
    batch, encoder = make_batch(nci[:30]), tiny_encoder()
    objective = objective_for(edges=edges)
    generator = masks(5)
    losses = [objective(encoder, batch, generator).loss for _ in range(2)]
    torch.manual_seed(99)
    assert objective(encoder, batch, masks(5)).loss.equal(losses[0])
    assert not losses[0].equal(losses[1])


@pytest.mark.parametrize("edges", [False, True])
def test_uniform_heads_give_the_entropy_of_the_vocabularies(edges, tiny_encoder, make_batch, nci):
    objective = objective_for(edges=edges)
    for parameter in objective.parameters():
        nn.init.zeros_(parameter)
    expected = sum(math.log(c.size) for c in SCHEMA.node_cat) / len(SCHEMA.node_cat)
    if edges:
        expected += sum(math.log(c.size) for c in SCHEMA.edge_cat) / len(SCHEMA.edge_cat)
    found = objective(tiny_encoder(), make_batch(nci[:20]), masks())
    assert found.loss.item() == pytest.approx(expected, rel=1e-5)


def test_the_loss_against_loops(tiny_encoder, random_batch, odd_schema):
    batch, encoder = random_batch([9, 6, 12], seed=8), tiny_encoder(odd_schema).eval()
    objective = objective_for(odd_schema, rate=0.3, edges=True)
    hidden = choose_nodes(batch, 0.3, masks())
    touched = hidden_edges(batch, hidden)
    embedding = encoder(hide(batch, hidden, touched, odd_schema))

    def cross_entropy(head, vector, truth):
        return -head(vector).log_softmax(0)[truth]

    def column(head, vectors, truths):
        return sum(cross_entropy(head, v, t) for v, t in zip(vectors, truths, strict=True)) / len(
            truths
        )

    def numbers(head, vectors, truths):
        pairs = zip(vectors, truths, strict=True)
        return sum(((head(v) - t) ** 2).mean() for v, t in pairs) / len(truths)

    def whole(heads, vectors, ids, x):
        columns = [column(heads.classes[c], vectors, ids[:, c]) for c in range(2)]
        return (columns[0] + columns[1] + numbers(heads.numbers, vectors, x)) / 3

    ends = [embedding[a] + embedding[b] for a, b in batch.edge_index[:, touched].T]
    expected = whole(
        objective.node_head, embedding[hidden], batch.node_cat[hidden], batch.node_x[hidden]
    ) + whole(objective.edge_head, ends, batch.edge_cat[touched], batch.edge_x[touched])
    output = objective(encoder, batch, masks())
    torch.testing.assert_close(output.loss, expected, atol=1e-5, rtol=1e-5)
    assert set(output.logs) == {
        *("accuracy/a", "accuracy/b", "accuracy/t", "accuracy/u"),
        *("nodes/squared_error", "edges/squared_error"),
    }
    guesses = objective.node_head.classes[0](embedding[hidden]).argmax(1)
    right = (guesses == batch.node_cat[hidden, 0]).float().mean()
    assert output.logs["accuracy/a"].item() == pytest.approx(right.item())


def test_only_some_columns_are_predicted_and_all_are_hidden(tiny_encoder, make_batch, nci):
    batch, encoder = make_batch(nci[:20]), tiny_encoder(SCHEMA).eval()
    objective = objective_for(rate=0.3, predict="ring_size, atomic_number")
    hidden = choose_nodes(batch, 0.3, masks())
    embedding = encoder(hide(batch, hidden, None, SCHEMA))[hidden]
    heads = objective.node_head.classes
    expected = [
        torch.nn.functional.cross_entropy(head(embedding), batch.node_cat[hidden, place])
        for place, head in zip((0, 7), heads, strict=True)
    ]
    output = objective(encoder, batch, masks())
    torch.testing.assert_close(output.loss, sum(expected) / 2)
    assert set(output.logs) == {"accuracy/atomic_number", "accuracy/ring_size"}
    with pytest.raises(InputError, match=r"cannot predict colour.*all, or some of atomic_number"):
        objective_for(predict="colour")


def test_molecules_without_bonds_are_fine(tiny_encoder, make_batch):
    batch = make_batch(["C", "N", "[Na+].[Cl-]"])
    output = objective_for(edges=True)(tiny_encoder(), batch, masks())
    output.loss.backward()
    assert output.loss.isfinite()


def train(encoder, objective, batch, steps, seed):
    """Train; ``seed`` None draws new masks in each step, otherwise they stay the same."""
    optimizer = torch.optim.Adam([*encoder.parameters(), *objective.parameters()], lr=1e-2)
    generator, losses = masks(), []
    for _ in range(steps):
        optimizer.zero_grad()
        output = objective(encoder, batch, generator if seed is None else masks(seed))
        output.loss.backward()
        optimizer.step()
        losses.append(output.loss.item())
    return losses, output.logs


def test_overfits_sixteen_graphs(tiny_encoder, make_batch, nci):
    torch.manual_seed(0)
    objective = objective_for(dim=32, edges=True)
    losses, logs = train(tiny_encoder(dim=32), objective, make_batch(nci[200:216]), 150, seed=3)
    assert losses[-1] < 0.15
    assert losses[-1] < losses[0] / 20
    assert logs["accuracy/atomic_number"].item() > 0.95


def test_learning_lowers_the_loss_on_new_masks(tiny_encoder, make_batch, nci):
    torch.manual_seed(0)
    objective = objective_for()
    losses, _ = train(tiny_encoder(), objective, make_batch(nci[:120]), 80, seed=None)
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])
