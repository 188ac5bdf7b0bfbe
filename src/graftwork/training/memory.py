"""Memory that was freed but not given back."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable


def give_back() -> None:
    """Return freed memory to the system, where the C library can (glibc).

    Every batch has another shape, so that what one step frees seldom fits the next: in bfloat16 a
    run of 1,500 steps grew from 0.6 to 1.8 GB without this.
    """
    _trim()(0)


@functools.cache
def _trim() -> Callable[[int], object]:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library: nothing to do
        return lambda _pad: None
