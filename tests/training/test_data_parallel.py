"""Several processes that share every batch take the steps of one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import load_file

import shared_steps
from graftwork.data.sparse_labels import SparseLabels
from graftwork.data.store import LABELS, GraphStore, StoreWriter
from graftwork.graph.pack import pack

SIZES = [9, 4, 12, 7, 2, 11, 10, 3, 8, 1, 1, 1, 1]


@pytest.fixture(scope="module")
def store(tmp_path_factory, odd_schema, random_graphs):
    """Made-up graphs with roots and labels, those of one node without; as files."""
    folder = tmp_path_factory.mktemp("shared") / "store"
    writer = StoreWriter(folder, odd_schema)
    graphs = [replace(graph, root=0) for graph in random_graphs(SIZES, seed=5)]
    writer.append(list(range(len(graphs))), pack(graphs, odd_schema))
    writer.finish()
    rng = np.random.default_rng(1)
    graph, task = np.divmod(np.flatnonzero(rng.random(9 * 3) < 0.6), 3)
    value = np.where(task == 1, rng.normal(6, 2, len(task)), rng.integers(0, 2, len(task)))
    names = ("toxic", "potency", "rare")
    SparseLabels.from_triples(graph, task, value, len(SIZES), names).save(folder / LABELS)
    return folder


def environment(rank, world, port):
    """What torchrun tells a process."""
    told = {"RANK": rank, "WORLD_SIZE": world, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": world}
    told |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": 1}
    return {**os.environ, **{key: str(value) for key, value in told.items()}}


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module", params=[2, 3])
def shared(request, store, tmp_path_factory):
    """What each of so many processes found, in one run of all cases."""
    result, port = tmp_path_factory.mktemp("results") / "steps", free_port()
    processes = [
        subprocess.Popen(
            [sys.executable, shared_steps.__file__, str(store), str(result)],
            env=environment(rank, request.param, port),
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(request.param)
    ]
    try:
        for process in processes:
            _, said = process.communicate(timeout=200)
            assert process.returncode == 0, said[-3000:]
    finally:
        for process in processes:
            process.kill()
    return [load_file(f"{result}.{rank}") for rank in range(request.param)]


@pytest.mark.slow
@pytest.mark.parametrize("name", shared_steps.CASES)
def test_the_updates_and_logs_are_those_of_one_process(name, store, shared):
    alone = shared_steps.steps(GraphStore.open(store), name)
    size = max(update.abs().max() for key, update in alone.items() if key.endswith("weight"))
    assert size > 1e-3
    for found in shared:
        mine = {
            k.removeprefix(f"{name}: "): v for k, v in found.items() if k.startswith(f"{name}:")
        }
        assert set(mine) == set(alone)
        for key, expected in alone.items():
            logged = key[0].isdigit()
            within = 1e-6 if logged and not key.endswith("loss") else 1e-9  # shares are float32
            error = (mine[key] - expected).abs().max()
            assert error <= within * max(size, expected.abs().max()), key
