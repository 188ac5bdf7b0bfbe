"""Random streams: every source of randomness is derived from a seed and a name."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derive_seed(seed: int, *names: str | int) -> int:
    """Return a 63-bit seed that depends on ``seed`` and on every name.

    Streams with different names are independent, so that for instance the data split and
    the weight initialisation never share random numbers.

    Examples
    --------
    >>> derive_seed(0, "split") == derive_seed(0, "split")
    True
    >>> derive_seed(0, "split") == derive_seed(0, "weights")
    False
    """
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def numpy_rng(seed: int, *names: str | int) -> np.random.Generator:
    """Return a numpy generator for the named stream."""
    return np.random.default_rng(derive_seed(seed, *names))


def torch_generator(seed: int, *names: str | int) -> torch.Generator:
    """Return a CPU torch generator for the named stream."""
    import torch  # noqa: PLC0415  (chemistry worker processes never need torch)

    return torch.Generator().manual_seed(derive_seed(seed, *names))
