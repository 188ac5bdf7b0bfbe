"""The only training loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import torch
from torch import nn

from graftwork.data.loader import prefetched
from graftwork.errors import RunError
from graftwork.memory import give_back, keep_freed
from graftwork.nn.ranks import summed
from graftwork.objectives import StepOutput
from graftwork.training.side_by_side import leave_if_unwanted
from graftwork.training.steps import Batch, Sealed

TRIM_EVERY = 100


def run_loop(
    fabric: Any,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Iterator[Batch],
    *,
    first: int,
    last: int,
    learning_rate: Callable[[int], float],
    after_step: Callable[[int, StepOutput], bool],
    clip: float,
) -> int:
    """Take optimiser steps ``first`` to ``last - 1`` and return the number of steps now done.

    Parameters
    ----------
    fabric
        A Lightning Fabric: device, precision, gradient scaling and synchronisation.
    module
        ``Sealed batch -> StepOutput``.
    batches
        Yields the batch of step ``first`` first.
    learning_rate
        A function of the step: the schedule has no state to restore. A group of parameters takes
        its ``share`` of it.
    after_step
        Called with the number of steps done and the step's output; False ends the loop.
    clip
        Largest norm of the gradient; 0 leaves it as it is.
    """
    module.train()
    keep_freed()
    with closing(prefetched(batches, pin=fabric.device.type == "cuda")) as coming:
        for step in range(first, last):
            leave_if_unwanted()
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step) * group.get("share", 1.0)
            output: StepOutput = module(Sealed(fabric.to_device(next(coming))))
            loss = summed(output.loss.detach())  # all processes end, or none
            if not bool(loss.isfinite()):
                raise RunError(
                    f"The loss became {loss.item()} at step {step}.",
                    "Lower the learning rate, or check the labels for extreme values.",
                )
            fabric.backward(output.loss)
            if clip:
                fabric.clip_gradients(module, optimizer, max_norm=clip, error_if_nonfinite=False)
            optimizer.step()
            optimizer.zero_grad()
            if (step + 1) % TRIM_EVERY == 0:
                give_back()
            if not after_step(step + 1, output):
                return step + 1
    return last


def warmup_cosine(progress: float, peak: float, warmup: float = 0.05) -> float:
    """Learning rate at ``progress`` in [0, 1] of a run: linear warm-up, cosine to zero."""
    if progress < warmup:
        return peak * max(progress, 1e-3) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warmup) / (1 - warmup))))


def constant(_progress: float, peak: float) -> float:
    """Return the same learning rate throughout."""
    return peak


SCHEDULES: dict[str, Callable[[float, float], float]] = {
    "warmup-cosine": warmup_cosine,
    "constant": constant,
}
