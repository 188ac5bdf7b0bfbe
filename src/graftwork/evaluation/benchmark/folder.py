"""The directory of a benchmark: what is where, and how files get there whole."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from graftwork.errors import RunError

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Folder:
    """Paths below ``-o``.

    Parameters
    ----------
    root
        The directory.
    """

    root: Path

    @property
    def request(self) -> Path:
        """What was asked for so far."""
        return self.root / "benchmark.json"

    def cell(self, cell: str) -> Path:
        """Return where the numbers of a finished cell are."""
        return self.root / "cells" / f"{cell}.json"

    def predictions(self, cell: str) -> Path:
        """Return where its predictions are."""
        return self.root / "cells" / f"{cell}.safetensors"

    def failure(self, job: str) -> Path:
        """Return where it says why a job failed."""
        return self.root / "failed" / f"{job}.json"

    def facts(self, data: str) -> Path:
        """Return where the facts of a prepared data set are."""
        return self.root / "data" / f"{data}.json"

    def labels(self, data: str) -> Path:
        """Return where its parts, labels of validation and test, and digests of molecules are."""
        return self.root / "data" / f"{data}.safetensors"

    def cache(self, data: str) -> Path:
        """Return where its graphs are; may be deleted when nothing runs."""
        return self.root / "cache" / data


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole or not at all."""
    write_bytes(path, (json.dumps(value, indent=1, allow_nan=False) + "\n").encode())


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays as safetensors, whole or not at all."""
    write_bytes(path, save({k: np.ascontiguousarray(v) for k, v in arrays.items()}))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that readers see whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises
    ------
    RunError
        If the file is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}.", "Delete it and run again.") from error


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read arrays.

    Raises
    ------
    RunError
        If the file is missing or damaged.
    """
    try:
        return load(path.read_bytes())
    except (OSError, SafetensorError) as error:
        raise RunError(
            f"{path} cannot be read: {error}.",
            "Delete it, and the .json beside it, and run again.",
        ) from error
