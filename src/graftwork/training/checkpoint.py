"""Training state in one file: safetensors for tensors, JSON in its header for the rest."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from graftwork.errors import RunError


def save_state(
    path: Path,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
    values: dict[str, Any],
) -> None:
    """Write everything the next step depends on: temporary file, fsync, rename.

    Parameters
    ----------
    module
        Its parameters and buffers.
    optimizer
        Its moments.
    generator
        The objective's generator; torch's own (dropout) is stored too.
    values
        JSON-ready rest: step, elapsed seconds, configuration.
    """
    tensors: dict[str, Tensor] = {f"module.{k}": v for k, v in module.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{k}": torch.as_tensor(v) for k, v in state.items()}
    tensors["generator"] = generator.get_state()
    tensors["torch"] = torch.get_rng_state()
    data = save(
        {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()},
        metadata={"values": json.dumps(values)},
    )
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    _sync_folder(path.parent)


def read_values(path: Path) -> dict[str, Any]:
    """Return only the JSON part of a checkpoint; a run may replace the file meanwhile."""
    return _read(path)[1]


def load_state(
    path: Path,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
) -> dict[str, Any]:
    """Restore what :func:`save_state` wrote, in place, and return its values.

    Raises
    ------
    RunError
        If the file is damaged; nothing is restored then.
    """
    tensors, values = _read(path)
    module.load_state_dict(_under(tensors, "module."))
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _under(tensors, "optimizer.").items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    generator.set_state(tensors["generator"])
    torch.set_rng_state(tensors["torch"])
    return values


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read the file once, so that tensors and values are of one checkpoint."""
    try:
        data = path.read_bytes()
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        return load(data), json.loads(header["__metadata__"]["values"])
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise RunError(
            f"The checkpoint {path} cannot be read: {error}.", "Start again with --overwrite."
        ) from error


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
