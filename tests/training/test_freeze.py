"""Freeze plans."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from graftwork.config import HeadConfig
from graftwork.errors import InputError
from graftwork.nn.predictor import Predictor
from graftwork.training.freeze import STRATEGIES, Frozen, apply_plan
from graftwork.training.lesson import FinetuneStep
from graftwork.training.steps import Sealed


@pytest.fixture
def predictor(tiny_encoder):
    torch.manual_seed(1)
    config = HeadConfig(pooling="attention", tasks=("y",), dropout=0.2)
    return Predictor(tiny_encoder(dropout=0.3), config)


def trainable(model):
    return {name for name, p in model.named_parameters() if p.requires_grad}


def test_full_trains_everything_linear_probe_what_is_not_the_encoder(predictor):
    everything = {name for name, _ in predictor.named_parameters()}
    apply_plan(predictor, STRATEGIES["linear-probe"].plan(predictor.encoder.config))
    assert trainable(predictor) == {n for n in everything if not n.startswith("encoder.")}
    assert trainable(predictor)
    apply_plan(predictor, STRATEGIES["full"].plan(predictor.encoder.config))
    assert trainable(predictor) == everything


def test_a_glob_that_matches_nothing_is_refused_and_freezes_nothing(predictor):
    before = trainable(predictor)
    with pytest.raises(InputError, match=r"'encoder.layers.\*' matches no parameter"):
        apply_plan(predictor, (Frozen("head.*"), Frozen("encoder.layers.*")))
    assert trainable(predictor) == before


def test_globs_add_up(predictor):
    apply_plan(predictor, (Frozen("encoder.nodes.*"), Frozen("encoder.convs.0.*")))
    frozen = {n for n, _ in predictor.named_parameters()} - trainable(predictor)
    assert {name.split(".")[1] for name in frozen} == {"nodes", "convs"}
    assert any(name.startswith("encoder.convs.1.") for name in trainable(predictor))


def test_a_delayed_plan_ends_at_its_time_and_another_stays(predictor):
    everything = {name for name, _ in predictor.named_parameters()}
    head = {name for name in everything if not name.startswith("encoder.")}
    plan = (Frozen("encoder.*", until=0.5), Frozen("head.*"))
    for done, expected in ((0.0, head), (0.49, head), (0.5, everything), (1.0, everything)):
        apply_plan(predictor, plan, done)
        assert trainable(predictor) == {n for n in expected if not n.startswith("head.")}


@pytest.mark.parametrize("norm", ["batch", "none"])
def test_a_gradual_plan_thaws_from_the_top_until_half_time(norm, tiny_encoder):
    predictor = Predictor(tiny_encoder(norm=norm), HeadConfig(tasks=("y",)))
    everything = {name for name, _ in predictor.named_parameters()}
    plan = STRATEGIES["gradual"].plan(predictor.encoder.config)
    layers = predictor.encoder.config.num_layers
    found = []
    for done in np.linspace(0, 0.5, layers + 2):
        apply_plan(predictor, plan, done + 1e-9)
        found.append(trainable(predictor))
    assert found[0] == {name for name in everything if not name.startswith("encoder.")}
    assert found[-1] == everything
    for before, after, depth in zip(found, found[1:-1], reversed(range(layers)), strict=False):
        new = {tuple(name.split(".")[2:3]) for name in after - before}
        assert new == {(str(depth),)}


@pytest.mark.parametrize("plan", ["linear-probe", "full"])
def test_a_frozen_encoder_stays_bit_for_bit_statistics_and_output_included(
    plan, predictor, make_batch, nci
):
    batch = make_batch(nci[:16], torch.linspace(-1, 1, 16)[:, None])
    step = FinetuneStep(predictor)
    apply_plan(predictor, STRATEGIES[plan].plan(predictor.encoder.config))
    optimizer = torch.optim.AdamW(
        [p for p in predictor.parameters() if p.requires_grad], lr=0.1, weight_decay=0.5
    )
    before = copy.deepcopy(predictor.state_dict())
    step.train()
    outputs = []
    for _ in range(3):
        optimizer.zero_grad()
        outputs.append(predictor.encoder(batch).detach())
        step(Sealed(batch)).loss.backward()
        optimizer.step()
    after = predictor.state_dict()
    changed = {name for name in before if not before[name].equal(after[name])}
    assert any(name.startswith("head.") for name in changed)
    assert any(name.startswith("pooling.") for name in changed)
    still = not any(name.startswith("encoder.") for name in changed)
    assert still == (plan == "linear-probe")
    assert ("encoder.norms.0.running_mean" in changed) == (plan == "full")
    assert outputs[0].equal(outputs[1]) == (plan == "linear-probe")  # no dropout in it either
    assert predictor.head.training


def test_a_batch_without_labels_cannot_train(predictor, make_batch, nci):
    with pytest.raises(InputError, match="without labels"):
        FinetuneStep(predictor)(Sealed(make_batch(nci[:3])))
