"""The command line."""

from __future__ import annotations

import errno
import sys
import warnings

from graftwork.cli.app import app
from graftwork.console import say
from graftwork.errors import GraftworkError

__all__ = ["app", "main"]

_WRONG_PATH = (errno.ENAMETOOLONG, errno.EACCES, errno.EROFS)


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 the run failed, 2 the arguments or input are wrong."""
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
