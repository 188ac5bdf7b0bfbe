"""What torchrun tells the processes that it starts."""

from __future__ import annotations

import os
from typing import NamedTuple


class Launch(NamedTuple):
    """The place of this process among those that torchrun has started.

    Parameters
    ----------
    rank
        Its number, from 0.
    world
        How many there are; 1 without torchrun.
    here
        How many of them are on this machine.
    """

    rank: int = 0
    world: int = 1
    here: int = 1


def launch() -> Launch:
    """Read it from the environment."""
    names = ("RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE")  # others set some of them, too
    if not all(name in os.environ for name in names):
        return Launch()
    return Launch(*(int(os.environ[name]) for name in names))
