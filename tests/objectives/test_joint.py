"""A joint objective is the weighted sum of its parts."""

from __future__ import annotations

import pytest
import torch

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.errors import InputError
from graftwork.objectives import AttributeMasking, EdgePrediction, Infomax, JointObjective
from graftwork.objectives.attribute_masking import AttributeMaskingSettings
from graftwork.objectives.infomax import InfomaxSettings
from graftwork.objectives.make import make_objective
from graftwork.rng import torch_generator
from made_targets import with_targets

SCHEMA, SHAPE = SCHEMAS["default"], EncoderConfig(dim=16)


def draws():
    return torch_generator(0, "masks")


@pytest.fixture
def parts():
    torch.manual_seed(2)
    return {
        "attribute-masking": AttributeMasking(SCHEMA, SHAPE, AttributeMaskingSettings(weight=0.5)),
        "edge-prediction": EdgePrediction(SCHEMA, SHAPE),
        "infomax": Infomax(SCHEMA, SHAPE, InfomaxSettings(weight=3.0)),
    }


def test_loss_and_gradients_are_the_weighted_sum_of_the_parts(parts, make_batch, nci, tiny_encoder):
    batch, encoder, generator = make_batch(nci[:20]), tiny_encoder().eval(), draws()
    outputs = {name: part(encoder, batch, generator) for name, part in parts.items()}
    expected = sum(
        weight * output.loss for weight, output in zip((0.5, 1, 3), outputs.values(), strict=True)
    )
    owned = [p for part in parts.values() for p in part.parameters()]
    parameters = [*encoder.parameters(), *owned]
    wanted = torch.autograd.grad(expected, parameters)
    found = JointObjective(parts)(encoder, batch, draws())
    torch.testing.assert_close(found.loss, expected)
    for one, two in zip(torch.autograd.grad(found.loss, parameters), wanted, strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)
    for name, output in outputs.items():
        assert found.logs[f"{name}/loss"] == output.loss
        assert not found.logs[f"{name}/loss"].requires_grad
        for key, value in output.logs.items():
            assert found.logs[f"{name}/{key}"] == value
    assert len(found.logs) == 3 + sum(len(output.logs) for output in outputs.values())


def test_parts_that_read_the_whole_batch_share_their_embeddings(make_batch, nci, tiny_encoder):
    """The encoder runs once for them, and once for what hides nodes; gradients reach both."""
    batch, tasks = with_targets(make_batch(nci[:20]))
    names = ("descriptors", "attribute-masking", "fingerprints", "motifs")
    encoder = tiny_encoder()
    calls = []
    encoder.register_forward_hook(lambda _module, given, _output: calls.append(given[0] is batch))
    joint = make_objective("+".join(names), {}, SCHEMA, SHAPE, targets=tasks)
    joint(encoder, batch, draws()).loss.backward()
    assert sorted(calls) == [False, True]
    alone = tiny_encoder()
    for part in joint.parts.values():
        part(alone, batch, draws()).loss.backward()
    for one, two in zip(encoder.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(one.grad, two.grad, atol=1e-5, rtol=1e-4)


def test_it_owns_the_heads_of_its_parts(parts):
    joint = JointObjective(parts)
    assert len(list(joint.parameters())) == sum(len(list(p.parameters())) for p in parts.values())
    assert joint.schema is SCHEMA
    assert joint.dim == 16


def test_it_can_be_a_part_itself(parts, make_batch, nci, tiny_encoder):
    batch, encoder = make_batch(nci[:10]), tiny_encoder().eval()
    joint = JointObjective(parts)
    outer = JointObjective({"all": joint})
    found = outer(encoder, batch, draws())
    assert found.loss == joint(encoder, batch, draws()).loss
    assert "all/infomax/loss" in found.logs


def test_no_part_is_an_error():
    with pytest.raises(InputError, match="at least one part"):
        JointObjective({})
