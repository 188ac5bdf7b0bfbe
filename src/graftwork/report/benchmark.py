"""The report of a benchmark: one self-contained page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from graftwork.evaluation.benchmark.blend_lines import blend_lines
from graftwork.evaluation.benchmark.epoch_choice import BEST
from graftwork.evaluation.benchmark.families import MARKS
from graftwork.evaluation.benchmark.folder import write_bytes
from graftwork.evaluation.benchmark.headlines import headlines
from graftwork.evaluation.benchmark.model_spec import WITHOUT_NETWORK
from graftwork.evaluation.benchmark.run import BenchmarkRun
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
from graftwork.evaluation.benchmark.table import label_of
from graftwork.evaluation.verdict import Verdict
from graftwork.metrics import METRICS
from graftwork.report.environment import environment
from graftwork.report.figure import Plot
from graftwork.report.label_curves import label_curve_plot

TONES: dict[Verdict, str] = {"helps": "helps", "no evidence": "open", "hurts": "hurts"}
_BANNERS = {
    "hurts": ("hurts", "✗", "Pre-training hurts somewhere"),
    "helps": ("helps", "✓", "Pre-training helps somewhere and hurts nowhere"),
    "no evidence": ("open", "≈", "No evidence that pre-training helps or hurts"),
    None: ("none", "?", "Nothing pre-trained to judge"),
}


def write_benchmark_report(run: BenchmarkRun, command: str) -> Path:
    """Write ``report.html``, and ``curves.svg`` where there are curves; return the page's path."""
    root = run.results.folder.root
    path = root / "report.html"
    if run.curves:
        write_bytes(root / "curves.svg", curves_of(run).svg.encode())
    page = render_benchmark(run, command, datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    write_bytes(path, page.encode("utf-8", errors="replace"))
    return path


def curves_of(run: BenchmarkRun) -> Plot:
    """Draw score against number of labels, at the best validation epoch."""
    roles = {
        name: "baseline" if name == WITHOUT_NETWORK else model.role  # dotted: has no network
        for name, model in run.results.request.models.items()
    }
    return label_curve_plot([point for point in run.curves if point.epoch_choice == BEST], roles)


def render_benchmark(run: BenchmarkRun, command: str, created: str) -> str:
    """Render a benchmark as one HTML page that opens offline and needs no script.

    Parameters
    ----------
    run
        What `graftwork.evaluation.benchmark.run_benchmark` returned.
    command
        How it was made.
    created
        Shown as given: the same run gives the same page.
    """
    found = headlines(run.verdicts, run.tables[0])
    worst: Verdict | None = None
    for verdict in ("no evidence", "helps", "hurts"):
        if any((h.family, h.verdict) == ("scratch", verdict) for h in found):
            worst = verdict
    tone, symbol, title = _BANNERS[worst]
    return (
        environment()
        .get_template("benchmark.html")
        .render(
            run=run,
            created=created,
            command=command,
            headlines=found,
            tone=tone,
            symbol=symbol,
            title=title,
            tones=TONES,
            marks=MARKS,
            blends=blend_lines(run.results),
            missing=missing_line(run.results),
            protocol=protocol_lines(run.results),
            titles=CHOICE_TITLES,
            curves=curves_of(run) if run.curves else None,
            notes={t.epoch_choice: table_notes(t, run.verdicts) for t in run.tables},
            metrics=METRICS,
            seconds=seconds,
            gain_titles=gain_titles,
            gains_of=gains_of,
            label_of=label_of,
            opponent_of=opponent_of,
        )
    )
