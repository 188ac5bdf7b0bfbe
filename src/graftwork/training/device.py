"""Where a run computes, and how precisely."""

from __future__ import annotations

import logging

import torch
from lightning_fabric import Fabric

from graftwork.errors import InputError

for _name in ("lightning.fabric", "lightning_fabric"):  # our own lines say what a run does
    logging.getLogger(_name).setLevel(logging.WARNING)

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "32-true", "bf16-mixed")


def new_fabric(device: str, precision: str) -> Fabric:
    """Return a Lightning Fabric on one device, in the given precision or the best for it.

    Raises
    ------
    InputError
        If this machine has no such device, or it cannot compute that way.
    """
    if device not in DEVICES:
        raise InputError(f"No device is called {device!r}.", f"Known: {', '.join(DEVICES)}.")
    try:
        chosen = best_precision(device) if precision == "auto" else precision
        return Fabric(accelerator=device, devices=1, precision=chosen)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"Device {device!r} with precision {precision!r} cannot be used here: {error}",
            "Leave out --device, or choose --device cpu.",
        ) from error


def best_precision(device: str) -> str:
    """Return bf16-mixed where the processor multiplies bfloat16 matrices itself, else 32-true.

    Weights, their updates and losses stay in single precision either way, and so do all
    predictions. Matrix products, sums over neighbours and normalisation are in bfloat16 (three
    digits): on the hubs of large networks choose 32-true.
    """
    if device in {"auto", "cuda"} and torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    if device in {"auto", "mps"} and torch.backends.mps.is_available():
        return "32-true"
    tests = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    native = any(getattr(torch.cpu, name, bool)() for name in tests)
    return "bf16-mixed" if native else "32-true"
