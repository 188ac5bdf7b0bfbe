"""One benchmark at a time in a directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graftwork.errors import InputError

try:
    import fcntl
except ImportError:  # no such locks on this system: two benchmarks at once would only waste time
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a directory; the lock ends with this process, however that ends.

    Raises
    ------
    InputError
        If another process holds it.
    """
    with (folder / ".lock").open("w") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InputError(
                    f"Another benchmark is running in {folder}.",
                    "Wait for it, or choose another -o.",
                ) from error
        yield
