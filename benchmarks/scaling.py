"""Does an epoch of twice the molecules cost twice as much? And what do two processes give?

python benchmarks/scaling.py -i corpus.smi.gz [--sizes 1000,10000,...] [--store FOLDER]

Builds the graph store of the largest size once (its rate, bytes and peak memory are printed), then
times pre-training steps over its first 1,000, 10,000, ... molecules, taking turns so that a drift
of the machine meets all alike. The order of an epoch is part of its cost.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from rdkit import RDConfig

from graftwork.config import EncoderConfig
from graftwork.data.build import build_store
from graftwork.data.featurize import SCHEMAS
from graftwork.data.loader import load_batch
from graftwork.data.sampler import BatchSampler
from graftwork.data.sources import open_table
from graftwork.data.store import GraphStore
from graftwork.memory import keep_freed
from graftwork.nn import Encoder
from graftwork.nn.precision import best_precision
from graftwork.objectives.make import make_objective
from limits import machine, settle

SIZES = "1000,10000,100000,1000000,2000000"
BATCH = 256
ROUNDS, STEPS = 8, 10


def build(source: Path, count: int, folder: Path) -> None:
    """Build a store and say what it took."""
    start = time.perf_counter()
    records = itertools.islice(open_table(source).rows(), count)
    store = build_store(records, SCHEMAS["default"], folder).store
    taken = time.perf_counter() - start
    size = sum(file.stat().st_size for file in folder.glob("*.bin")) / len(store)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"store of {len(store)} molecules: {len(store) / taken:.0f}/s, {size:.0f} bytes each, ",
        end="",
    )
    print(f"{peak:.2f} GB at most in this process")


def trainer(store: GraphStore) -> Callable[[int, int], int]:
    """Return a function that takes some steps over the first molecules, and counts its own."""
    config = EncoderConfig(num_layers=5, dim=300)
    encoder = Encoder(store.schema, config)
    module = make_objective("attribute-masking", {}, store.schema, config)
    optimizer = torch.optim.AdamW([*encoder.parameters(), *module.parameters()], fused=True)
    generator = torch.Generator().manual_seed(0)
    autocast = best_precision("cpu") == "bf16-mixed"

    def steps(count: int, first: int) -> int:
        batches = BatchSampler(count, BATCH).batches(first)
        nodes = 0
        for _ in range(STEPS):
            batch = load_batch(store, next(batches))
            nodes += batch.num_nodes
            with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
                loss = module(encoder, batch, generator).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        return nodes

    return steps


def epochs(store: GraphStore, sizes: list[int]) -> None:
    """Time epochs of the first molecules of a store."""
    steps = trainer(store)
    keep_freed()
    steps(sizes[0], 0)
    taken, nodes = dict.fromkeys(sizes, 0.0), dict.fromkeys(sizes, 0)
    for turn in range(ROUNDS):
        for size in sizes:
            first = turn * STEPS % BatchSampler(size, BATCH).steps_per_epoch
            start = time.perf_counter()
            nodes[size] += steps(size, first)
            taken[size] += time.perf_counter() - start
    base = None
    for size in sizes:
        start = time.perf_counter()
        BatchSampler(size, BATCH).epoch(1)
        order = time.perf_counter() - start
        # the order of an epoch is drawn in each turn, and belongs to all of its steps
        spent = taken[size] - ROUNDS * order
        cost = spent / nodes[size] + order / (size * nodes[size] / (ROUNDS * STEPS * BATCH))
        base = cost if size == 10_000 or base is None else base
        print(f"{size:8} molecules: {1e6 * cost:.2f} us a node, {cost / base:.3f} of 10,000's")


def processes(store: Path, counts: list[int], steps: int) -> None:
    """Time the command in several processes with one thread each."""
    rates: dict[int, float] = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            line = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(count)]
            line += ["-m", "graftwork", "pretrain", "-i", str(store), "-o", f"{folder}/run"]
            line += ["--num-layers", "5", "--dim", "300", "--batch-size", str(BATCH * count)]
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            taken = []
            for number in (5, 5 + steps):  # what starting costs is in both
                start = time.perf_counter()
                subprocess.run(
                    [*line, "--max-steps", str(number), "--epochs", "1000000", "--overwrite"],
                    check=True,
                    env=environment,
                    capture_output=True,
                )
                taken.append(time.perf_counter() - start)
        rates[count] = steps * BATCH * count / (taken[1] - taken[0])
        ratio = rates[count] / rates[counts[0]]
        print(f"{count} processes of one thread: {rates[count]:.0f} molecules/s, {ratio:.2f} x")


def main() -> None:
    """Run all of it."""
    settle()
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"
    parser.add_argument("-i", "--input", type=Path, default=default)
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--store", type=Path, help="take this store, or leave it here")
    parser.add_argument("--processes", default="1,2")
    parser.add_argument("--steps", type=int, default=60, help="of each number of processes")
    arguments = parser.parse_args()
    print(machine())
    sizes = [int(size) for size in arguments.sizes.split(",")]
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.store or Path(scratch) / "store"
        if not (folder / "store.json").is_file():
            build(arguments.input, max(sizes), folder)
        start = time.perf_counter()
        store = GraphStore.open(folder)
        print(f"opening takes {1e3 * (time.perf_counter() - start):.0f} ms")
        epochs(store, [size for size in sizes if size <= len(store)])
        processes(folder, [int(count) for count in arguments.processes.split(",")], arguments.steps)


if __name__ == "__main__":
    main()
