"""The masked autoencoder: hidden twice, decoded from around, and the error of the paper."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import prelu

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.errors import InputError
from graftwork.nn.conv import CONVS
from graftwork.objectives import MaskedAutoencoder
from graftwork.objectives.attribute_masking import choose_nodes, hide
from graftwork.objectives.masked_autoencoder import MaskedAutoencoderSettings
from graftwork.rng import torch_generator

SCHEMA = SCHEMAS["default"]


def objective_for(schema=SCHEMA, conv="gin", **settings):
    torch.manual_seed(2)
    shape = EncoderConfig(dim=16, conv=conv)
    return MaskedAutoencoder(schema, shape, MaskedAutoencoderSettings(**settings))


def masks(seed=0):
    return torch_generator(seed, "masks")


def other_attributes(batch, hidden, schema):
    """The same graphs with other attributes at the hidden nodes."""
    node_cat, node_x = batch.node_cat.clone(), batch.node_x.clone()
    for place, column in enumerate(schema.node_cat):
        node_cat[hidden, place] = (node_cat[hidden, place] + 1) % column.size
    node_x[hidden] += 5
    return replace(batch, node_cat=node_cat, node_x=node_x)


@pytest.mark.parametrize("conv", CONVS)
def test_hidden_attributes_do_not_leak_into_their_prediction(
    conv, tiny_encoder, random_batch, odd_schema
):
    batch = random_batch([9, 4, 12, 1], seed=1)
    encoder = tiny_encoder(odd_schema, conv=conv).eval()
    objective, hidden = objective_for(odd_schema, conv), choose_nodes(batch, 0.25, masks())
    other = other_attributes(batch, hidden, odd_schema)
    found = [objective.decode(encoder, given, hidden) for given in (batch, other)]
    assert found[0].equal(found[1])
    assert not encoder(batch).equal(encoder(other))


@pytest.mark.parametrize("conv", CONVS)
def test_the_embedding_of_a_hidden_node_is_hidden_too(conv, random_batch, odd_schema):
    """Whatever the encoder makes of the hidden nodes, the decoder does not see it."""
    batch = random_batch([9, 6, 12], seed=1)
    objective, hidden = objective_for(odd_schema, conv), choose_nodes(batch, 0.25, masks())
    embedding = torch.randn(batch.num_nodes, 16)
    changed = embedding.clone()
    changed[hidden] += 1
    visible = embedding + 1
    visible[hidden] = embedding[hidden]

    def encoder(values):
        return lambda _batch, rows: values if rows is None else values[rows]

    found = [objective.decode(encoder(v), batch, hidden) for v in (embedding, changed, visible)]
    assert found[0].equal(found[1])
    assert not found[0].equal(found[2])  # that of its neighbours is what it is decoded from


@pytest.mark.parametrize(("norm", "training"), [("batch", True), ("layer", True), ("batch", False)])
def test_the_decoder_computes_what_it_would_on_all_nodes(
    norm, training, tiny_encoder, random_batch, odd_schema
):
    batch, encoder = random_batch([9, 6, 12, 1], seed=4), tiny_encoder(odd_schema, norm=norm)
    encoder.train(training)
    objective, hidden = objective_for(odd_schema), choose_nodes(batch, 0.25, masks())
    given = prelu(encoder(hide(batch, hidden, None, odd_schema)), objective.activation.weight)
    given = given @ objective.to_decoder.weight.T
    given[hidden] = 0
    expected = objective.head(objective.decoder(given, batch.block)[hidden])
    torch.testing.assert_close(objective.decode(encoder, batch, hidden), expected)


@pytest.mark.parametrize("loss", ["cosine", "cross-entropy"])
@pytest.mark.parametrize("gamma", [1.0, 3.0])
def test_the_loss_against_a_loop(loss, gamma, tiny_encoder, random_batch, odd_schema):
    batch, encoder = random_batch([9, 6, 12], seed=8), tiny_encoder(odd_schema).eval()
    objective = objective_for(odd_schema, loss=loss, gamma=gamma, rate=0.3)
    hidden = choose_nodes(batch, 0.3, masks())
    guesses = objective.decode(encoder, batch, hidden)
    columns, right = [[], [], []], []
    for node, guess in zip(hidden.tolist(), guesses, strict=True):
        parts = guess[:5], guess[5:8], guess[8:]
        for place in (0, 1):
            scores, truth = parts[place], batch.node_cat[node, place]
            cosine = scores[truth] / scores.norm()
            entropy = -scores.log_softmax(0)[truth]
            columns[place].append(entropy if loss == "cross-entropy" else (1 - cosine) ** gamma)
        right.append(parts[0].argmax() == batch.node_cat[node, 0])
        number = batch.node_x[node]
        cosine = (parts[2] @ number) / (parts[2].norm() * number.norm())
        square = ((parts[2] - number) ** 2).mean()
        columns[2].append(square if loss == "cross-entropy" else (1 - cosine) ** gamma)
    found = objective(encoder, batch, masks())
    expected = [torch.stack(column).mean().item() for column in columns]
    assert found.loss.item() == pytest.approx(sum(expected) / 3, rel=1e-4)
    assert found.logs["nodes/numbers"].item() == pytest.approx(expected[2], rel=1e-4, abs=1e-6)
    assert found.logs["accuracy/a"].item() == pytest.approx(sum(right).item() / len(right))


def test_the_error_is_that_of_an_angle():
    """A prediction at right angles to the truth has an error of 1, one along it none."""
    objective = objective_for()
    truth = torch.tensor([2, 0])
    along, across = torch.zeros(2, 5), torch.zeros(2, 5)
    along[0, 2], along[1, 0], across[:, 4] = 7, 0.3, 2
    assert objective._class_error(along, truth).tolist() == pytest.approx([0, 0], abs=1e-6)
    assert objective._class_error(across, truth).tolist() == [1, 1]
    diagonal = along / along.norm(dim=1, keepdim=True) + torch.eye(5)[[1, 1]]
    expected = (1 - math.sqrt(0.5)) ** 2
    found = objective_for(gamma=2.0)._class_error(diagonal, truth).tolist()
    assert found == pytest.approx([expected] * 2, rel=1e-5)


def test_the_order_of_nodes_and_edges_does_not_matter(tiny_encoder, random_batch, odd_schema):
    batch, encoder = random_batch([14], seed=6), tiny_encoder(odd_schema).eval()
    objective, hidden = objective_for(odd_schema), choose_nodes(batch, 0.3, masks())
    order = torch.randperm(14, generator=torch.Generator().manual_seed(0))
    edges = torch.randperm(batch.edge_index.shape[1], generator=torch.Generator().manual_seed(1))
    place = order.argsort()  # where a node is now
    other = replace(
        batch,
        node_cat=batch.node_cat[order],
        node_x=batch.node_x[order],
        edge_index=place[batch.edge_index[:, edges]],
        edge_cat=batch.edge_cat[edges],
        edge_x=batch.edge_x[edges],
    )
    found = objective.decode(encoder, other, place[hidden])
    torch.testing.assert_close(found, objective.decode(encoder, batch, hidden))


def test_one_column_alone_as_in_the_paper(tiny_encoder, make_batch, nci):
    objective = objective_for(predict="atomic_number")
    assert objective.head.out_features == SCHEMA.node_cat[0].size
    found = objective(tiny_encoder(), make_batch(nci[:20]), masks())
    assert set(found.logs) == {"accuracy/atomic_number"}
    with pytest.raises(InputError, match=r"cannot predict colour.*all, or some of atomic_number"):
        objective_for(predict="colour")


@pytest.mark.parametrize("conv", CONVS)
def test_the_decoder_is_of_the_kind_of_the_encoder_and_a_layer_of_its_own(conv, tiny_encoder):
    objective = objective_for(conv=conv)
    assert type(objective.decoder) is CONVS[conv]
    assert not {id(p) for p in tiny_encoder(conv=conv).parameters()} & {
        id(p) for p in objective.parameters()
    }
