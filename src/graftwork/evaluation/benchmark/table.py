"""The table of a benchmark: models x data sets, at one epoch choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from graftwork.evaluation.benchmark.auto_models import shown
from graftwork.evaluation.benchmark.families import Family
from graftwork.evaluation.benchmark.means import (
    MeanGain,
    Row,
    corrected_gains,
    mean_gain,
    shared_datasets,
    unit_warning,
)
from graftwork.evaluation.benchmark.model_spec import WITHOUT_NETWORK
from graftwork.evaluation.benchmark.plan import USUAL
from graftwork.evaluation.benchmark.results import Results
from graftwork.evaluation.benchmark.table_cell import TableCell, made_cell, test_mean
from graftwork.evaluation.benchmark.table_verdict import TableVerdict
from graftwork.metrics import METRICS

_ORDER = {"baseline": 0, "scratch": 1, "pretrained": 2, "auto": 3}
_MARKED: dict[str, Family] = {"pretrained": "scratch", "auto": "blend"}  # in a cell, by role


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
    over_scratch, over_baseline, over_blend
        Mean gains there; ``over_baseline`` is against the baseline with the best mean,
        ``over_blend`` against the blend without a network.
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
    over_blend: MeanGain | None = None


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
        Baselines, scratch, checkpoints, blends.
    """

    epoch_choice: str
    datasets: tuple[str, ...]
    metrics: tuple[str, ...]
    shared: tuple[str, ...]
    no_mean: str | None
    note: str | None
    rows: tuple[TableRow, ...]

    @property
    def blends(self) -> bool:
        """Whether any row is a blend with a network."""
        return any(row.role == "auto" and row.model != WITHOUT_NETWORK for row in self.rows)


def label_of(model: str, strategy: str) -> str:
    """Name a row of the table."""
    return shown(model) if strategy in USUAL else f"{shown(model)} ({strategy})"


def make_table(
    results: Results, verdicts: Sequence[TableVerdict], epoch_choice: str
) -> BenchmarkTable:
    """Collect a table from the results and the verdicts at one epoch choice."""
    datasets = [name for name in results.request.data if results.metric(name)]
    metrics = tuple(str(results.metric(name)) for name in datasets)
    models = results.request.models
    rows = sorted(
        dict.fromkeys(outcome.row for outcome in results.outcomes),
        key=lambda row: (
            _ORDER[models[row[0]].role],
            list(models).index(row[0]),
            row[1] not in USUAL,
        ),
    )
    means = {
        (name, row): test_mean(results.group(name, *row), metric, epoch_choice)
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
        each = [v for v in mine if v.family != "best-baseline" and v.dataset in shared]
        gains = {
            against: mean_gain(over)
            for against in {v.against for v in each}
            if no_mean is None
            and len(over := [v for v in each if v.against == against]) == len(shared)
        }
        scratch = str(models[row[0]].scratch)
        table_rows.append(
            TableRow(
                *row,
                label_of(*row),
                models[row[0]].role,
                tuple(
                    made_cell(
                        results,
                        name,
                        row,
                        metric,
                        epoch_choice,
                        means,
                        rows,
                        _mark(models[row[0]].role, name, mine),
                    )
                    for name, metric in zip(datasets, metrics, strict=True)
                ),
                averages[row],
                gains.get(scratch),
                gains.get(baseline or ""),
                baseline,
                gains.get(WITHOUT_NETWORK),
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
    """Judge the mean gains of a table after Holm's correction, one family per question."""
    found = zip(
        rows,
        corrected_gains([None if row.role == "auto" else row.over_scratch for row in rows]),
        corrected_gains([row.over_scratch if row.role == "auto" else None for row in rows]),
        corrected_gains([row.over_baseline for row in rows]),
        corrected_gains([row.over_blend for row in rows]),
        strict=True,
    )
    return [
        replace(row, over_scratch=one or other, over_baseline=baseline, over_blend=blend)
        for row, one, other, baseline, blend in found
    ]


def _mark(role: str, name: str, verdicts: Sequence[TableVerdict]) -> TableVerdict | None:
    """Return the verdict that a cell of the table shows."""
    family = _MARKED.get(role)
    return next((v for v in verdicts if v.dataset == name and v.family == family), None)


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
