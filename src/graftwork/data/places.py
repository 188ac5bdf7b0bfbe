"""Where output may go: never over the input, never where nothing can be written."""

from __future__ import annotations

import hashlib
from pathlib import Path

from graftwork.errors import InputError


def make_folder(folder: Path) -> None:
    """Make a folder with its parents, or raise :class:`InputError` that names it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot make this folder ({error.strerror}).", "Choose another place."
        ) from error


def require_outside(folder: Path, *needed: Path) -> None:
    """Raise :class:`InputError` if clearing ``folder`` would remove a file that a run needs."""
    for path in needed:
        if path.resolve().is_relative_to(folder.resolve()):
            raise InputError(
                f"{folder} cannot be replaced: {path} lies in it.", "Choose another -o."
            )


def require_distinct(output: Path, source: Path) -> None:
    """Raise :class:`InputError` if the output would replace the input."""
    if output.resolve() == source.resolve():
        raise InputError(f"{output} is the input; it would be replaced.", "Choose another -o.")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
