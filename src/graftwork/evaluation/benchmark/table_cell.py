"""One cell of a benchmark's table: a model on a data set, over its seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graftwork.evaluation.benchmark.means import Row
from graftwork.evaluation.benchmark.results import Outcome, Results
from graftwork.evaluation.benchmark.table_verdict import TableVerdict
from graftwork.metrics import METRICS


@dataclass(frozen=True)
class TableCell:
    """One model on one data set.

    Parameters
    ----------
    mean, sd
        Over seeds, of the test metric; None where undefined, or with one seed.
    seeds
        How many; a deterministic model needs one.
    deterministic
        Whether more seeds would change nothing.
    seconds
        Mean time of a seed, reading not included.
    best
        Whether no model has a better mean there.
    verdict
        After the correction: of a checkpoint against scratch, of a blend against the same without
        a network; None for others.
    """

    mean: float | None
    sd: float | None
    seeds: int
    deterministic: bool
    seconds: float
    best: bool
    verdict: TableVerdict | None


def made_cell(
    results: Results,
    name: str,
    row: Row,
    metric: str,
    choice: str,
    means: dict[tuple[str, Row], float | None],
    rows: Sequence[Row],
    verdict: TableVerdict | None,
) -> TableCell | None:
    """Collect the seeds of a row on a data set; None where none has run."""
    outcomes = results.group(name, *row)
    if not outcomes:
        return None
    values = test_values(outcomes, metric, choice)
    known = [mean for other in rows if (mean := means[name, other]) is not None]
    best = (max if METRICS[metric].higher_is_better else min)(known) if known else None
    mean = means[name, row]
    return TableCell(
        mean,
        float(np.std(values, ddof=1)) if len(values) > 1 and mean is not None else None,
        len(outcomes),
        outcomes[0].deterministic,
        float(np.mean([outcome.record["seconds"] for outcome in outcomes])),
        mean is not None and mean == best,
        verdict,
    )


def test_values(outcomes: Sequence[Outcome], metric: str, choice: str) -> list[float]:
    """Return the test metric of each seed that has one."""
    values = [outcome.scores("test", choice)[metric]["value"] for outcome in outcomes]
    return [value for value in values if value is not None]


def test_mean(outcomes: Sequence[Outcome], metric: str, choice: str) -> float | None:
    """Return the mean over seeds; None if any seed has no value."""
    values = test_values(outcomes, metric, choice)
    return float(np.mean(values)) if values and len(values) == len(outcomes) else None
