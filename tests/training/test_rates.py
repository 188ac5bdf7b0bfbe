"""Learning rates by layer."""

from __future__ import annotations

import pytest
import torch

from graftwork.config import HeadConfig
from graftwork.nn.predictor import Predictor
from graftwork.training.rates import layer_groups


@pytest.fixture
def predictor(tiny_encoder):
    return Predictor(tiny_encoder(), HeadConfig(pooling="attention", tasks=("y",)))


def test_every_parameter_is_in_one_group(predictor):
    for rates in ((1.0, 1.0), (1.0, 0.5), (0.2, 1.0)):
        found = [p for group in layer_groups(predictor, *rates) for p in group["params"]]
        assert len(found) == len({id(p) for p in found}) == len(list(predictor.parameters()))


def test_the_deeper_the_slower(predictor):
    share = {
        id(p): group["share"]
        for group in layer_groups(predictor, 0.25, 0.5)
        for p in group["params"]
    }
    depth = predictor.encoder.config.num_layers
    for name, parameter in predictor.named_parameters():
        kind, *rest = name.split(".")
        expected = 1.0
        if kind == "encoder":
            below = depth if rest[0] == "nodes" else depth - 1 - int(rest[1])
            expected = 0.25 * 0.5**below
        assert share[id(parameter)] == expected, name


def test_an_optimiser_takes_the_groups(predictor):
    optimizer = torch.optim.AdamW(layer_groups(predictor, 0.7, 1.0), lr=1.0)
    assert [group["share"] for group in optimizer.param_groups][:2] == [1.0, 0.7]
