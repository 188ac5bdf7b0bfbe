"""The report of a benchmark: one self-contained page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from graftwork.evaluation.benchmark.folder import write_bytes
from graftwork.evaluation.benchmark.run import BenchmarkRun
from graftwork.evaluation.benchmark.summary import (
    CHOICE_TITLES,
    MARKS,
    headlines,
    missing_line,
    protocol_lines,
    seconds,
    show_gain,
    table_notes,
)
from graftwork.evaluation.verdict import Verdict
from graftwork.metrics import METRICS
from graftwork.report.environment import environment

TONES: dict[Verdict, str] = {"helps": "helps", "no evidence": "open", "hurts": "hurts"}
_BANNERS = {
    "hurts": ("hurts", "✗", "Pre-training hurts somewhere"),
    "helps": ("helps", "✓", "Pre-training helps somewhere and hurts nowhere"),
    "no evidence": ("open", "≈", "No evidence that pre-training helps or hurts"),
    None: ("none", "?", "Nothing pre-trained to judge"),
}


def write_benchmark_report(run: BenchmarkRun, command: str) -> Path:
    """Write ``report.html`` into the benchmark's directory and return its path."""
    path = run.results.folder.root / "report.html"
    page = render_benchmark(run, command, datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    write_bytes(path, page.encode("utf-8", errors="replace"))
    return path


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
        if any(headline.verdict == verdict for headline in found):
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
            missing=missing_line(run.results),
            protocol=protocol_lines(run.results),
            titles=CHOICE_TITLES,
            notes={t.epoch_choice: table_notes(t, run.verdicts) for t in run.tables},
            metrics=METRICS,
            seconds=seconds,
            show_gain=show_gain,
        )
    )
