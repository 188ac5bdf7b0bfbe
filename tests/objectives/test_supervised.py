"""Supervised multi-task pre-training against loops over labels."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.errors import InputError
from graftwork.graph.tasks import TaskSet
from graftwork.nn.pooling import POOLINGS
from graftwork.objectives import Supervised
from graftwork.objectives.supervised import SupervisedSettings
from graftwork.rng import torch_generator

SCHEMA = SCHEMAS["default"]
NAN = math.nan
TASKS = TaskSet(
    ("toxic", "potency", "rare", "solubility"),
    ("classification", "regression", "classification", "regression"),
    (0.0, 6.0, 0.0, -3.0),
    (1.0, 2.0, 1.0, 0.5),
)
SMILES = ["CCO", "c1ccccc1N", "CC(C)=O", "CCCCCC"]
Y = [[1, 7.0, NAN, NAN], [0, NAN, NAN, -3.5], [1, 4.0, NAN, NAN], [NAN, NAN, NAN, NAN]]


def draws():
    return torch_generator(0, "masks")


def objective_for(tasks=TASKS, **chosen):
    torch.manual_seed(3)
    return Supervised(SCHEMA, EncoderConfig(dim=16), SupervisedSettings(**chosen), tasks)


def naive_losses(raw, y, tasks):
    """The loss of every known label, by task."""
    found = [[] for _ in tasks.names]
    for row in range(len(y)):
        for task, kind in enumerate(tasks.kinds):
            value, guess = y[row][task], raw[row, task]
            if math.isnan(value):
                continue
            if kind == "classification":
                chance = guess.sigmoid()
                found[task].append(-(chance if value == 1 else 1 - chance).log())
            else:
                found[task].append((guess - (value - tasks.mean[task]) / tasks.std[task]) ** 2)
    return found


@pytest.mark.parametrize("balance", ["labels", "tasks"])
@pytest.mark.parametrize("pooling", ["mean", "sum", "max", "attention"])
def test_the_loss_against_loops(balance, pooling, make_batch, tiny_encoder):
    batch, encoder = make_batch(SMILES, Y), tiny_encoder().eval()
    objective = objective_for(balance=balance, pooling=pooling)
    raw = objective.head(objective.pooling(encoder(batch), batch))
    losses = naive_losses(raw, Y, TASKS)
    every = [loss for task in losses for loss in task]
    means = [sum(task) / len(task) for task in losses if task]
    expected = sum(every) / len(every) if balance == "labels" else sum(means) / len(means)
    found = objective(encoder, batch, draws())
    torch.testing.assert_close(found.loss, expected, atol=1e-5, rtol=1e-5)
    assert (len(every), len(means)) == (6, 3)
    assert found.logs["labels"] == 6
    numbers = torch.stack([*losses[1], *losses[3]]).mean()
    assert found.logs["loss/classification"].item() == pytest.approx(
        torch.stack(losses[0]).mean().item(), rel=1e-5
    )
    assert found.logs["loss/regression"].item() == pytest.approx(numbers.item(), rel=1e-5)


def test_a_head_of_zeros_gives_the_closed_form(make_batch, tiny_encoder):
    objective = objective_for(balance="tasks")
    nn.init.zeros_(objective.head.weight)
    nn.init.zeros_(objective.head.bias)
    found = objective(tiny_encoder(), make_batch(SMILES, Y), draws())
    expected = (math.log(2) + (0.5**2 + 1) / 2 + 1) / 3
    assert found.loss.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("balance", ["labels", "tasks"])
def test_a_missing_label_has_no_influence(balance, make_batch, tiny_encoder):
    """Neither on the task that has none, nor on the graph that has none."""
    encoder, objective = tiny_encoder(), objective_for(balance=balance)
    batch = make_batch(SMILES, Y)
    graphs = torch.randn(4, 16, requires_grad=True)
    encoder.forward = lambda _batch, _wanted: graphs + 0
    objective(encoder, batch, draws()).loss.backward()
    assert graphs.grad[:3].abs().sum(1).min() > 0
    assert not graphs.grad[3].any()
    assert not objective.head.weight.grad[2].any()
    assert objective.head.weight.grad[[0, 1, 3]].abs().sum(1).min() > 0


@pytest.mark.parametrize("balance", ["labels", "tasks"])
def test_a_batch_without_any_known_label_has_a_loss_of_zero(balance, make_batch, tiny_encoder):
    encoder, objective = tiny_encoder(), objective_for(balance=balance)
    found = objective(encoder, make_batch(SMILES, [[NAN] * 4] * 4), draws())
    found.loss.backward()
    assert found.loss.item() == 0
    assert all(value == 0 for value in found.logs.values())
    assert not objective.head.weight.grad.any()


@pytest.mark.parametrize("balance", ["labels", "tasks"])
def test_the_order_of_graphs_does_not_matter(balance, make_batch, tiny_encoder):
    encoder, objective = tiny_encoder().eval(), objective_for(balance=balance)
    losses = [
        objective(encoder, make_batch(SMILES[::step], Y[::step]), draws()).loss for step in (1, -1)
    ]
    torch.testing.assert_close(losses[0], losses[1])


def test_the_scale_of_a_number_is_taken_out(make_batch, tiny_encoder):
    encoder = tiny_encoder().eval()
    scaled = replace(TASKS, mean=(0.0, 600.0, 0.0, -3.0), std=(1.0, 200.0, 1.0, 0.5))
    y = torch.tensor(Y)
    large = [[a, 100 * b, c, d] for a, b, c, d in y.tolist()]
    one = objective_for()(encoder, make_batch(SMILES, Y), draws()).loss
    two = objective_for(scaled)(encoder, make_batch(SMILES, large), draws()).loss
    torch.testing.assert_close(one, two)


def test_one_kind_alone(make_batch, tiny_encoder):
    only = TaskSet(("a",), ("classification",), (0.0,), (1.0,))
    found = objective_for(only)(tiny_encoder(), make_batch(["CO", "CN"], [[1], [0]]), draws())
    assert set(found.logs) == {"labels", "loss/classification"}
    assert found.loss == found.logs["loss/classification"]


def test_dropout_is_of_the_graph_embedding(make_batch, tiny_encoder):
    batch, encoder = make_batch(SMILES, Y), tiny_encoder().eval()
    objective = objective_for(dropout=0.5)
    losses = {objective(encoder, batch, draws()).loss.item() for _ in range(4)}
    assert len(losses) > 1
    objective.eval()
    assert objective(encoder, batch, draws()).loss == objective_for()(encoder, batch, draws()).loss


def test_a_pooling_may_be_wider_than_the_nodes(make_batch, tiny_encoder, monkeypatch):
    class Twice(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.out_dim = 2 * dim
            self.mean = POOLINGS["mean"](dim)

        def forward(self, nodes, batch):
            return self.mean(nodes, batch).repeat(1, 2)

    monkeypatch.setitem(POOLINGS, "twice", Twice)
    objective = objective_for(pooling="twice")
    assert objective.head.in_features == 32
    assert objective(tiny_encoder(), make_batch(SMILES, Y), draws()).loss.isfinite()


@pytest.mark.parametrize("tasks", [None, TaskSet((), (), (), ())])
def test_without_tasks_the_message_says_how_to_give_labels(tasks):
    with pytest.raises(InputError, match="--target-columns"):
        objective_for(tasks)


@pytest.mark.parametrize(("y", "said"), [(None, "no labels"), ([[1.0]] * 4, "1 label columns")])
def test_labels_that_do_not_fit_are_an_error(y, said, make_batch, tiny_encoder):
    with pytest.raises(InputError, match=said):
        objective_for()(tiny_encoder(), make_batch(SMILES, y), draws())


def test_only_the_head_is_state():
    assert set(objective_for().state_dict()) == {"head.weight", "head.bias"}
