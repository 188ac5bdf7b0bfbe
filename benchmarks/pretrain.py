"""How fast a pre-training step is, against the machine's matrix products.

python benchmarks/pretrain.py [-i corpus.smi.gz] [--limit 20000] [--objectives NAME,...]
    [--encoders NAME,...] [--norms NAME,...] [--batch-size 256] [--device cuda] [--profile]

The limit is the rate of large matrix products in the same precision, and all arithmetic is that of
the layers' linear maps on every node of the original molecules, forward and backward: 10.8 MFLOP a
node for GIN 5 x 300. What a step saves by leaving nodes out counts as speed; with the norms "layer"
and "none" a step leaves out what nobody reads. Large batches suit an accelerator; there the
projected time of 100 epochs of 2 million molecules is printed, and the bandwidth of its memory.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from pathlib import Path

import torch
from rdkit import RDConfig
from torch import nn

from graftwork.config import EncoderConfig
from graftwork.data.build import build_store
from graftwork.data.featurize import SCHEMAS
from graftwork.data.loader import load_batch, prefetched
from graftwork.data.sampler import BatchSampler
from graftwork.data.sources import open_table
from graftwork.data.store import GraphStore
from graftwork.memory import keep_freed
from graftwork.nn import Encoder
from graftwork.nn.conv import CONVS
from graftwork.objectives import OBJECTIVES
from graftwork.objectives.attribute_masking import choose_nodes, hide
from graftwork.objectives.make import computed_targets, make_objective
from limits import copy_rate, device_copy_rate, machine, matrix_rate, seconds, settle

WARM_UP, STEPS = 12, 6
PROFILED = 14
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def arithmetic(encoder: Encoder) -> float:
    """Return the operations of one node in the linear maps of all layers, forward and backward."""
    maps = [part for part in encoder.convs.modules() if isinstance(part, nn.Linear)]
    return 3.0 * sum(2 * part.in_features * part.out_features for part in maps)


def assemble(store: GraphStore, size: int) -> None:
    """Time the assembly of batches, alone and with masks."""
    batches = BatchSampler(len(store), size).batches()
    chosen = next(batches)
    nbytes = sum(array.nbytes for array in store.graphs.take(chosen).arrays().values())
    generator = torch.Generator().manual_seed(0)

    def masked() -> None:
        batch = load_batch(store, next(batches))
        hide(batch, choose_nodes(batch, 0.15, generator), None, store.schema)

    for name, function in (("gather", lambda: load_batch(store, next(batches))), ("mask", masked)):
        taken = seconds(function, 50)
        copies = taken * copy_rate() / nbytes
        print(f"{name:8} {size / taken:9.0f} molecules/s  {taken * 1e3:.1f} ms a batch, ", end="")
        print(f"{copies:.0f} x a plain copy of its {nbytes / 1e3:.0f} kB")


def profile(step: Callable[[], None]) -> str:
    """Return where the time of some steps goes, by operation."""
    with torch.profiler.profile() as recorded:
        for _ in range(STEPS):
            step()
    events = sorted(recorded.key_averages(), key=lambda event: -event.self_cpu_time_total)
    total = sum(event.self_cpu_time_total for event in events)
    lines = []
    for event in events[:PROFILED]:
        spent = event.self_cpu_time_total
        lines.append(
            f"{spent / STEPS / 1e3:8.1f} ms {spent / total:6.1%} {event.count / STEPS:5.0f} x "
            f"{event.key}"
        )
    return "\n".join(lines)


def step_rates(
    store: GraphStore,
    objective: str,
    shape: EncoderConfig,
    size: int,
    precision: str,
    device: str,
    *,
    profiled: bool,
) -> None:
    """Time steps of one objective with one encoder, and the limit before and after."""
    dtype = PRECISIONS[precision]
    encoder = Encoder(store.schema, shape).to(device)
    tasks = {name: found.tasks for name, found in store.targets.items()}
    module = make_objective(objective, {}, store.schema, shape, targets=tasks).to(device)
    optimizer = torch.optim.AdamW([*encoder.parameters(), *module.parameters()], fused=True)
    generator = torch.Generator().manual_seed(0)
    sampled = BatchSampler(len(store), size).batches()
    targets = computed_targets(objective)
    loaded = (load_batch(store, chosen, targets=targets) for chosen in sampled)
    batches = prefetched(loaded, pin=device == "cuda")
    nodes = []

    def step() -> None:
        batch = next(batches).to(device)
        nodes.append(batch.num_nodes)
        with torch.autocast(device, dtype, enabled=dtype != torch.float32):
            loss = module(encoder, batch, generator).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    for _ in range(WARM_UP):  # shapes come up again
        step()
    limit = matrix_rate(dtype, device)
    nodes.clear()
    taken = seconds(step, STEPS, rounds=2, device=device)
    limit = (limit + matrix_rate(dtype, device)) / 2  # before and after: the machine drifts
    rate = sum(nodes) / len(nodes) / taken
    ratio = rate * arithmetic(encoder) / limit
    name = f"{shape.conv}, {shape.norm}"
    print(f"{objective:20} {name:16} {precision} {rate:7.0f} nodes/s {size / taken:6.0f} ", end="")
    print(f"molecules/s  {ratio:.2f} of the matrix rate ({limit / 1e9:.0f} GFLOP/s)")
    if device != "cpu":
        hours = 100 * 2_000_000 * taken / size / 3600
        bandwidth = device_copy_rate(device) / 1e9
        print(f"{'':20} 100 epochs of 2 million molecules: {hours:.1f} h; ", end="")
        print(f"memory copies at {bandwidth:.0f} GB/s")
    if profiled:
        print(profile(step))
    batches.close()


def main() -> None:
    """Run all of it."""
    settle()
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"
    parser.add_argument("-i", "--input", type=Path, default=default)
    parser.add_argument("--limit", type=int, default=20_000)
    parser.add_argument(
        "--objectives", default=",".join(n for n in OBJECTIVES if n != "supervised")
    )
    parser.add_argument("--encoders", default=",".join(CONVS))
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--norms", default="batch,layer")
    parser.add_argument("--profile", action="store_true", help="where the time of a step goes")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    arguments = parser.parse_args()
    print(machine(arguments.device))
    keep_freed()
    records = itertools.islice(open_table(arguments.input).rows(), arguments.limit)
    targets = dict.fromkeys(
        name for text in arguments.objectives.split(",") for name in computed_targets(text)
    )
    store = build_store(records, SCHEMAS["default"], targets=tuple(targets)).store
    assemble(store, arguments.batch_size)
    cases = itertools.product(
        *(getattr(arguments, name).split(",") for name in ("objectives", "encoders", "norms")),
        PRECISIONS,
    )
    for objective, conv, norm, precision in cases:
        shape = EncoderConfig(conv=conv, num_layers=5, dim=300, norm=norm)
        step_rates(
            store,
            objective,
            shape,
            arguments.batch_size,
            precision,
            arguments.device,
            profiled=arguments.profile,
        )


if __name__ == "__main__":
    main()
