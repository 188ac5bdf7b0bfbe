"""The artifact's optional files, whose meaning ``nn`` ignores.

The record of training molecules, and the models that are blended with the network.
"""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open

from graftwork.errors import ArtifactError

MEMBERSHIP, BLEND = "membership.safetensors", "blend.safetensors"
_MAX_BYTES = 1 << 32  # a blend of 10,000 sparse targets has half of that


def read_membership(path: Path) -> bytes | None:
    """Return the content of ``membership.safetensors`` if there is one; not what it means.

    Raises
    ------
    ArtifactError
        If the file is too large or no safetensors file.
    """
    hint = "Delete it to use the model without the record of its training molecules."
    return _content(path, hint) if path.exists() else None


def read_blend(path: Path, *, expected: bool) -> bytes | None:
    """Return the content of ``blend.safetensors``; not what it means.

    Raises
    ------
    ArtifactError
        If the file is missing where it is expected, or there where it is not; or if it is too
        large or no safetensors file.
    """
    if path.exists() != expected:
        what = "is missing" if expected else "is there"
        raise ArtifactError(
            f"{path} {what}, against the format version of the model beside it.",
            "The model is incomplete, or files of two models were mixed: export it again.",
        )
    return _content(path, "The model is damaged: export it again.") if expected else None


def _content(path: Path, hint: str) -> bytes:
    if not path.is_file() or path.stat().st_size > _MAX_BYTES:
        raise ArtifactError(f"{path} is no file of at most {_MAX_BYTES} bytes.")
    try:
        with safe_open(path, framework="pt"):  # checks the header and the length of the file
            return path.read_bytes()
    except SafetensorError as error:
        raise ArtifactError(f"{path} is not a safetensors file: {error}.", hint) from error
