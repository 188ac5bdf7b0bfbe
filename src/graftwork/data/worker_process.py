"""A chemistry worker process, seen from the process that gives it work."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, final

from graftwork.data.worker import read_frame, read_position, write_frame
from graftwork.errors import RunError
from graftwork.graph.schema import FeatureSchema


@final
class WorkerProcess:
    """One worker process and the file in which it notes the molecule it works on.

    Raises
    ------
    RunError
        If it cannot start.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="graftwork-")
        self._heartbeat = Path(self._folder.name) / "heartbeat"
        self._heartbeat.write_bytes(b"\xff" * 8)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the worker)
        self._asked = time.monotonic()
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(  # noqa: S603  (our own module, our own interpreter)
            [sys.executable, "-m", "graftwork.data.worker", str(self._heartbeat)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
        )
        try:
            self._read()
        except EOFError:
            words = self._last_words()
            self.stop()
            raise RunError(
                f"A chemistry worker process could not start: {words}",
                "Check that RDKit imports: python -c 'import rdkit'.",
            ) from None

    def alive(self) -> bool:
        """Return whether it can still be asked."""
        return self._process.poll() is None

    def ask(self, task: str, schema: FeatureSchema, items: list[str], limit: float) -> Any:
        """Return the header and the bytes of the answer; ``EOFError`` or ``OSError`` if it died."""
        self._asked = time.monotonic()
        if self._process.stdin is None:
            raise EOFError
        request = {"task": task, "schema": schema.to_dict(), "items": items, "time_limit": limit}
        write_frame(self._process.stdin, request)
        return self._read()

    def post_mortem(self, limit: float) -> tuple[int, str]:
        """Return the position of the molecule that killed this worker, and why."""
        code = self._process.wait()
        position = read_position(self._heartbeat)
        elapsed = time.monotonic() - self._asked
        self.stop()
        if position < 0:
            raise RunError(f"A chemistry worker process died (exit code {code}) between molecules.")
        if code == 1 and elapsed >= limit:
            return position, f"took longer than {limit:g} s"
        return position, f"killed its worker process (exit code {code})"

    def stop(self) -> None:
        """End it and remove its files."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._folder.cleanup()

    def _read(self) -> Any:
        if self._process.stdout is None:
            raise EOFError
        return read_frame(self._process.stdout)

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "no message"
