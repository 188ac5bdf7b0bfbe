"""Score against number of labels: what each model of a table makes of more of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from graftwork.evaluation.benchmark.epoch_choice import CHOICES
from graftwork.evaluation.benchmark.label_budget import budget_sizes
from graftwork.evaluation.benchmark.results import Outcome, Results
from graftwork.evaluation.benchmark.table import label_of
from graftwork.evaluation.benchmark.table_cell import test_values
from graftwork.evaluation.student import half_width


@dataclass(frozen=True)
class CurvePoint:
    """One model at one number of labels.

    Parameters
    ----------
    dataset
        Its name without a label budget.
    labels, budget
        Labelled rows to learn from, validation included; the budget that gave them, or ``all``.
    model, strategy, label
        The row of the table, and what that is called there.
    epoch_choice, metric
        Which epoch the network is taken from; what is scored on the test part.
    mean, sd, lower, upper
        Over seeds; the interval is Student's, of 95 %. It covers other seeds, and with a budget
        other labelled rows, but not other test rows. None with one seed.
    seeds
        How many.
    """

    dataset: str
    labels: int
    budget: str
    model: str
    strategy: str
    label: str
    epoch_choice: str
    metric: str
    mean: float
    sd: float | None
    lower: float | None
    upper: float | None
    seeds: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return asdict(self)


CURVE_COLUMNS = tuple(name for name in CurvePoint.__dataclass_fields__ if name != "label")


def label_curves(results: Results) -> list[CurvePoint]:
    """Return the points of all data sets that have at least two numbers of labels."""
    points = [point for choice in CHOICES for point in _points(results, choice)]
    numbers: dict[str, set[int]] = {}
    for point in points:
        numbers.setdefault(point.dataset, set()).add(point.labels)
    return [point for point in points if len(numbers[point.dataset]) > 1]


def _points(results: Results, choice: str) -> Iterator[CurvePoint]:
    data = results.request.data
    columns = sorted(data, key=lambda name: (data[name].whole, data[name].labels or math.inf))
    rows = dict.fromkeys(outcome.row for outcome in results.outcomes)
    for row in rows:
        for name in columns:
            outcomes = results.group(name, *row)
            metric = results.metric(name)
            values = test_values(outcomes, str(metric), choice) if outcomes else []
            if not values or len(values) < len(outcomes):
                continue  # undefined for a seed
            spec, mean = data[name], float(np.mean(values))
            sd, half = _spread(values)
            yield CurvePoint(
                dataset=spec.whole,
                labels=_labels(results, outcomes, spec.labels),
                budget="all" if spec.labels is None else str(spec.labels),
                model=row[0],
                strategy=row[1],
                label=label_of(*row),
                epoch_choice=choice,
                metric=str(metric),
                mean=mean,
                sd=sd,
                lower=None if half is None else mean - half,
                upper=None if half is None else mean + half,
                seeds=len(values),
            )


def _spread(values: Sequence[float]) -> tuple[float, float] | tuple[None, None]:
    """Return the standard deviation over seeds and half the width of the mean's interval."""
    count = len(values)
    if count < 2:
        return None, None
    sd = float(np.std(values, ddof=1))
    return sd, half_width(sd / math.sqrt(count), count - 1)


def _labels(results: Results, outcomes: Sequence[Outcome], budget: int | None) -> int:
    sizes = results.facts[outcomes[0].cell.data]["sizes"]
    everything = int(sizes["train"] + sizes["val"])
    return everything if budget is None else sum(budget_sizes(sizes["train"], sizes["val"], budget))
