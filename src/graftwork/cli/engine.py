"""What --engine means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from graftwork.data.isolate import shared_pool
from graftwork.data.ray_pool import RayPool
from graftwork.errors import InputError

if TYPE_CHECKING:
    from graftwork.inference import Model


@contextmanager
def open_pool(engine: str) -> Iterator[RayPool | None]:
    """Open the pool of an engine, None for the workers that this process shares; then close it.

    Raises
    ------
    InputError
        If there is no such engine, or it is not installed.
    """
    if engine not in ("local", "ray"):
        raise InputError(f"No engine is called {engine!r}.", "Known: local, ray.")
    if engine == "local":
        yield None
    else:
        with RayPool() as pool:
            yield pool


@contextmanager
def open_model(name: str, engine: str, precision: str) -> Iterator[Model]:
    """Load a model that computes on an engine; see :func:`open_pool`."""
    with open_pool(engine) as pool:
        if pool is None:
            shared_pool().start()  # while PyTorch is loaded
        from graftwork.inference import RayModel, load  # noqa: PLC0415

        yield (load(name, precision=precision) if pool is None else RayModel(name, pool, precision))
