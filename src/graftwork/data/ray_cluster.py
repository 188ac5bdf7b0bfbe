"""Joining a Ray cluster, or starting one on this machine, without its own messages."""

from __future__ import annotations

import logging
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from graftwork.data.isolate import available_cores
from graftwork.errors import GraftworkError, InputError, RunError

_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_AUTO_CONNECT": "0",  # a thread that comes too late starts no cluster of its own
}
_JOINING = {"RAY_NUM_REDIS_GET_RETRIES": "3"}  # two minutes for what is no cluster, not fourteen
_SECONDS_TO_CONNECT = 10.0


def import_ray() -> Any:
    """Return the package ``ray``, or raise :class:`InputError` that says how to install it."""
    settings = _ENVIRONMENT | (_JOINING if "RAY_ADDRESS" in os.environ else {})
    for name, value in settings.items():
        os.environ.setdefault(name, value)  # read when Ray is imported; what the user has set stays
    try:
        import ray  # noqa: PLC0415  (an extra, slow to import)
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise InputError(
            f"--engine ray needs Ray with Ray Data, which cannot be imported: {error}.",
            "Install it: pip install 'graftwork[ray]'",
        ) from error
    return ray


def connect(ray: Any) -> bool:
    """Join the cluster at ``RAY_ADDRESS``, or start one of this machine's cores.

    Returns
    -------
    bool
        Whether there was no connection before, so that the caller is to shut it down.

    Raises
    ------
    InputError
        If ``RAY_ADDRESS`` names no cluster that a machine can be part of.
    OSError, RuntimeError, ValueError
        If the cluster does not answer; see :func:`explained`.
    """
    new = not ray.is_initialized()
    quiet = {"logging_level": logging.CRITICAL, "log_to_driver": False}
    address = os.environ.get("RAY_ADDRESS")
    if new and address:
        _require_reachable(address)
        ray.init(address, **quiet)
    elif new:
        ray.init("local", num_cpus=available_cores(), include_dashboard=False, **quiet)
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", "`ray_remote_args` is deprecated")  # of max_retries
    return new


@contextmanager
def explained() -> Iterator[None]:
    """Turn what Ray raises into a :class:`RunError` that says what to do."""
    try:
        yield
    except GraftworkError:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise RunError(
            f"The work on the Ray cluster failed: {lines[-1].rstrip('.')}.",
            "Check RAY_ADDRESS, and that all machines run and have graftwork; without --engine ray "
            "the command works on this machine alone.",
        ) from error


def _require_reachable(address: str) -> None:
    """Say at once what Ray would find out in a quarter of an hour."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdigit():
        raise InputError(
            f"RAY_ADDRESS is {address!r}, where no cluster can be joined.",
            "Expected HOST:PORT or auto; this machine must be part of the cluster.",
        )
    socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_CONNECT).close()
