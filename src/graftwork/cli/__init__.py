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

_SPIN = ("GOMP_SPINCOUNT", "3000")
"""How long a thread that waits for the others keeps its core busy, read when PyTorch is loaded. The
usual 300,000 turns take longer than our short operations, and beside any other program that halves
the speed, or worse: two threads then wait for each other's core."""
_WRONG_PATH = (errno.ENAMETOOLONG, errno.EACCES, errno.EROFS)


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 the run failed, 2 the arguments or input are wrong."""
    os.environ.setdefault(*_SPIN)
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
