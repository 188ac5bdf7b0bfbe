"""One job of a benchmark in a process of its own: ``python -m ...benchmark.cell SPEC.json``.

A job is a cell (train and predict), a preparation (read, featurise and split a data set) or an
overlap (which test molecules a checkpoint has seen). It leaves its results, or why it failed.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graftwork.errors import GraftworkError
from graftwork.evaluation.benchmark.folder import Folder, read_json, write_json

_SECONDS_BETWEEN_LOOKS = 0.5


def main(path: Path) -> int:
    """Run the job that a file describes; return the exit code, 0 or 1."""
    job = read_json(path)
    _end_with_parent(job["parent"])
    folder = Folder(Path(job["folder"]))
    try:
        _runner(job["kind"])(folder, job["spec"])
    except Exception as error:  # noqa: BLE001  (whatever it is, it is recorded and the rest goes on)
        text = str(error) if isinstance(error, GraftworkError) else traceback.format_exc()
        write_json(folder.failure(job["id"]), {"id": job["id"], "error": text.strip()})
        return 1
    return 0


def _runner(kind: str) -> Callable[[Folder, dict[str, Any]], None]:
    """Return the function of a kind of job; heavy modules load here."""
    from graftwork.evaluation.benchmark.jobs import JOBS  # noqa: PLC0415

    return JOBS[kind]


def _end_with_parent(parent: int) -> None:
    """End this process when the benchmark that started it is gone, however that died."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
