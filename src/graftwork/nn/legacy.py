"""PyTorch checkpoint files to named tensors: the only place that reads a pickle.

PyTorch's restricted unpickler builds tensors and plain containers and refuses everything else, so
nothing in a file runs.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from graftwork.errors import ArtifactError, RunError

_MAX_BYTES = 4 << 30
_SAFE_TORCH = "2.10"  # older: CVE-2025-32434, CVE-2026-24747
_NESTS = ("state_dict", "model_state_dict", "model")


@dataclass(frozen=True)
class LegacyCheckpoint:
    """What a checkpoint file holds.

    Parameters
    ----------
    name, sha256
        The file's name and the hash of its bytes.
    tensors
        Dense tensors on the CPU, by name.
    """

    name: str
    sha256: str
    tensors: dict[str, Tensor]


def read_checkpoint(path: Path) -> LegacyCheckpoint:
    """Read a file that ``torch.save`` wrote, old or new format, without running anything in it.

    The weights may lie at the top or under ``state_dict``, ``model_state_dict`` or ``model``.

    Raises
    ------
    RunError
        If this PyTorch is older than 2.10, whose restricted unpickler can be made to run code.
    ArtifactError
        If the file is absent, too large, damaged, no checkpoint, holds objects other than tensors
        and plain containers, or holds no usable weights.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "weights.pth"
    ...     torch.save({"state_dict": {"w": torch.zeros(2)}, "epoch": 3}, path)
    ...     read_checkpoint(path).tensors
    {'w': tensor([0., 0.])}
    """
    if torch.__version__ < _SAFE_TORCH:
        raise RunError(
            f"PyTorch {torch.__version__} does not read foreign checkpoints safely "
            "(CVE-2025-32434, CVE-2026-24747).",
            f"Upgrade PyTorch to {_SAFE_TORCH} or later to convert.",
        )
    if not path.is_file():
        raise ArtifactError(
            f"{path} {'is no file' if path.exists() else 'does not exist'}.",
            "Give a checkpoint file, for example gcn_contextpred.pth.",
        )
    if path.stat().st_size > _MAX_BYTES:
        raise ArtifactError(f"{path} has {path.stat().st_size} bytes; the limit is {_MAX_BYTES}.")
    content = path.read_bytes()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of formats that are refused just after
            values = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    except Exception as error:  # a damaged file can raise anything at all
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        reason = f"it asks for {named[1][:80]}" if named else "it is damaged or of another kind"
        raise ArtifactError(
            f"{path} is no checkpoint of weights alone: {reason}.",
            "Expected a file that torch.save wrote from a state_dict. A pickle can run code, so "
            "anything but tensors and plain containers is refused.",
        ) from error
    tensors = _tensors(path, values)
    claimed = sum(value.numel() * value.element_size() for value in tensors.values())
    if claimed > len(content):
        raise ArtifactError(f"{path} claims {claimed} bytes of weights in {len(content)} bytes.")
    return LegacyCheckpoint(path.name, hashlib.sha256(content).hexdigest(), tensors)


def _tensors(path: Path, values: Any) -> dict[str, Tensor]:
    for _ in range(len(_NESTS)):
        inner = [values[key] for key in _NESTS if isinstance(values, dict) and key in values]
        if not inner:
            break
        values = inner[0]
    if not isinstance(values, dict) or not values:
        kind = "an empty dictionary" if values == {} else f"a {type(values).__name__}"
        raise ArtifactError(f"{path} holds {kind}.", "Expected a state_dict: names and tensors.")
    for name, value in values.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise ArtifactError(
                f"{path} names a {type(value).__name__} {str(name)[:80]!r}.",
                "Expected a state_dict: names and tensors.",
            )
        if value.layout != torch.strided or value.device.type != "cpu" or value.is_quantized:
            raise ArtifactError(f"{path}: {name[:80]!r} is not a plain dense tensor.")
    return {name: value.detach() for name, value in values.items()}
