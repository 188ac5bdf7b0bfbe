"""What holds for every objective."""

from __future__ import annotations

import random
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.errors import InputError
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.tasks import TaskSet
from graftwork.nn.encoder import Encoder
from graftwork.objectives import OBJECTIVES
from graftwork.objectives.make import make_objective
from graftwork.rng import torch_generator
from made_targets import NAMES, made_targets, with_targets

MOLECULES = SCHEMAS["default"]
TASKS = TaskSet(
    ("toxic", "potency", "rare"),
    ("classification", "regression", "classification"),
    (0.0, 6.0, 0.0),
    (1.0, 2.0, 1.0),
)
TARGETS = {name: made.tasks for name, made in made_targets(range(9), range(9)).items()}
NEAR = {"k": 2, "r1": 1, "r2": 3}
CASES = [
    *((name, {}) for name in OBJECTIVES),
    ("attribute-masking", {"edges": True}),
    ("context-prediction", NEAR),
    ("context-prediction", {**NEAR, "mode": "skipgram", "negatives": 3}),
    ("context-prediction", {**NEAR, "context_encoder": "shared"}),
    ("edge-prediction", {"hide": 0.2, "negatives": 2}),
    ("infomax", {"corruption": "features"}),
    ("descriptors", {"loss": "squared", "hidden_layers": 0}),
    ("fingerprints", {"rarity": 0.0, "pooling": "attention"}),
    ("masked-autoencoder", {"loss": "cross-entropy"}),
    ("masked-autoencoder", {"gamma": 2.0, "rate": 0.5}),
    ("supervised", {"balance": "tasks", "pooling": "attention"}),
    ("attribute-masking+infomax+supervised", {}),
    ("supervised+descriptors+attribute-masking+fingerprints", {}),
]


def draws(seed=0):
    return torch_generator(seed, "masks")


def build(text, settings, schema=MOLECULES, dim=16):
    torch.manual_seed(1)
    options = {text: settings} if settings else {}
    return make_objective(text, options, schema, EncoderConfig(dim=dim), TASKS, TARGETS)


