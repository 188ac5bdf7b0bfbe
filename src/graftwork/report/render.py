"""Content in, one HTML page out: nothing on the page is loaded from anywhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graftwork import formatting
from graftwork.report.content import MetricRow, ReportContent
from graftwork.report.environment import environment
from graftwork.report.glossary import glossary, metric_label
from graftwork.report.molecules import molecule_card
from graftwork.report.plots import agreement_plots, interval_plot, learning_curves

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_REJECTS = 20
FOLD_TASKS_ABOVE = 5
HEADLINES = {
    "helps": ("helps", "✓", "Pre-training helps"),
    "no evidence": ("open", "≈", "No evidence that pre-training helps or hurts"),
    "hurts": ("hurts", "✗", "Pre-training hurts"),
    None: ("none", "?", "No verdict"),
}


@dataclass(frozen=True)
class MetricLine:
    """One line of the metric table: a task and a metric, with one cell per model in order."""

    task: str
    metric: str
    cells: tuple[MetricRow, ...]


def render_report(content: ReportContent) -> str:
    """Render a report as one HTML page that opens offline and needs no script.

    Parameters
    ----------
    content
        What to show. Every string is escaped.

    Returns
    -------
    str
        The page. The same content gives the same page, byte for byte.
    """
    models = list(dict.fromkeys(row.model for row in content.metric_table))
    means = [row.mean for row in content.table if formatting.finite(row.mean)]
    metric = metric_label(content.metric)
    css, symbol, headline = HEADLINES[content.verdict]
    return (
        environment()
        .get_template("template.html")
        .render(
            content=content,
            metric=metric,
            verdict_class=css,
            verdict_symbol=symbol,
            headline=headline,
            best=(max if content.higher_is_better else min)(means) if means else None,
            interval=interval_plot(
                content.table, metric, higher_is_better=content.higher_is_better
            ),
            agreement=agreement_plots(content),
            curves=learning_curves(content.curves),
            models=models,
            lines=metric_lines(content.metric_table, models),
            fold=len({row.task for row in content.metric_table}) > FOLD_TASKS_ABOVE,
            cards=[
                molecule_card(error, draw=content.unit == "molecule") for error in content.errors
            ],
            shown_rejects=content.rejects[:SHOWN_REJECTS],
            glossary=glossary(content),
        )
    )


def write_report(content: ReportContent, path: str | Path) -> Path:
    """Write a report to ``path``: readers see the old file or the whole new one, never a part.

    Parameters
    ----------
    content
        What to show.
    path
        The HTML file; missing parent directories are made.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    OSError
        If the file cannot be written. The former file is then untouched.
    """
    target = Path(path)
    page = render_report(content)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        partial.write_text(page, encoding="utf-8", errors="replace")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def metric_lines(rows: Sequence[MetricRow], models: Sequence[str]) -> list[MetricLine]:
    """Turn one row per model into one line per task and metric, in order of appearance."""
    found = {(row.task, row.metric, row.model): row for row in rows}
    lines = dict.fromkeys((row.task, row.metric) for row in rows)
    absent = "not computed for this model"
    return [
        MetricLine(
            task,
            metric,
            tuple(
                found.get((task, metric, model), MetricRow(model, task, metric, None, absent))
                for model in models
            ),
        )
        for task, metric in lines
    ]
