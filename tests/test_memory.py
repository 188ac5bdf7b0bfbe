"""Memory goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import numpy as np
import pytest

from graftwork import memory

PAGE = 4096


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_was_freed_is_given_back():
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("another C library than glibc")
    blocks = [np.ones(100_000, np.uint8) for _ in range(3000)]  # too small to be mapped alone
    keep = blocks[::100]
    full = resident()
    del blocks
    memory.give_back()
    assert resident() < full - 150e6
    assert len(keep) == 30


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    memory._function.cache_clear()
    memory.keep_freed()
    memory.give_back()
    memory._function.cache_clear()
