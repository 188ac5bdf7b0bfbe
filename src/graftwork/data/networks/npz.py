"""Arrays from an ``.npz`` file, bounded, and without anything that runs."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

import numpy.lib.format as npy
import numpy.typing as npt

from graftwork.errors import InputError

MAX_BYTES = 4 << 30
_SUFFIX = ".npy"


def npz_names(path: Path) -> frozenset[str]:
    """Return the names of the arrays of a file.

    Raises
    ------
    InputError
        If it cannot be read as an ``.npz`` file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} cannot be read as an .npz file: {error}.", "Expected what numpy.savez writes."
        ) from error
    return frozenset(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


def read_npz(path: Path, names: Collection[str]) -> dict[str, npt.NDArray[Any]]:
    """Read arrays of numbers or text. Arrays of Python objects are refused.

    Raises
    ------
    InputError
        If the file is damaged, an array is missing, or all together are too large.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "a.npz"
    >>> np.savez(path, edges=np.array([[0, 1]]))
    >>> read_npz(path, ["edges"])["edges"].tolist()
    [[0, 1]]
    """
    missing = sorted(set(names) - npz_names(path))
    if missing:
        raise InputError(f"{path} has no array {missing[0]!r}.")
    arrays, left = {}, MAX_BYTES
    with zipfile.ZipFile(path) as archive:
        for name in names:
            size = archive.getinfo(name + _SUFFIX).file_size
            left -= size
            if left < 0:
                raise InputError(f"{path} holds more than {MAX_BYTES >> 30} GiB.")
            try:
                _check_header(archive.open(name + _SUFFIX), size)
                with archive.open(name + _SUFFIX) as file:
                    arrays[name] = npy.read_array(file)  # refuses objects unless told otherwise
            except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
                raise InputError(f"{path}: array {name!r} is damaged: {error}.") from error
    return arrays


def _check_header(file: IO[bytes], size: int) -> None:
    """Raise ``ValueError`` unless the header asks for just the bytes that there are."""
    with file:
        version = npy.read_magic(file)
        if version == (1, 0):
            shape, _, dtype = npy.read_array_header_1_0(file)
        elif version == (2, 0):
            shape, _, dtype = npy.read_array_header_2_0(file)
        else:
            raise ValueError(f"its format {version} is unknown")
        if dtype.hasobject:
            raise ValueError("it holds Python objects, which are never loaded")
        wanted = dtype.itemsize
        for length in shape:  # plain integers: a product in int64 could overflow
            wanted *= length
        if min(shape, default=0) < 0 or file.tell() + wanted != size:
            raise ValueError(f"it has {size} bytes, which do not fit shape {shape} of {dtype}")
