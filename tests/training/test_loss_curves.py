"""Golden loss curves: a change of arithmetic, draws or order shows up here first.

python tests/training/test_loss_curves.py writes the file anew; do so only when a change is meant.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from graftwork.config import EncoderConfig
from graftwork.data.loader import load_batch
from graftwork.data.sampler import BatchSampler
from graftwork.graph.tasks import TaskSet
from graftwork.nn.encoder import Encoder
from graftwork.objectives.make import make_objective
from graftwork.rng import torch_generator

GOLDEN = Path(__file__).parents[1] / "golden" / "loss_curves.json"
NEAR = {"k": 2, "r1": 1, "r2": 3}
CASES = {
    "attribute-masking": ("gin", {}),
    "attribute-masking of edges": ("gin", {"attribute-masking": {"edges": True}}),
    "attribute-masking, gcn": ("gcn", {}),
    "attribute-masking, graphsage": ("graphsage", {}),
    "attribute-masking, gat": ("gat", {}),
    "attribute-masking, gatv2": ("gatv2", {}),
    "attribute-masking, gine": ("gine", {}),
    "context-prediction": ("gin", {"context-prediction": NEAR}),
    "context-prediction, skipgram": (
        "gin",
        {"context-prediction": {**NEAR, "mode": "skipgram", "negatives": 2}},
    ),
    "edge-prediction": ("gin", {}),
    "infomax": ("gin", {}),
    "descriptors": ("gin", {}),
    "fingerprints": ("gin", {}),
    "motifs": ("gin", {}),
    "masked-autoencoder": ("gin", {}),
    "masked-autoencoder, gat": ("gat", {"masked-autoencoder": {"gamma": 2.0}}),
    "supervised": ("gin", {}),
    "deep-kernel": ("gin", {}),
    "attribute-masking+supervised": ("gin", {}),
    "supervised+descriptors+attribute-masking": ("gin", {}),
}
TASKS = TaskSet(("heavy", "size"), ("classification", "regression"), (0.0, 20.0), (1.0, 8.0))
STEPS = 12


def curve(store, name):
    """Losses of a short run in float32, from seeded weights.

    With plain gradient descent: Adam's division lets rounding grow to percents in these steps.
    """
    from made_targets import made_targets  # lies where a script does not look by itself

    conv, options = CASES[name]
    objective = name.split(",", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    config = EncoderConfig(conv=conv, num_layers=3, dim=32)
    torch.manual_seed(0)
    encoder = Encoder(store.schema, config)
    made = made_targets(np.diff(store.graphs.node_ptr), np.diff(store.graphs.edge_ptr))
    store = replace(store, targets=made)
    targets = {name: found.tasks for name, found in made.items()}
    module = make_objective(objective, options, store.schema, config, TASKS, targets)
    parameters = [*encoder.parameters(), *module.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.005)
    generator = torch_generator(0, "masks")
    size = np.diff(store.graphs.node_ptr)
    labels = np.stack([size > np.median(size), size], 1).astype(np.float32)
    labels[::5, 1] = np.nan
    losses = []
    batches = BatchSampler(len(store), 48, seed=1).batches()
    for _, graphs in zip(range(STEPS), batches, strict=False):
        loss = module(encoder, load_batch(store, graphs, labels, made), generator).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("name", CASES)
def test_loss_curve(name, make_store, nci):
    golden = json.loads(GOLDEN.read_text())[name]
    losses = curve(make_store(nci[:200]), name)
    assert min(losses[1:]) < losses[0]
    np.testing.assert_allclose(losses, golden, rtol=1e-3)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from conftest import make_store, nci

    molecules = make_store.__wrapped__()(nci.__wrapped__()[:200])
    curves = {name: [round(loss, 6) for loss in curve(molecules, name)] for name in CASES}
    GOLDEN.write_text(json.dumps(curves, indent=1) + "\n")
