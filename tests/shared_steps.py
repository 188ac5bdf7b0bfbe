"""A few steps of every objective in float64: by one process, or by several that share each batch.

Run as a script it is one of several processes: ``shared_steps.py STORE RESULT CASE...``.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from graftwork.config import EncoderConfig
from graftwork.data.loader import load_batch
from graftwork.data.store import GraphStore
from graftwork.nn.conv import CONVS
from graftwork.nn.encoder import Encoder
from graftwork.nn.pooling import POOLINGS
from graftwork.nn.ranks import rank, world
from graftwork.objectives.make import make_objective
from graftwork.rng import torch_generator
from graftwork.training.device import new_fabric
from graftwork.training.loop import run_loop
from graftwork.training.steps import PretrainStep

NEAR = {"k": 2, "r1": 1, "r2": 3}
OBJECTIVES = {
    "masking": ("attribute-masking", {}),
    "masking nodes and edges": ("attribute-masking", {"edges": True, "rate": 0.3}),
    "cbow": ("context-prediction", {**NEAR, "negatives": 2}),
    "skipgram": ("context-prediction", {**NEAR, "mode": "skipgram", "negatives": 3}),
    "one encoder": ("context-prediction", {**NEAR, "context_encoder": "shared"}),
    "rare contexts": ("context-prediction", {"k": 3, "r1": 2, "r2": 4}),
    "edges": ("edge-prediction", {"negatives": 2}),
    "hidden edges": ("edge-prediction", {"hide": 0.3}),
    "summaries": ("infomax", {}),
    "features": ("infomax", {"corruption": "features"}),
    "descriptors": ("descriptors", {}),
    "fingerprints": ("fingerprints", {}),
    "motifs": ("motifs", {"pooling": "attention", "hidden_layers": 2}),
    "autoencoder": ("masked-autoencoder", {"gamma": 2.0}),
    "autoencoder, entropy": ("masked-autoencoder", {"loss": "cross-entropy"}),
    "labels": ("supervised", {}),
    "tasks": ("supervised", {"balance": "tasks"}),
    "kernel": ("deep-kernel", {"least": 4}),
    "joint": ("attribute-masking+infomax+supervised+edge-prediction+descriptors+motifs", {}),
}
CASES = {
    **{name: (*case, "gin") for name, case in OBJECTIVES.items()},
    **{conv: ("attribute-masking", {"edges": True}, conv) for conv in CONVS},
    **{
        f"{name}, nodes left out": (*OBJECTIVES[name], "gin/layer")
        for name in ("masking nodes and edges", "cbow", "skipgram", "summaries", "autoencoder")
    },
    **{pooling: ("supervised", {"pooling": pooling}, "gin") for pooling in POOLINGS},
}
SIZES = [9, 4, 12, 7, 2, 11, 10, 3, 8, 1, 1, 1, 1, 0]
"""Nodes of the graphs; those of less than two have no labels."""
BATCHES = ([0, 1, 2, 3, 4, 5, 6, 7, 8], [9, 13, 10, 11, 2, 4], [3, 5, 0, 13, 10, 9], [6], [8, 1])
"""Numbers of graphs, so that the first process, the last or all but one have next to nothing."""


def doubled(values):
    return values.double() if values.is_floating_point() else values


def steps(store, name):
    """Return weights, running averages and what was logged in each step, by name."""
    text, settings, conv = CASES[name]
    conv, _, norm = conv.partition("/")
    shape = EncoderConfig(conv=conv, num_layers=2, dim=8, norm=norm or "batch")
    torch.manual_seed(1)
    encoder = Encoder(store.schema, shape)
    options = {text: settings} if settings else {}
    targets = {key: found.tasks for key, found in store.targets.items()}
    objective = make_objective(text, options, store.schema, shape, store.labels.tasks, targets)
    module = PretrainStep(encoder, objective, torch_generator(0, "masks"))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9)
    fabric = new_fabric("cpu", "64-true", distributed=True)
    wrapped, optimizer = fabric.setup(module, optimizer)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    found = {}

    def after_step(done, output):
        for key, value in output.values().items():
            found[f"{done} {key}"] = torch.tensor(value, dtype=torch.float64)
        return True

    def batches():
        rooted = name.startswith(("centre", "one encoder"))
        for graphs in BATCHES:
            chosen = [graph for graph in graphs if SIZES[graph] or not rooted]
            own = np.array_split(chosen, world())[rank()]
            batch = load_batch(store, own, store.labels, store.targets)
            if rooted:
                batch = replace(batch, root=batch.node_ptr[:-1])
            yield batch.map(doubled)

    torch.set_default_dtype(torch.float64)  # or Fabric would round the losses
    run_loop(
        fabric,
        wrapped,
        optimizer,
        batches(),
        first=0,
        last=len(BATCHES),
        learning_rate=lambda _step: 0.05,
        after_step=after_step,
        clip=5.0,
    )
    torch.set_default_dtype(torch.float32)
    after = {key: value - before[key] for key, value in module.state_dict().items()}
    return found | after


if __name__ == "__main__":
    opened = GraphStore.open(Path(sys.argv[1]))
    results = {
        f"{name}: {key}": value
        for name in sys.argv[3:]
        for key, value in steps(opened, name).items()
    }
    save_file(results, f"{sys.argv[2]}.{rank()}")
