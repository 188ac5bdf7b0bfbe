"""Where a run computes, and how precisely."""

from __future__ import annotations

from lightning_fabric import Fabric

from graftwork.errors import InputError

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")


def new_fabric(device: str, precision: str) -> Fabric:
    """Return a Lightning Fabric on one device.

    Raises
    ------
    InputError
        If this machine has no such device, or it cannot compute that way.
    """
    if device not in DEVICES:
        raise InputError(f"No device is called {device!r}.", f"Known: {', '.join(DEVICES)}.")
    try:
        return Fabric(accelerator=device, devices=1, precision=precision)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"Device {device!r} with precision {precision!r} cannot be used here: {error}",
            "Leave out --device, or choose --device cpu.",
        ) from error
