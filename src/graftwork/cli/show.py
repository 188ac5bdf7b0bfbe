"""Results on the terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from graftwork.evaluation.finetune_run import FinetuneRun
from graftwork.formatting import show, show_interval
from graftwork.metrics import METRICS
from graftwork.report.finetuning import summary


def show_run(run: FinetuneRun) -> None:
    """Print every model with its interval, the verdict, and where the files are."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    metric = METRICS[run.experiment.metric]
    better = "higher" if metric.higher_is_better else "lower"
    table = Table(title=f"Test {metric.label} ({better} is better), {run.protocol['description']}")
    for heading in ("model", metric.label, "95% interval", "seeds"):
        table.add_column(heading, justify="left" if heading == "model" else "right")
    for name, found in run.experiment.intervals.items():
        ends = show_interval(found.lower, found.upper)
        table.add_row(name, show(found.estimate), ends, str(found.seeds))
    console.print(table)
    if run.verdict is not None:
        console.print(f"Verdict on pre-training: {run.verdict}", markup=False)
    for line in summary(run):
        console.print(f"- {line}", markup=False)
    console.print(f"Model   {run.folder / 'model'}", markup=False)
    console.print(f"Report  {run.folder / 'report.html'}", markup=False)
