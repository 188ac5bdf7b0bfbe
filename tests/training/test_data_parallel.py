"""Several processes that share every batch take the steps of one."""

from __future__ import annotations

import functools
import os
import socket
import subprocess
import sys

import numpy as np
import pytest
from safetensors.torch import load_file

import shared_steps
from graftwork.data.sparse_labels import SparseLabels
from graftwork.data.store import LABELS, GraphStore, StoreWriter
from graftwork.graph.pack import pack
from made_targets import NAMES, made_rows

CASES = [(2, name) for name in shared_steps.CASES] + [(3, name) for name in shared_steps.OBJECTIVES]


@pytest.fixture(scope="module")
def store(tmp_path_factory, odd_schema, random_graphs):
    """Made-up graphs and labels, as files."""
    folder = tmp_path_factory.mktemp("shared") / "store"
    writer = StoreWriter(folder, odd_schema, NAMES)
    graphs = random_graphs(shared_steps.SIZES, seed=5)
    rows = made_rows(shared_steps.SIZES, [graph.num_edges for graph in graphs])
    writer.append(list(range(len(graphs))), pack(graphs, odd_schema), rows)
    writer.finish()
    rng = np.random.default_rng(1)
    graph, task = np.divmod(np.flatnonzero(rng.random(9 * 3) < 0.6), 3)
    value = np.where(task == 1, rng.normal(6, 2, len(task)), rng.integers(0, 2, len(task)))
    names = ("toxic", "potency", "rare")
    SparseLabels.from_triples(graph, task, value, len(graphs), names).save(folder / LABELS)
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


@pytest.fixture(scope="module")
def shared(store, tmp_path_factory):
    """Run all cases of so many processes once; return what each of them found."""

    @functools.cache
    def run(world):
        result, port = tmp_path_factory.mktemp("results") / "steps", free_port()
        cases = [name for number, name in CASES if number == world]
        command = [sys.executable, shared_steps.__file__, str(store), str(result), *cases]
        processes = [
            subprocess.Popen(
                command, env=environment(rank, world, port), stderr=subprocess.PIPE, text=True
            )
            for rank in range(world)
        ]
        try:
            for process in processes:
                _, said = process.communicate(timeout=200)
                assert process.returncode == 0, said[-3000:]
        finally:
            for process in processes:
                process.kill()
        return [load_file(f"{result}.{rank}") for rank in range(world)]

    return run


@pytest.mark.slow
@pytest.mark.parametrize(("world", "name"), CASES)
def test_the_updates_and_logs_are_those_of_one_process(world, name, store, shared):
    alone = shared_steps.steps(GraphStore.open(store), name)
    size = max(update.abs().max() for key, update in alone.items() if key.endswith("weight"))
    assert size > 1e-3
    for found in shared(world):
        mine = {
            key.partition(": ")[2]: value
            for key, value in found.items()
            if key.startswith(f"{name}: ")
        }
        assert set(mine) == set(alone)
        for key, expected in alone.items():
            logged = key[0].isdigit()
            within = 1e-6 if logged and not key.endswith("loss") else 1e-9  # shares are float32
            error = (mine[key] - expected).abs().max()
            assert error <= within * max(size, expected.abs().max()), key
