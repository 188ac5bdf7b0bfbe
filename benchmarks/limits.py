"""What this machine can do at best: the numbers that the others are held against."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import torch
from rdkit import Chem, rdBase

from graftwork.cli import ENVIRONMENT
from graftwork.data.isolate import available_cores

SHAPES = ((2048, 2048, 2048), (6000, 300, 600), (6000, 600, 300))


def settle() -> None:
    """Start the script again with the environment that the commands give themselves.

    PyTorch reads it when it is loaded; what the user has set stays.
    """
    missing = {name: value for name, value in ENVIRONMENT.items() if name not in os.environ}
    if missing:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **missing})


def finish(device: str) -> None:
    """Wait until a device has done what it was told."""
    if device == "cuda":
        torch.cuda.synchronize()


def seconds(
    function: Callable[[], object], repeats: int, rounds: int = 3, device: str = "cpu"
) -> float:
    """Return seconds per call: the best of some rounds, after one warm-up call."""
    function()
    best = float("inf")
    for _ in range(rounds):
        finish(device)
        start = time.perf_counter()
        for _ in range(repeats):
            function()
        finish(device)
        best = min(best, (time.perf_counter() - start) / repeats)
    return best


def matrix_rate(dtype: torch.dtype, device: str = "cpu") -> float:
    """Return the arithmetic per second of matrix products, the best of a few shapes."""
    rates = []
    larger = ((8192, 8192, 8192),) if device == "cuda" else ()
    for rows, inner, columns in SHAPES + larger:
        left = torch.randn(rows, inner, dtype=dtype, device=device)
        right = torch.randn(inner, columns, dtype=dtype, device=device)
        taken = seconds(partial(torch.matmul, left, right), 10, device=device)
        rates.append(2 * rows * inner * columns / taken)
    return max(rates)


def device_copy_rate(device: str, size: int = 1 << 30) -> float:
    """Return the bytes per second that a device reads and writes in a plain copy."""
    source = torch.ones(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * size / seconds(lambda: target.copy_(source), 10, device=device)


def copy_rate(size: int = 1 << 26) -> float:
    """Return the bytes per second of a plain copy in memory."""
    source, target = np.ones(size, np.uint8), np.empty(size, np.uint8)
    return size / seconds(lambda: np.copyto(target, source), 5)


def parse(texts: Sequence[str]) -> int:
    """Parse SMILES and count the molecules; what a process of :func:`parse_rate` does."""
    rdBase.DisableLog("rdApp.*")
    return sum(Chem.MolFromSmiles(text) is not None for text in texts)


def parse_rate(texts: Sequence[str]) -> float:
    """Return SMILES per second of RDKit's parser alone, in one process per core."""
    cores = available_cores()
    parts = [texts[core::cores] for core in range(cores)]
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(parse, [part[:50] for part in parts]))
        start = time.perf_counter()
        list(pool.map(parse, parts))
        return len(texts) / (time.perf_counter() - start)


def resident(process: int) -> int:
    """Return the bytes of memory that a process and its children hold; shared ones count once.

    Linux; a process that ends meanwhile counts as nothing.
    """
    total = 0
    for folder in (Path(f"/proc/{number}") for number in descendants(process)):
        with suppress(OSError):
            lines = (folder / "smaps_rollup").read_text().splitlines()
            total += sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def descendants(process: int) -> list[int]:
    """Return a process and all that it has started; Linux."""
    found = [process]
    for number in found:
        with suppress(OSError):
            for task in Path(f"/proc/{number}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def machine(device: str = "cpu") -> str:
    """Say what it was measured on."""
    name = torch.cuda.get_device_name() + ", " if device == "cuda" else ""
    return f"{name}{platform.machine()}, {available_cores()} cores, torch {torch.__version__}"
