"""A run's numbers: an append-only CSV and TensorBoard events."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from torch.utils.tensorboard import SummaryWriter


class RunLog:
    """Rows ``step, name, value`` in ``metrics.csv``, and the same in TensorBoard.

    Parameters
    ----------
    folder
        Where to write; created if needed.
    resume_at
        Keep what was written up to this step and drop the rest: nothing is logged twice
        after a resume. None starts anew.
    """

    def __init__(self, folder: Path, resume_at: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "metrics.csv"
        kept = _rows_up_to(path, resume_at)
        partial = path.with_name(path.name + ".partial")
        with partial.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("step", "name", "value"), *kept])
        partial.replace(path)  # a kill at any moment leaves the rows up to ``resume_at``
        self._file = path.open("a", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._events = SummaryWriter(str(folder), purge_step=resume_at)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Log numbers at a step."""
        for name, value in values.items():
            self._writer.writerow((step, name, repr(value)))
            self._events.add_scalar(name, value, step)
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._events.close()


def _rows_up_to(path: Path, step: int | None) -> list[list[str]]:
    if step is None or not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return [row for row in rows if len(row) == 3 and row[0].isdigit() and int(row[0]) <= step]
