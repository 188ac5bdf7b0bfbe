"""Freed memory: kept while a run needs it again, given back to the system now and then."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's names, in malloc.h
_LARGE = 1 << 30


def keep_freed() -> None:
    """Let the C library (glibc) keep what a step frees, for the next one.

    It would return large blocks to the system at once and ask for them anew: 8,000 page faults a
    step. :func:`give_back` does so when it pays.
    """
    for option in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
        _function("mallopt")(option, _LARGE)


def give_back() -> None:
    """Return freed memory to the system, where the C library can (glibc).

    Every batch has another shape, so that what one step frees seldom fits the next: in bfloat16 a
    run of 1,500 steps grew from 0.6 to 1.8 GB without this, a prediction of a million rows to 1.9.
    """
    _function("malloc_trim")(0)


@functools.cache
def _function(name: str) -> Callable[..., object]:
    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):  # another C library: nothing to do
        return lambda *_values: None
