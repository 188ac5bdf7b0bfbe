"""How fast a pre-training step is, against the machine's matrix products.

python benchmarks/pretrain.py [-i corpus.smi.gz] [--limit 20000] [--objectives NAME,...]
    [--encoders NAME,...] [--batch-size 256]

The limit is the rate of large matrix products in the same precision, and all arithmetic is that of
the layers' linear maps on every node of the original molecules, forward and backward: 10.8 MFLOP a
node for GIN 5 x 300. What a step saves by leaving nodes out counts as speed.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import torch
from rdkit import RDConfig
from torch import nn

from graftwork.config import EncoderConfig
from graftwork.data.build import build_store
from graftwork.data.featurize import SCHEMAS
from graftwork.data.loader import load_batch
from graftwork.data.sampler import BatchSampler
from graftwork.data.sources import open_table
from graftwork.data.store import GraphStore
from graftwork.nn import Encoder
from graftwork.nn.conv import CONVS
from graftwork.objectives import OBJECTIVES
from graftwork.objectives.make import make_objective
from limits import copy_rate, machine, matrix_rate, seconds

STEPS = 6
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def arithmetic(encoder: Encoder) -> float:
    """Return the operations of one node in the linear maps of all layers, forward and backward."""
    maps = [part for part in encoder.convs.modules() if isinstance(part, nn.Linear)]
    return 3.0 * sum(2 * part.in_features * part.out_features for part in maps)


def gather(store: GraphStore, size: int) -> float:
    """Time the assembly of batches; return molecules per second."""
    batches = BatchSampler(len(store), size).batches()
    chosen = next(batches)
    nbytes = sum(array.nbytes for array in store.graphs.take(chosen).arrays().values())
    taken = seconds(lambda: load_batch(store, next(batches)), 50)
    copies = taken * copy_rate() / nbytes
    print(f"gather   {size / taken:9.0f} molecules/s  {taken * 1e3:.1f} ms a batch, ", end="")
    print(f"{copies:.0f} x a plain copy of its {nbytes / 1e3:.0f} kB")
    return size / taken


def step_rates(
    store: GraphStore, objective: str, shape: EncoderConfig, size: int, precision: str, limit: float
) -> None:
    """Time steps of one objective with one encoder."""
    dtype = PRECISIONS[precision]
    config = shape
    encoder = Encoder(store.schema, config)
    module = make_objective(objective, {}, store.schema, config)
    optimizer = torch.optim.AdamW([*encoder.parameters(), *module.parameters()], fused=True)
    generator = torch.Generator().manual_seed(0)
    batches = BatchSampler(len(store), size).batches()
    nodes = []

    def step() -> None:
        batch = load_batch(store, next(batches))
        nodes.append(batch.num_nodes)
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            loss = module(encoder, batch, generator).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    taken = seconds(step, STEPS, rounds=2)
    rate = sum(nodes) / len(nodes) / taken
    ratio = rate * arithmetic(encoder) / limit
    name = f"{config.conv}, {config.norm}"
    print(f"{objective:20} {name:16} {precision} {rate:7.0f} nodes/s {size / taken:6.0f} ", end="")
    print(f"molecules/s  {ratio:.2f} of the matrix rate ({limit / 1e9:.0f} GFLOP/s)")


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"
    parser.add_argument("-i", "--input", type=Path, default=default)
    parser.add_argument("--limit", type=int, default=20_000)
    parser.add_argument(
        "--objectives", default=",".join(n for n in OBJECTIVES if n != "supervised")
    )
    parser.add_argument("--encoders", default=",".join(CONVS))
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--norm", default="batch")
    arguments = parser.parse_args()
    print(machine())
    records = itertools.islice(open_table(arguments.input).rows(), arguments.limit)
    store = build_store(records, SCHEMAS["default"]).store
    gather(store, arguments.batch_size)
    for objective in arguments.objectives.split(","):
        for conv in arguments.encoders.split(","):
            for precision, dtype in PRECISIONS.items():
                limit = matrix_rate(dtype)
                shape = EncoderConfig(conv=conv, num_layers=5, dim=300, norm=arguments.norm)
                step_rates(store, objective, shape, arguments.batch_size, precision, limit)


if __name__ == "__main__":
    main()
