"""Files of the local mirror of public data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def mirrored(name: str) -> Path:
    """Return a file or folder of the mirror; without one, skip, or fail where data is required."""
    folder = os.environ.get("GRAFTWORK_DATA")
    if folder and (Path(folder) / name).exists():
        return Path(folder) / name
    reason = f"GRAFTWORK_DATA has no {name}"
    if os.environ.get("GRAFTWORK_REQUIRE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
