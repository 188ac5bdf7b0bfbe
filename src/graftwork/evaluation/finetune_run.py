"""A fine-tuning run and its directory."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graftwork import console
from graftwork.data.places import make_folder, require_outside
from graftwork.data.writers import TableWriter
from graftwork.errors import InputError
from graftwork.evaluation.blend_sentence import blend_numbers
from graftwork.evaluation.experiment import (
    PRETRAINED,
    SCRATCH,
    Experiment,
    transfer_verdict,
)
from graftwork.evaluation.finetune_config import FinetuneConfig
from graftwork.evaluation.verdict import Comparison
from graftwork.training.logs import RunLog

_FILES = {
    "config.json",
    "logs",
    "metrics.json",
    "model",
    "model.partial",
    "predictions.csv",
    "rejects.csv",
    "report.html",
    "split.json",
}


@dataclass(frozen=True)
class FinetuneRun:
    """A finished run: its directory and its numbers."""

    folder: Path
    config: FinetuneConfig
    experiment: Experiment
    comparisons: list[Comparison]
    protocol: dict[str, Any]

    @property
    def verdict(self) -> str | None:
        """``helps``, ``no evidence`` or ``hurts``; None for a run that starts from none."""
        return transfer_verdict(self.comparisons)


def prepare_folder(folder: Path, *needed: Path) -> None:
    """Make room for the run; an earlier run in the same folder is replaced, nothing else is."""
    make_folder(folder)
    names = {path.name for path in folder.iterdir()}
    if not names:
        return
    if "split.json" not in names:
        raise InputError(
            f"{folder} is not empty and holds no earlier fine-tuning run.", "Choose another -o."
        )
    if others := sorted(names - _FILES):
        raise InputError(
            f"{folder} holds an earlier run and also {', '.join(others[:3])}, which replacing the "
            "run would remove.",
            "Move that away, or choose another -o.",
        )
    require_outside(folder, *needed)
    console.say(f"Replacing the earlier run in {folder}")
    shutil.rmtree(folder)
    folder.mkdir()


def write_run(run: FinetuneRun) -> None:
    """Write numbers, predictions and logs into the run's directory."""
    _write_metrics(run)
    _write_predictions(run)
    _write_logs(run)


def _write_metrics(run: FinetuneRun) -> None:
    text = {
        "protocol": run.protocol,
        "results": run.experiment.results,
        "verdict": run.verdict,
        "comparisons": [comparison.to_dict() for comparison in run.comparisons],
        "blend": None if run.experiment.auto is None else blend_numbers(run.experiment.auto),
        "intervals": {k: v.to_dict() for k, v in run.experiment.intervals.items()},
    }
    (run.folder / "metrics.json").write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    settings = {
        "command": "finetune",
        "data": run.protocol["data"],
        "targets": run.protocol["tasks"],
        "settings": run.config.to_dict(),
    }
    (run.folder / "config.json").write_text(json.dumps(settings, indent=1) + "\n")


def _write_predictions(run: FinetuneRun) -> None:
    """Write every usable row with its labels and each model's prediction over its seeds."""
    data, models = run.experiment.data, run.experiment.models
    part_of = {int(i): part for part, rows in run.experiment.split.parts().items() for i in rows}
    structure = "smiles" if data.network is None else "node"
    columns = ["row", structure, "split", *(f"true_{task}" for task in data.tasks)]
    columns += [f"{model}_{task}" for model in models for task in data.tasks]
    means = [run.experiment.consensus(name) for name in models]
    with TableWriter(run.folder / "predictions.csv", columns) as writer:
        for i, record in enumerate(data.records):
            values = [value for mean in means for value in mean[i].tolist()]
            writer.write(
                [
                    str(record.row),
                    record.structure,
                    part_of.get(i, ""),
                    *data.y[i].tolist(),
                    *values,
                ]
            )


def _write_logs(run: FinetuneRun) -> None:
    for name in (PRETRAINED, SCRATCH):
        runs = run.experiment.models.get(name)
        for seed, fitted in zip(runs.seeds, runs.fitted, strict=True) if runs else ():
            with RunLog(run.folder / "logs" / f"{name}-seed{seed}") as log:
                for epoch, loss in enumerate(fitted.losses, start=1):
                    values = {"train/loss": loss}
                    if epoch <= len(fitted.scores):
                        values[f"val/{run.experiment.metric}"] = fitted.scores[epoch - 1]
                    log.write(epoch, values)
