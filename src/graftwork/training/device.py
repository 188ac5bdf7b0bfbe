"""Where a run computes, and how precisely."""

from __future__ import annotations

import logging

from lightning_fabric import Fabric

from graftwork.errors import InputError
from graftwork.nn.precision import resolved_precision

for _name in ("lightning.fabric", "lightning_fabric"):  # our own lines say what a run does
    logging.getLogger(_name).setLevel(logging.WARNING)

DEVICES = ("auto", "cpu", "cuda", "mps")


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
        chosen = resolved_precision(precision, device)
        return Fabric(accelerator=device, devices=1, precision=chosen)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"Device {device!r} with precision {precision!r} cannot be used here: {error}",
            "Leave out --device, or choose --device cpu.",
        ) from error
