"""The artifact's record of training molecules: an optional file, whose meaning ``nn`` ignores."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open

from graftwork.errors import ArtifactError

MEMBERSHIP = "membership.safetensors"
_MAX_BYTES = 1 << 29


def read_membership(path: Path) -> bytes | None:
    """Return the content of ``membership.safetensors`` if there is one; not what it means.

    Raises
    ------
    ArtifactError
        If the file is too large or no safetensors file.
    """
    if not path.exists():
        return None
    if not path.is_file() or path.stat().st_size > _MAX_BYTES:
        raise ArtifactError(f"{path} is no file of at most {_MAX_BYTES} bytes.")
    try:
        with safe_open(path, framework="pt"):  # checks the header and the length of the file
            return path.read_bytes()
    except SafetensorError as error:
        raise ArtifactError(
            f"{path} is not a safetensors file: {error}.",
            "Delete it to use the model without the record of its training molecules.",
        ) from error
