"""The command line."""

from __future__ import annotations

import errno
import os
import sys
import warnings

from graftwork.cli.app import app
from graftwork.console import say
from graftwork.errors import GraftworkError

__all__ = ["app", "main"]

_ENVIRONMENT = {"GOMP_SPINCOUNT": "3000", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "256"}
"""Read when PyTorch is loaded; what the user has set stays.

How long a thread that waits for the others keeps its core busy: the usual 300,000 turns take longer
than our short operations, and beside any other program two threads then wait for each other's core.
How many prepared matrix products are kept: with rows rounded up, all that come up again; a
thousand, the usual number, can take half a gigabyte.
"""
_WRONG_PATH = (errno.ENAMETOOLONG, errno.EACCES, errno.EROFS)


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 the run failed, 2 the arguments or input are wrong."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    warnings.filterwarnings("ignore", module="lightning_fabric")
    try:
        app()
    except GraftworkError as error:
        say(f"Error: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        say("Interrupted.")
        sys.exit(130)
    except OSError as error:
        say(f"Error: {error}. Check the path, the permissions and the free disk space.")
        sys.exit(2 if error.errno in _WRONG_PATH else 1)
