"""The command line."""

from __future__ import annotations

import errno
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from graftwork.cli.app import app
from graftwork.console import say
from graftwork.errors import GraftworkError
from graftwork.launch import launch

__all__ = ["ENVIRONMENT", "app", "main"]

ENVIRONMENT = {"GOMP_SPINCOUNT": "3000", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "128"}
"""Read when PyTorch is loaded; what the user has set stays.

How long a thread that waits for the others keeps its core busy: the usual 300,000 turns take longer
than our short operations, and beside any other program two threads then wait for each other's core.
How many prepared matrix products are kept: with rows rounded up, all that come up again; a
thousand, the usual number, can take half a gigabyte.
"""
_SECONDS_TO_BE_ENDED = 3.0
_WRONG_PATH = (errno.ENAMETOOLONG, errno.EACCES, errno.EROFS)


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 the run failed, 2 the arguments or input are wrong."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    warnings.filterwarnings("ignore", module="lightning_fabric")
    try:
        with _first_to_fail_speaks():
            app()
    except GraftworkError as error:
        say(f"Error: {error}", every_process=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        say("Interrupted.")
        sys.exit(130)
    except OSError as error:
        advice = "Check the path, the permissions and the free disk space."
        say(f"Error: {error}. {advice}", every_process=True)
        sys.exit(2 if error.errno in _WRONG_PATH else 1)


@contextmanager
def _first_to_fail_speaks() -> Iterator[None]:
    """Wait after an error for torchrun, which ends all processes once one of them has ended.

    The others fail for the same reason, or because they have lost the first to fail. Process 0 does
    not wait where it knows what is wrong.
    """
    try:
        yield
    except Exception as error:
        known = isinstance(error, (GraftworkError, OSError))
        if launch().world > 1 and not (known and launch().rank == 0):
            time.sleep(_SECONDS_TO_BE_ENDED)
        raise
