"""The table of a benchmark: models x data sets, at one epoch choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from graftwork.evaluation.benchmark.means import (
    MeanGain,
    Row,
    corrected_gains,
    mean_gain,
    shared_datasets,
    unit_warning,
)
from graftwork.evaluation.benchmark.plan import FULL
from graftwork.evaluation.benchmark.results import Outcome, Results
from graftwork.evaluation.benchmark.verdicts import TableVerdict
from graftwork.metrics import METRICS

_ORDER = {"baseline": 0, "scratch": 1, "pretrained": 2}


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
        Against scratch, after the correction; None for what is not pre-trained.
    """

    mean: float | None
    sd: float | None
    seeds: int
    deterministic: bool
    seconds: float
    best: bool
    verdict: TableVerdict | None


@dataclass(frozen=True)
class TableRow:
    """One model with one strategy.

    Parameters
    ----------
    model, strategy, label, role
        Which one; ``label`` is what the table shows.
    cells
        One per data set, None where nothing has run.
    mean
        Over the shared data sets.
    over_scratch, over_baseline
        Mean gains there; ``over_baseline`` is against the baseline with the best mean.
    baseline
        The name of that one.
    """

    model: str
    strategy: str
    label: str
    role: str
    cells: tuple[TableCell | None, ...]
    mean: float | None
    over_scratch: MeanGain | None
    over_baseline: MeanGain | None
    baseline: str | None


@dataclass(frozen=True)
class BenchmarkTable:
    """Models x data sets.

    Parameters
    ----------
    epoch_choice
        ``best-validation`` or ``last``.
    datasets, metrics
        The columns and what each one measures.
    shared
        The data sets that the means are over.
    no_mean, note
        Why there is no mean over data sets; what to know of the mean there is.
    rows
        Baselines, scratch, checkpoints.
    """

    epoch_choice: str
    datasets: tuple[str, ...]
    metrics: tuple[str, ...]
    shared: tuple[str, ...]
    no_mean: str | None
    note: str | None
    rows: tuple[TableRow, ...]


def label_of(model: str, strategy: str) -> str:
    """Name a row of the table."""
    return model if strategy in ("", FULL) else f"{model} ({strategy})"


def make_table(
    results: Results, verdicts: Sequence[TableVerdict], epoch_choice: str
) -> BenchmarkTable:
    """Collect a table from the results and the verdicts at one epoch choice."""
    datasets = [name for name in results.request.data if results.metric(name)]
    metrics = tuple(str(results.metric(name)) for name in datasets)
    models = results.request.models
    rows = sorted(
        dict.fromkeys(outcome.row for outcome in results.outcomes),
        key=lambda row: (_ORDER[models[row[0]].role], list(models).index(row[0]), row[1] != FULL),
    )
    means = {
        (name, row): _test_mean(results.group(name, *row), metric, epoch_choice)
        for name, metric in zip(datasets, metrics, strict=True)
        for row in rows
    }
    shared, no_mean = shared_datasets(results, rows)
    averages = {row: _average([means[name, row] for name in shared]) for row in rows}
    if no_mean is not None:
        averages = dict.fromkeys(rows)
    metric = str(results.metric(shared[0])) if shared else ""
    baseline = _best_baseline(results, rows, averages, metric)
    chosen = [v for v in verdicts if v.epoch_choice == epoch_choice]
    table_rows = []
    for row in rows:
        mine = [v for v in chosen if (v.model, v.strategy) == row]
        gains = {
            against: mean_gain(over)
            for against in {v.against for v in mine}
            if no_mean is None
            and len(over := [v for v in mine if v.against == against and v.dataset in shared])
            == len(shared)
        }
        scratch = str(models[row[0]].scratch)
        table_rows.append(
            TableRow(
                *row,
                label_of(*row),
                models[row[0]].role,
                tuple(
                    _cell(results, name, row, metric, epoch_choice, means, rows, mine)
                    for name, metric in zip(datasets, metrics, strict=True)
                ),
                averages[row],
                gains.get(scratch),
                gains.get(baseline or ""),
                baseline,
            )
        )
    warning = unit_warning(metric) if no_mean is None and len(shared) > 1 else None
    return BenchmarkTable(
        epoch_choice,
        tuple(datasets),
        metrics,
        tuple(shared),
        no_mean,
        warning,
        tuple(_corrected(table_rows)),
    )


def _corrected(rows: Sequence[TableRow]) -> list[TableRow]:
    """Judge the mean gains of a table after Holm's correction, one family per kind of opponent."""
    scratch = corrected_gains([row.over_scratch for row in rows])
    baseline = corrected_gains([row.over_baseline for row in rows])
    return [
        replace(row, over_scratch=one, over_baseline=other)
        for row, one, other in zip(rows, scratch, baseline, strict=True)
    ]


def _cell(
    results: Results,
    name: str,
    row: Row,
    metric: str,
    choice: str,
    means: dict[tuple[str, Row], float | None],
    rows: Sequence[Row],
    verdicts: Sequence[TableVerdict],
) -> TableCell | None:
    outcomes = results.group(name, *row)
    if not outcomes:
        return None
    values = _values(outcomes, metric, choice)
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
        next((v for v in verdicts if v.dataset == name and v.family == "scratch"), None),
    )


def _values(outcomes: Sequence[Outcome], metric: str, choice: str) -> list[float]:
    values = [outcome.scores("test", choice)[metric]["value"] for outcome in outcomes]
    return [value for value in values if value is not None]


def _test_mean(outcomes: Sequence[Outcome], metric: str, choice: str) -> float | None:
    """Return the mean over seeds; None if any seed has no value."""
    values = _values(outcomes, metric, choice)
    return float(np.mean(values)) if values and len(values) == len(outcomes) else None


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def _best_baseline(
    results: Results,
    rows: Sequence[Row],
    averages: dict[Row, float | None],
    metric: str,
) -> str | None:
    found = {
        row[0]: mean
        for row in rows
        if results.request.models[row[0]].role == "baseline" and (mean := averages[row]) is not None
    }
    if not found:
        return None
    choose = max if METRICS[metric].higher_is_better else min
    return choose(found, key=lambda name: found[name])
