"""A benchmark as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from graftwork.evaluation.benchmark.blend_lines import blend_lines
from graftwork.evaluation.benchmark.families import MARKS
from graftwork.evaluation.benchmark.headlines import headlines
from graftwork.evaluation.benchmark.results import Results
from graftwork.evaluation.benchmark.summary import (
    CHOICE_TITLES,
    gain_titles,
    gains_of,
    missing_line,
    opponent_of,
    protocol_lines,
    seconds,
    table_notes,
)
from graftwork.evaluation.benchmark.table import BenchmarkTable, TableRow, label_of
from graftwork.evaluation.benchmark.table_cell import TableCell
from graftwork.evaluation.benchmark.table_verdict import TableVerdict
from graftwork.formatting import show, show_interval
from graftwork.metrics import METRICS


def markdown(
    results: Results,
    tables: Sequence[BenchmarkTable],
    verdicts: Sequence[TableVerdict],
    overlaps: Sequence[str],
) -> str:
    """Write the whole benchmark as Markdown."""
    lines = ["# Benchmark", ""]
    lines += [f"- {h.sentence}" for h in headlines(verdicts, tables[0])]
    if missing := missing_line(results):
        lines += ["", f"**Incomplete.** {missing}"]
    for table in tables:
        lines += ["", f"## {CHOICE_TITLES[table.epoch_choice]}", "", *_markdown_table(table)]
        lines += ["", *table_notes(table, verdicts)]
        lines += _markdown_gains([v for v in verdicts if v.epoch_choice == table.epoch_choice])
    if blends := blend_lines(results):
        lines += ["", "## What the blends consist of", "", *(f"- {line}" for line in blends)]
    lines += ["", "## Protocol", "", *(f"- {line}" for line in protocol_lines(results))]
    if overlaps:
        lines += ["", "## What the checkpoints had seen", "", *(f"- {line}" for line in overlaps)]
    return "\n".join(lines) + "\n"


def _markdown_table(table: BenchmarkTable) -> list[str]:
    heads = ["model"]
    for name, metric in zip(table.datasets, table.metrics, strict=True):
        arrow = "↑" if METRICS[metric].higher_is_better else "↓"
        heads.append(f"{name}, {METRICS[metric].label} {arrow}")
    heads += ["mean", *gain_titles(table), "seconds"]
    lines = [_line(heads), "|" + " --- |" * len(heads)]
    lines += [_line(_markdown_row(row, table)) for row in table.rows]
    return lines


def _markdown_gains(verdicts: Sequence[TableVerdict]) -> list[str]:
    """Write every comparison at one epoch choice."""
    if not verdicts:
        return []
    heads = ["data set", "model", "against", "gain", "95% interval", "over seeds alone"]
    heads += ["p (Holm)", "verdict"]
    lines = ["", _line(heads), "|" + " --- |" * len(heads)]
    for v in verdicts:
        cells = [
            v.dataset,
            label_of(v.model, v.strategy),
            opponent_of(v),
            show(v.difference, signed=True),
            _interval(v.lower, v.upper),
            f"{_interval(v.seeds_lower, v.seeds_upper)} {MARKS[v.family][v.seeds_verdict_holm]}",
            "none" if v.p_holm is None else show(v.p_holm),
            MARKS[v.family][v.verdict_holm],
        ]
        lines.append(_line(cells))
    return lines


def _interval(lower: float | None, upper: float | None) -> str:
    return "none" if lower is None else show_interval(lower, upper, signed=True)


def _markdown_row(row: TableRow, table: BenchmarkTable) -> list[str]:
    cells = [
        f"**{_show_cell(cell)}**" if cell is not None and cell.best else _show_cell(cell)
        for cell in row.cells
    ]
    mean = "-" if row.mean is None else show(row.mean)
    return [row.label, *cells, mean, *gains_of(row, table), f"{seconds(row):.0f}"]


def _show_cell(cell: TableCell | None) -> str:
    """Write a cell of the table: mean, standard deviation over seeds, number of seeds, verdict."""
    if cell is None:
        return "not run"
    if cell.mean is None:
        return "undefined"
    spread = "" if cell.sd is None else f" ± {show(cell.sd)}"
    seeds = "any seed" if cell.deterministic else f"n={cell.seeds}"
    verdict = cell.verdict
    mark = "" if verdict is None else f" {MARKS[verdict.family][verdict.verdict_holm]}"
    return f"{show(cell.mean)}{spread} ({seeds}){mark}"


def _line(cells: Sequence[str]) -> str:
    """Write a line of a table; names of files may hold anything."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