def labelled(batch, seed=0):
    """Give every graph two labels of three, by a rule of its own, and computed targets."""
    rng = np.random.default_rng(seed)
    count = batch.num_graphs
    y = np.stack([rng.integers(0, 2, count), rng.normal(6, 2, count), rng.integers(0, 2, count)], 1)
    y[:, 0][: count // 2] = np.nan
    y[:, 2][count // 2 :] = np.nan
    batch, _ = with_targets(batch, seed)
    return replace(batch, y=torch.from_numpy(y.astype(np.float32)))


@pytest.fixture
def batches(make_batch, random_batch, nci, odd_schema):
    """Batches with their schemas: molecules, and anything at all."""
    bare = FeatureSchema("bare", (), (), node_x=("x",))
    odd = random_batch([9, 4, 12, 1, 7], seed=3)
    plain = replace(
        odd,
        node_cat=odd.node_cat[:, :0],
        edge_cat=odd.edge_cat[:, :0],
        edge_x=odd.edge_x[:, :0],
    )
    return {
        "molecules": (MOLECULES, labelled(make_batch(nci[:20]))),
        "made-up": (odd_schema, labelled(odd)),
        "without categories": (bare, labelled(plain)),
        "single nodes": (odd_schema, labelled(random_batch([1, 1, 1], seed=2))),
    }


KINDS = ["molecules", "made-up", "without categories", "single nodes"]


@pytest.mark.parametrize(("text", "settings"), CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_on_any_graphs(text, settings, kind, batches, tiny_encoder):
    schema, batch = batches[kind]
    encoder, objective = tiny_encoder(schema), build(text, settings, schema)
    before = batch.map(torch.clone)
    output = objective(encoder, batch, draws())
    assert output.loss.shape == ()
    assert output.loss.dtype == torch.float32
    for name, value in output.logs.items():
        assert value.shape == (), name
        assert not value.requires_grad, name
        assert value.isfinite(), name
    output.loss.backward()
    parameters = [*encoder.parameters(), *objective.parameters()]
    assert output.loss.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in parameters)
    for item in fields(batch):
        value = getattr(before, item.name)
        if isinstance(value, Tensor):
            now = getattr(batch, item.name)
            torch.testing.assert_close(now, value, rtol=0, atol=0, equal_nan=True)
    for name in NAMES:
        now, value = batch.targets[name], before.targets[name]
        torch.testing.assert_close(now, value, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(("text", "settings"), CASES)
def test_gradients_reach_the_encoder_and_every_head(text, settings, batches, tiny_encoder):
    schema, batch = batches["molecules"]
    encoder, objective = tiny_encoder(schema), build(text, settings, schema)
    objective(encoder, batch, draws()).loss.backward()
    first_layer = [p.grad.abs().sum() for p in encoder.nodes.parameters()]
    assert all(total > 0 for total in first_layer)
    assert all(p.grad is not None for p in encoder.parameters())
    for name, parameter in objective.named_parameters():
        assert parameter.grad is not None, name
        is_shift = name.endswith("bias") and "mlp" in name  # normalisation takes it away again
        assert is_shift or "edges.tables" in name or parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize(("text", "settings"), CASES)
def test_randomness_comes_from_the_generator_alone(text, settings, batches, tiny_encoder):
    schema, batch = batches["molecules"]
    encoder, objective = tiny_encoder(schema), build(text, settings)
    generator = draws(5)
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002  (must stay untouched)
    losses = [objective(encoder, batch, generator).loss for _ in range(2)]
    assert torch.get_rng_state().equal(states[0])
    assert np.random.get_state()[1].tolist() == states[1]  # noqa: NPY002  (must stay untouched)
    assert random.getstate() == states[2]
    torch.manual_seed(99)
    assert objective(encoder, batch, draws(5)).loss.equal(losses[0])
    still = {"infomax", "supervised", "descriptors", "fingerprints", "motifs", "deep-kernel"}
    drawn = settings.get("corruption") == "features" or text not in still
    assert losses[0].equal(losses[1]) is not drawn


@pytest.mark.parametrize(("text", "settings"), CASES)
def test_everything_stays_on_the_device_of_the_batch(text, settings, batches, tiny_encoder):
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    schema, batch = batches["made-up"]
    encoder, objective = tiny_encoder(schema), build(text, settings, schema)
    expected = objective(encoder, batch, draws()).loss
    found = objective.cuda()(encoder.cuda(), batch.to("cuda"), draws())
    assert found.loss.device.type == "cuda"
    torch.testing.assert_close(found.loss.cpu(), expected, atol=1e-3, rtol=1e-3)


OVERFITS = {
    "context-prediction": (NEAR, 50, 0.1),
    "edge-prediction": ({"hide": 0.2}, 100, 0.1),
    "infomax": ({"corruption": "features"}, 60, 0.1),
    "descriptors": ({"loss": "squared"}, 120, 0.1),
    "fingerprints": ({}, 120, 0.1),
    "motifs": ({}, 120, 0.1),
    "masked-autoencoder": ({}, 200, 0.1),
    "supervised": ({}, 120, 0.1),
}


@pytest.mark.parametrize("name", OVERFITS)
def test_overfits_sixteen_graphs(name, make_batch, nci):
    settings, steps, limit = OVERFITS[name]
    batch = labelled(make_batch(nci[200:216]))
    objective = build(name, settings, dim=32)
    encoder = Encoder(MOLECULES, EncoderConfig(num_layers=3, dim=32))
    optimizer = torch.optim.Adam([*encoder.parameters(), *objective.parameters()], lr=1e-2)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = objective(encoder, batch, draws(3)).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < limit
    assert losses[-1] < losses[0] / 5


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("context-prediction", {"k": 0}, "k = 0"),
        ("context-prediction", {"k": 2.5}, "k = 2.5"),
        ("context-prediction", {"k": 4, "r1": 4}, "r1 < k"),
        ("context-prediction", {"k": 9, "r1": 7}, "r1 < r2"),
        ("context-prediction", {"mode": "bag"}, "cbow, skipgram"),
        ("context-prediction", {"context_encoder": "none"}, "separate, shared"),
        ("context-prediction", {"negatives": 0}, "at least 1"),
        ("context-prediction", {"temperature": 0}, "temperature = 0"),
        ("edge-prediction", {"hide": 1.5}, "at most 1"),
        ("edge-prediction", {"negatives": -1}, "at least 1"),
        ("infomax", {"corruption": "edges"}, "auto, summaries, features"),
        ("infomax", {"weight": -1.0}, "weight"),
        ("descriptors", {"clip": 0.0}, "clip"),
        ("descriptors", {"loss": "hinge"}, "smooth, squared"),
        ("descriptors", {"hidden_layers": 9}, "at most 8"),
        ("fingerprints", {"rarity": 2.0}, "at most 1"),
        ("motifs", {"pooling": "median"}, "sum"),
        ("masked-autoencoder", {"rate": 1.0}, "rate"),
        ("masked-autoencoder", {"gamma": 0.5}, "at least 1"),
        ("masked-autoencoder", {"loss": "squared"}, "cosine, cross-entropy"),
        ("supervised", {"pooling": "median"}, "sum"),
        ("supervised", {"balance": "rows"}, "labels, tasks"),
        ("supervised", {"dropout": 1.0}, "dropout"),
    ],
)
def test_settings_are_checked(name, settings, said):
    with pytest.raises(InputError, match=said.replace("(", "\\(")):
        OBJECTIVES[name].Settings(**settings)
