"""How long to fine-tune, and in which steps, where nobody says."""

from __future__ import annotations

import math
from dataclasses import dataclass

from graftwork.data.sampler import BatchSampler
from graftwork.training.fit_config import FitConfig

_EPOCHS, _LEAST_EPOCHS, _STEPS, _ROWS = 15, 4, 400, 250_000
_LEAST_STEPS = 200  # of a whole network that has few rows
_BATCH, _LARGEST_BATCH, _STEPS_PER_EPOCH = 32, 256, 128


@dataclass(frozen=True)
class Course:
    """The length of a fine-tuning run.

    Parameters
    ----------
    batch_size
        Graphs per step, never more than there are.
    epochs
        Most passes over the training part.
    patience
        Epochs without a better validation score before stopping.
    """

    batch_size: int
    epochs: int
    patience: int


def course_of(config: FitConfig, rows: int, *, frozen: bool = False) -> Course:
    """Take what the settings say, and decide the rest by the number of rows to train on.

    The batch size is 32; from 8,192 rows on what makes 128 steps an epoch, to the next lower power
    of two, at most 256. The epochs are 15; more where that is under 400 steps (under one step
    a row and 200, where there are fewer than 400 rows and the encoder is not ``frozen``), fewer
    where it is over 250,000 rows, but at least 4. Patience is half of the epochs, at least 5.

    Examples
    --------
    >>> course_of(FitConfig(), 200, frozen=True)
    Course(batch_size=32, epochs=58, patience=29)
    >>> for rows in (200, 2_000, 20_000, 80_000):
    ...     course_of(FitConfig(), rows)
    Course(batch_size=32, epochs=29, patience=14)
    Course(batch_size=32, epochs=15, patience=7)
    Course(batch_size=128, epochs=12, patience=6)
    Course(batch_size=256, epochs=4, patience=5)
    """
    batch = config.batch_size
    if batch is None:
        batch = min(_LARGEST_BATCH, max(_BATCH, 2 ** int(math.log2(rows / _STEPS_PER_EPOCH))))
    batch = min(batch, rows)
    epochs = config.epochs
    if epochs is None:
        most = min(_EPOCHS, max(_LEAST_EPOCHS, _ROWS // rows))
        steps = _STEPS if frozen else min(_STEPS, max(_LEAST_STEPS, rows))
        epochs = max(most, math.ceil(steps / BatchSampler(rows, batch).steps_per_epoch))
    return Course(batch, epochs, config.patience or max(5, epochs // 2))
