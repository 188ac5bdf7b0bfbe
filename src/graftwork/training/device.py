"""Where a run computes, and how precisely."""

from __future__ import annotations

import atexit
import logging
import os
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, final

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import Precision
from lightning_fabric.plugins.environments import TorchElasticEnvironment
from lightning_fabric.strategies import DDPStrategy
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch import distributed

from graftwork.data.isolate import available_cores
from graftwork.errors import InputError
from graftwork.launch import launch
from graftwork.nn.precision import resolved_precision

for _name in ("lightning.fabric", "lightning_fabric"):  # our own lines say what a run does
    logging.getLogger(_name).setLevel(logging.WARNING)

DEVICES = ("auto", "cpu", "cuda", "mps")


_PATIENCE = timedelta(days=30)
"""How long a process waits for another: for as long as the first one builds a store. It is torchrun
that notices when one has ended, and ends the others."""


@final
class _MixedInThreads(Precision):
    """Lightning's ``bf16-mixed``, for several networks that train in threads of one process.

    Its own demands that every backward pass goes through a Fabric, and knows one by a flag of the
    process, which the threads take from each other. On a processor the pass needs nothing of it.
    """

    precision = "bf16-mixed"

    def forward_context(self) -> AbstractContextManager[Any]:
        return torch.autocast("cpu", torch.bfloat16)


def new_fabric(device: str, precision: str, *, distributed: bool = False) -> Fabric:
    """Return a Lightning Fabric on one device, in the given precision or the best for it.

    Parameters
    ----------
    device
        One of ``DEVICES``.
    precision
        Lightning's name of one, or ``auto``.
    distributed
        Join the processes that torchrun has started, if it has: each gets a device of its own, or
        its part of the processor's cores.

    Raises
    ------
    InputError
        If this machine has no such device, or it cannot compute that way.
    """
    if device not in DEVICES:
        raise InputError(f"No device is called {device!r}.", f"Known: {', '.join(DEVICES)}.")
    try:
        chosen = resolved_precision(precision, device)
        if distributed and launch().world > 1:
            return _joined(device, chosen)
        fabric = Fabric(accelerator=device, devices=1, precision=chosen)
        if fabric.device.type == "cpu" and chosen == "bf16-mixed":
            fabric = Fabric(accelerator="cpu", devices=1, plugins=_MixedInThreads())
    except (RuntimeError, ValueError, MisconfigurationException) as error:
        raise InputError(
            f"Device {device!r} with precision {precision!r} cannot be used here: {error}",
            "Leave out --device, or choose --device cpu.",
        ) from error
    return fabric


def _joined(device: str, precision: str) -> Fabric:
    """Join the other processes, which are waited for here."""
    _, world, here = launch()
    strategy = DDPStrategy(
        cluster_environment=TorchElasticEnvironment(),
        process_group_backend="cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo",
        timeout=_PATIENCE,
    )
    fabric = Fabric(
        accelerator=device,
        strategy=strategy,
        devices=here,
        num_nodes=world // here,
        precision=precision,
    )
    if fabric.device.type == "cpu" and os.environ.get("OMP_NUM_THREADS", "1") == "1":
        # torchrun says 1 where nobody else has said anything
        torch.set_num_threads(max(1, available_cores() // here))
    fabric.launch()
    atexit.register(_leave)
    return fabric


def _leave() -> None:
    """End the group's threads; a process that ends before them may abort, its work done."""
    if distributed.is_initialized():
        distributed.destroy_process_group()
