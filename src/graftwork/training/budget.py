"""How much of a run is spent, by steps and by the clock."""

from __future__ import annotations

import time

from graftwork.nn.ranks import agreed


class Budget:
    """A number of steps and, optionally, of seconds; the one spent further counts.

    A learning rate that follows the budget still reaches zero when the clock ends the run. Without
    a time limit the budget is a function of the step alone, hence reproducible. Where several
    processes train together, the clock is that of the first.

    Parameters
    ----------
    steps
        Total number of steps.
    seconds
        Time limit, or None.
    before
        Seconds already spent by the run that this one continues.
    """

    def __init__(self, steps: int, seconds: float | None = None, before: float = 0.0) -> None:
        self.steps = steps
        self._limit = seconds
        self._start = time.monotonic() - before

    @property
    def seconds(self) -> float:
        """Seconds spent, those of earlier parts of the run included."""
        return time.monotonic() - self._start

    def spent(self, step: int) -> float:
        """Return the share of the budget that is used up after ``step`` steps; 1 is the end."""
        by_clock = agreed(self.seconds) / self._limit if self._limit else 0.0
        return max(step / self.steps, by_clock)
