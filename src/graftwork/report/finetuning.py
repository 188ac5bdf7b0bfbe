"""The report of a fine-tuning run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from graftwork.evaluation.auto import AUTO, Auto
from graftwork.evaluation.blend_sentence import blend_sentence, mean_defined
from graftwork.evaluation.finetune_run import FinetuneRun
from graftwork.evaluation.sentence import sentence
from graftwork.formatting import show
from graftwork.metrics import MEAN, METRICS
from graftwork.report.content import (
    BlendRow,
    ComparisonRow,
    Curve,
    ErrorMolecule,
    MetricRow,
    ModelRow,
    ReportContent,
)
from graftwork.report.render import write_report

WORST = 12


def write_finetune_report(run: FinetuneRun, command: str) -> Path:
    """Write ``report.html`` into the run directory and return its path."""
    return write_report(finetune_content(run, command), run.folder / "report.html")


def finetune_content(run: FinetuneRun, command: str) -> ReportContent:
    """Collect what the report says from the run; nothing is computed anew but the worst errors."""
    experiment, data = run.experiment, run.experiment.data
    test = experiment.split.test
    predictions = {name: experiment.consensus(name)[test] for name in experiment.models}
    tasks = ", ".join(data.tasks)
    return ReportContent(
        title=f"{tasks if len(tasks) < 60 else f'{len(data.tasks)} targets'}: fine-tuning report",
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        protocol=run.protocol["description"],
        summary=summary(run),
        verdict=run.verdict,  # type: ignore[arg-type]  # a Verdict or None by construction
        table=_model_rows(run),
        metric=experiment.metric,
        higher_is_better=METRICS[experiment.metric].higher_is_better,
        metric_table=_metric_rows(run),
        comparisons=[
            ComparisonRow(
                c.model, c.against, c.difference, c.lower, c.upper, c.verdict, _sentence(run, c)
            )
            for c in run.comparisons
        ],
        curves=_curves(run),
        truth=data.y[test],
        predictions=predictions,
        tasks=data.tasks,
        kind=experiment.kind,
        errors=_worst(run, predictions[experiment.delivered]),
        facts=_facts(run),
        rejects=[(r.row, r.value, r.reason) for r in data.rejects],
        command=command,
        unit="molecule" if data.network is None else "node",
        blend=_blend_rows(experiment.auto),
        blend_sentence="" if experiment.auto is None else blend_sentence(experiment.auto),
    )


def summary(run: FinetuneRun) -> list[str]:
    """Say in plain sentences how the network did against the others."""
    order = sorted(run.comparisons, key=lambda c: (c.model == AUTO, c.against != "scratch"))
    lines = [_sentence(run, comparison) for comparison in order]
    if run.experiment.auto is not None:
        lines.append(blend_sentence(run.experiment.auto))
    found = {k: v.estimate for k, v in run.experiment.intervals.items() if v.estimate is not None}
    if found:
        metric = METRICS[run.experiment.metric]
        best = (max if metric.higher_is_better else min)(found, key=lambda name: found[name])
        lines.append(f"Best mean {metric.label} on the test part: {best} ({show(found[best])}).")
    return lines or ["One model only: nothing to compare it with."]


def _sentence(run: FinetuneRun, comparison: Any) -> str:
    unit = run.experiment.data.tasks[0] if len(run.experiment.data.tasks) == 1 else None
    return sentence(comparison, unit)


def _model_rows(run: FinetuneRun) -> list[ModelRow]:
    experiment = run.experiment
    per_seed: dict[str, list[float]] = {name: [] for name in experiment.models}
    for row in experiment.results:
        wanted = ("test", "mean", experiment.metric)
        if (row["split"], row["task"], row["metric"]) == wanted and row["value"] is not None:
            per_seed[row["model"]].append(row["value"])
    return [
        ModelRow(
            name,
            found.estimate,
            found.lower,
            found.upper,
            found.seeds,
            per_seed[name],
            "; ".join(filter(None, [found.note, *experiment.models[name].notes])),
        )
        for name, found in experiment.intervals.items()
    ]


def _blend_rows(auto: Auto | None) -> list[BlendRow]:
    """Average scores and weights over targets."""
    return [
        BlendRow(s.model, mean_defined(s.scores), mean_defined(s.weights))
        for s in (() if auto is None else auto.standings)
    ]


def _metric_rows(run: FinetuneRun) -> list[MetricRow]:
    """Average each metric over seeds; a seed where it is undefined is said, not skipped."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in run.experiment.results:
        single = len(run.experiment.data.tasks) == 1  # its mean over tasks says nothing new
        if row["split"] == "test" and not (single and row["task"] == MEAN):
            groups.setdefault((row["model"], row["task"], row["metric"]), []).append(row)
    out = []
    for (model, task, metric), rows in groups.items():
        values = [row["value"] for row in rows if row["value"] is not None]
        notes = {row.get("undefined") or row.get("note") for row in rows} - {None}
        mean = float(np.mean(values)) if values else None
        out.append(MetricRow(model, task, metric, mean, "; ".join(sorted(map(str, notes)))))
    return out


def _curves(run: FinetuneRun) -> list[Curve]:
    curves = []
    for name, runs in run.experiment.models.items():
        for seed, fitted in zip(runs.seeds, runs.fitted, strict=False):
            for part, label, values in (
                ("train", "loss", fitted.losses),
                ("val", run.experiment.metric, fitted.scores),
            ):
                steps = list(range(1, len(values) + 1))
                curves.append(Curve(name, seed, part, label, steps, values))  # type: ignore[arg-type]
    return curves


def _worst(run: FinetuneRun, predicted: np.ndarray[Any, Any]) -> list[ErrorMolecule]:
    """Return the test rows with the largest errors, each once, in units of the label.

    Of class numbers one is not farther off than another, so there are none for multiclass.
    """
    if run.experiment.kind == "multiclass":
        return []
    data, test = run.experiment.data, run.experiment.split.test
    error = np.abs(predicted - data.y[test])
    scale = np.nanstd(data.y, axis=0)
    ranked = error / np.where(scale > 0, scale, 1)
    task = np.nan_to_num(ranked, nan=-1).argmax(1)
    worst = np.argsort(-np.nan_to_num(ranked, nan=-1).max(1), kind="stable")[:WORST]
    return [
        ErrorMolecule(
            data.records[test[i]].structure,
            data.records[test[i]].row,
            data.tasks[task[i]],
            float(data.y[test[i], task[i]]),
            float(predicted[i, task[i]]),
        )
        for i in worst
        if not np.isnan(error[i, task[i]])
    ]


def _facts(run: FinetuneRun) -> list[tuple[str, str]]:
    data, split = run.experiment.data, run.experiment.split
    unusable = sum(reject.status == "rejected" for reject in data.rejects)
    final = "all labelled rows" if run.config.refit else "the training part of the split"
    units = "molecules" if data.network is None else "nodes"
    return [
        ("Rows in the input", str(data.total)),
        (f"Usable {units} with a label", str(len(data.store))),
        ("Rejected rows", str(unusable)),
        ("Train / validation / test", f"{len(split.train)} / {len(split.val)} / {len(split.test)}"),
        ("Started from", run.config.start_from),
        ("Features", f"{data.store.schema.featurizer}, {data.store.schema.options}"),
        ("The model left behind was trained on", final),
        ("Versions", ", ".join(f"{k} {v}" for k, v in run.protocol["versions"].items())),
    ]
