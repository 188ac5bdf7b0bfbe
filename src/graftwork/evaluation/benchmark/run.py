"""The benchmark, end to end: request in, cells run, tables and verdicts out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graftwork import console
from graftwork.data.isolate import available_cores
from graftwork.data.places import make_folder
from graftwork.evaluation.benchmark.curves import CURVE_COLUMNS, CurvePoint, label_curves
from graftwork.evaluation.benchmark.data_spec import DataSpec
from graftwork.evaluation.benchmark.epoch_choice import CHOICES
from graftwork.evaluation.benchmark.folder import Folder, read_json, write_bytes, write_json
from graftwork.evaluation.benchmark.lock import locked
from graftwork.evaluation.benchmark.markdown import markdown
from graftwork.evaluation.benchmark.model_spec import ModelSpec
from graftwork.evaluation.benchmark.overlaps import find_overlaps, sentences
from graftwork.evaluation.benchmark.plan import Cell, plan
from graftwork.evaluation.benchmark.request import grow
from graftwork.evaluation.benchmark.results import (
    COLUMNS,
    Results,
    load_results,
    result_rows,
    write_table,
)
from graftwork.evaluation.benchmark.runner import Job, Runner
from graftwork.evaluation.benchmark.settings import BenchmarkConfig
from graftwork.evaluation.benchmark.table import BenchmarkTable, label_of, make_table
from graftwork.evaluation.benchmark.table_verdict import TableVerdict
from graftwork.evaluation.benchmark.verdicts import VERDICTS_FORMAT, table_verdicts

_COST = {"baseline": 0.2, "scratch": 1.0, "pretrained": 1.0, "auto": 3.0}  # of a row, roughly
_START = 200.0  # rows that cost as much as starting a process


@dataclass(frozen=True)
class BenchmarkRun:
    """A benchmark's directory and what is in it.

    Parameters
    ----------
    results, verdicts, tables
        All finished cells, all comparisons, and a table per epoch choice.
    overlaps
        What the checkpoints had seen, in sentences.
    failures
        Of this call: which cells failed, and why.
    curves
        Scores against numbers of labels, where a data set has at least two of these.
    """

    results: Results
    verdicts: list[TableVerdict]
    tables: list[BenchmarkTable]
    overlaps: list[str]
    failures: list[tuple[str, str]]
    curves: list[CurvePoint] = field(default_factory=list)


def run_benchmark(
    output: Path,
    data: Sequence[DataSpec],
    models: Sequence[ModelSpec],
    config: BenchmarkConfig,
    *,
    strategies: Sequence[str],
    seeds: Sequence[int],
    preset: str = "default",
    jobs: int | None = None,
    time_limit: float | None = None,
    cell_time_limit: float | None = None,
) -> BenchmarkRun:
    """Run the cells that are not done, and write everything but the report.

    Parameters
    ----------
    output
        A new directory, or that of an earlier benchmark under the same protocol, which grows.
    jobs
        Processes at once; default one per core. Each computes with its share of the cores.
    time_limit
        Seconds after which no further cell starts.
    cell_time_limit
        Seconds after which a single cell counts as failed.

    Raises
    ------
    InputError
        If the settings do not fit the directory; nothing has run then.
    """
    cells = plan(data, models, strategies, seeds, config)
    make_folder(output)
    folder = Folder(output)
    with locked(output):
        protocol = json.loads(json.dumps({"preset": preset, **config.protocol()}))
        request = grow(folder, protocol, data, models, cells)
        count = jobs or available_cores()
        threads = max(1, available_cores() // count)
        runner = Runner(folder, count, threads, time_limit, cell_time_limit)
        work = _jobs(folder, cells)
        _run(runner, work)
        results = load_results(folder, request)
        failed = [job for job in work if runner.states[job.id] == "failed"]
        told = {job.needs for job in failed}  # by the cells that failed with them
        failures = [
            (job.title, read_json(folder.failure(job.id))["error"])
            for job in failed
            if job.id not in told
        ]
        return _write(folder, results, failures)


def _jobs(folder: Folder, cells: Sequence[Cell]) -> list[Job]:
    """Turn cells into jobs, each data set's preparation right before its first cell."""
    jobs: dict[str, Job] = {}
    for cell in cells:
        done = folder.cell(cell.id)
        need = f"data-{cell.data}"
        title = f"{label_of(cell.model, cell.strategy)} on {cell.dataset}, seed {cell.seed}"
        rows = float(cell.spec["dataset"]["labels"] or cell.spec["dataset"]["rows"])
        if not done.is_file() or not folder.facts(cell.data).is_file():
            facts = folder.facts(cell.data)
            ready = folder.cache(cell.data) / "data.json" if facts.is_file() else facts
            jobs.setdefault(
                need,
                Job(
                    need,
                    "prepare",
                    cell.spec,
                    ready,
                    cost=_START + rows * 0.05,
                    title=f"reading {cell.dataset}",
                    limit=False,
                ),
            )
        jobs.setdefault(
            cell.id,
            Job(
                cell.id,
                "cell",
                cell.spec,
                done,
                needs=need,
                after=cell.spec["network"],
                unless=cell.first,
                cost=_START + rows * _COST[cell.spec["model"]["role"]],
                title=title,
            ),
        )
    return list(jobs.values())


def _run(runner: Runner, jobs: Sequence[Job]) -> None:
    costs = {job.id: 0.0 if job.done.is_file() else job.cost for job in jobs}
    total = sum(costs.values()) or 1.0
    with console.progress("Benchmark, % of the work", 100) as update:

        def report(ended: Job | None) -> None:
            over = [i for i, state in runner.states.items() if state not in ("waiting", "running")]
            cells = sum(not i.startswith("data-") for i in over)
            running = sum(state == "running" for state in runner.states.values())
            note = f"{cells} of {sum(job.kind == 'cell' for job in jobs)} cells, {running} running"
            update(int(100 * sum(costs[i] for i in over) / total), note)
            if ended is not None and runner.states[ended.id] == "failed" and ended.kind == "cell":
                console.say(f"Failed: {ended.title}")

        runner.run(jobs, report)


def _write(folder: Folder, results: Results, failures: list[tuple[str, str]]) -> BenchmarkRun:
    write_table(folder, "results", result_rows(results), COLUMNS, (".csv", ".parquet"))
    verdicts = table_verdicts(results)
    overlaps = sentences(find_overlaps(results))
    tables = [make_table(results, verdicts, choice) for choice in CHOICES]
    rows: list[dict[str, Any]] = [verdict.to_dict() for verdict in verdicts]
    write_json(folder.root / "verdicts.json", {"format": VERDICTS_FORMAT, "comparisons": rows})
    columns = [name for name in TableVerdict.__dataclass_fields__ if name != "inputs"]
    write_table(folder, "verdicts", rows, columns)
    curves = label_curves(results)
    if curves:
        write_table(folder, "curves", [point.to_dict() for point in curves], CURVE_COLUMNS)
    text = markdown(results, tables, verdicts, overlaps)
    write_bytes(folder.root / "table.md", text.encode())
    return BenchmarkRun(results, verdicts, tables, overlaps, failures, curves)
