"""How fast the main paths are, as ratios to what this machine can do.

python benchmarks/throughput.py [-i corpus.smi.gz] [--limit 20000]

- building a store, against RDKit parsing the same SMILES in one process, times the cores;
- gathering batches, against copying the same number of bytes;
- a pre-training step, in arithmetic per second, against this machine's rate for one large matrix
  product in the same precision.
"""

from __future__ import annotations

import argparse
import itertools
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from rdkit import Chem, RDConfig

from graftwork.config import EncoderConfig
from graftwork.data.build import build_store
from graftwork.data.featurize import SCHEMAS
from graftwork.data.isolate import IsolatedPool, available_cores
from graftwork.data.loader import load_batch
from graftwork.data.sampler import BatchSampler
from graftwork.data.sources import open_table
from graftwork.data.store import GraphStore
from graftwork.nn import Encoder
from graftwork.objectives.make import make_objective

BATCH = 256


def seconds(function: Callable[[], object], repeats: int) -> float:
    """Return seconds per call after one warm-up call."""
    function()
    start = time.perf_counter()
    for _ in range(repeats):
        function()
    return (time.perf_counter() - start) / repeats


def build(corpus: Path, limit: int) -> GraphStore:
    """Time building a store against bare parsing."""
    records = list(itertools.islice(open_table(corpus).rows(), limit))
    start = time.perf_counter()
    for record in records:
        Chem.MolFromSmiles(record.structure)
    parse = len(records) / (time.perf_counter() - start)
    pool = IsolatedPool()
    list(pool.map("graph", SCHEMAS["default"], ["C"] * pool.workers, chunk=1))  # start the workers
    start = time.perf_counter()
    store = build_store(records, SCHEMAS["default"], pool=pool).store
    rate = len(records) / (time.perf_counter() - start)
    pool.close()
    limit_rate = parse * available_cores()
    print(f"build    {rate:9.0f} molecules/s   {rate / limit_rate:5.0%} of parsing alone", end="")
    print(f" ({parse:.0f}/s a core, {available_cores()} cores)")
    return store


def gather(store: GraphStore) -> None:
    """Time the vectorised gather against a copy of as many bytes."""
    batches = BatchSampler(len(store), BATCH).batches()
    chosen = next(batches)
    size = sum(array.nbytes for array in store.graphs.take(chosen).arrays().values())
    taken = seconds(lambda: store.graphs.take(next(batches)), 100)
    whole = seconds(lambda: load_batch(store, next(batches)), 100)
    source = np.ones(size, np.uint8)
    copied = seconds(source.copy, 1000)
    print(f"gather   {BATCH / whole:9.0f} molecules/s   {taken * 1e3:.2f} ms a batch, ", end="")
    print(f"{taken / copied:.0f} x a plain copy of its {size / 1e3:.0f} kB")


def flops(config: EncoderConfig, nodes: int) -> float:
    """Count the arithmetic of the layers' perceptrons in a forward and a backward pass."""
    return 3 * config.num_layers * 2 * nodes * 2 * (config.dim * 2 * config.dim)


def pretrain(store: GraphStore, dtype: torch.dtype) -> None:
    """Time a pre-training step against a matrix product of the same width."""
    config = EncoderConfig()
    encoder = Encoder(store.schema, config)
    options = {"attribute-masking": {"rate": 0.25, "edges": True}}
    objective = make_objective("attribute-masking", options, store.schema, config)
    optimizer = torch.optim.AdamW([*encoder.parameters(), *objective.parameters()], 1e-3)
    generator = torch.Generator().manual_seed(0)
    batches = BatchSampler(len(store), BATCH).batches()
    nodes = []

    def step() -> None:
        batch = load_batch(store, next(batches))
        nodes.append(batch.num_nodes)
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            loss = objective(encoder, batch, generator).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    taken = seconds(step, 10)
    rows = int(np.mean(nodes))
    left = torch.randn(rows, config.dim, dtype=dtype)
    right = torch.randn(config.dim, 2 * config.dim, dtype=dtype)
    peak = 2 * rows * config.dim * 2 * config.dim / seconds(lambda: left @ right, 50)
    rate = flops(config, rows) / taken
    name = str(dtype).removeprefix("torch.")
    print(
        f"pretrain {BATCH / taken:9.0f} molecules/s   {rate / peak:5.0%} of the matrix rate", end=""
    )
    print(f" ({rate / 1e9:.0f} of {peak / 1e9:.0f} GFLOP/s, {name})")


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"
    parser.add_argument("-i", "--input", type=Path, default=default)
    parser.add_argument("--limit", type=int, default=20_000)
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {available_cores()} cores, torch {torch.__version__}")
    store = build(arguments.input, arguments.limit)
    gather(store)
    pretrain(store, torch.float32)
    pretrain(store, torch.bfloat16)


if __name__ == "__main__":
    main()
