"""What long work shows: a progress bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from graftwork.launch import launch

_SECONDS_BETWEEN_LINES = 15.0


class Update(Protocol):
    """Report that ``done`` units are finished, with a short text such as the loss."""

    def __call__(self, done: int, note: str = "") -> None:
        """Show it."""


def stderr() -> Console:
    """Return a console on standard error; standard output is for results."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=True)


def say(message: str, *, every_process: bool = False) -> None:
    """Print one line on standard error, in the first process unless told otherwise."""
    if every_process or not launch().rank:
        stderr().print(message, markup=False)


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Update]:
    """Show the progress of ``total`` units of work with throughput and remaining time."""
    console = stderr()
    if console.is_terminal and not launch().rank:
        with _bar(console) as bar:
            task = bar.add_task(title, total=total, note="")
            yield lambda done, note="": bar.update(task, completed=done, note=note)
    else:
        yield _Lines(title, total)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


class _Lines:
    """A line now and then, for logs."""

    def __init__(self, title: str, total: int | None) -> None:
        self._title, self._total = title, total
        self._start = self._last = time.monotonic()

    def __call__(self, done: int, note: str = "") -> None:
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        elapsed = now - self._start
        text = f"{self._title}: {done}"
        if self._total:
            text += f" of {self._total} ({done / self._total:.0%})"
        if self._total and done:
            text += f", about {elapsed / done * (self._total - done):.0f} s left"
        say(f"{text}; {elapsed:.0f} s{'; ' + note if note else ''}")
