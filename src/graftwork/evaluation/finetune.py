"""Fine-tuning, end to end: labelled table in, run directory out."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from graftwork import console
from graftwork.config import EncoderConfig, Kind
from graftwork.data.featurize import SCHEMAS
from graftwork.data.labelled import LabelledData, load_labelled
from graftwork.data.labels import infer_kind
from graftwork.data.places import make_folder, require_outside
from graftwork.data.record import write_rejects
from graftwork.data.splits import SPLITS, Split
from graftwork.data.splits.split import checked_sizes
from graftwork.data.writers import TableWriter
from graftwork.errors import InputError
from graftwork.evaluation.baselines import BASELINES
from graftwork.evaluation.experiment import (
    PRETRAINED,
    SCRATCH,
    Experiment,
    run_experiment,
    transfer_verdict,
)
from graftwork.evaluation.verdict import Comparison
from graftwork.metrics import METRICS, score
from graftwork.nn.artifact import load_artifact, package_versions, save_artifact
from graftwork.nn.checkpoints import find_model
from graftwork.nn.encoder import Encoder
from graftwork.nn.predictor import Predictor
from graftwork.training.device import new_fabric
from graftwork.training.fit import FitConfig, fit
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
class FinetuneConfig(FitConfig):
    """Settings of a fine-tuning experiment; everything that decides its numbers."""

    limits: ClassVar = {
        **FitConfig.limits,
        "data_seed": (0, 2**63 - 1),
        "seed": (0, 2**63 - 1),
        "num_seeds": (1, 1000),
        "time_limit": (1e-3, math.inf),
    }
    choices: ClassVar = {
        **FitConfig.choices,
        "task": ("auto", "classification", "regression"),
        "split": [name for name in SPLITS if name != "column"],  # --splits-column
        "featurizer": SCHEMAS,
    }

    start_from: str = "default"
    """Artifact to start from: a bundled name, a path, or none."""
    task: str = "auto"
    """classification, regression, or auto (0 and 1 only means classification)."""
    split: str = "scaffold"
    """How train, validation and test are drawn."""
    split_sizes: tuple[float, float, float] = (0.8, 0.1, 0.1)
    """Fractions of train, validation and test."""
    data_seed: int = 0
    """Seed of the split."""
    seed: int = 0
    """First model seed."""
    num_seeds: int = 3
    """Number of paired runs; an interval needs at least two."""
    standardize: bool = False
    """Keep the largest fragment of a molecule and neutralise it."""
    featurizer: str = "default"
    """Schema when starting from none; otherwise the artifact's."""
    baselines: tuple[str, ...] = tuple(BASELINES)
    """Fingerprint models to hold the network against."""
    refit: bool = True
    """Train the model left behind on all labelled rows."""
    time_limit: float | None = None
    """Seconds for training the networks."""


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


def run_finetune(
    table: Path,
    folder: Path,
    config: FinetuneConfig,
    *,
    smiles_column: str | None = None,
    targets: Sequence[str] | None = None,
    splits_column: str | None = None,
) -> FinetuneRun:
    """Load, split, train and compare, refit, and write everything but the report.

    Raises
    ------
    InputError
        If the table, a column, the artifact or a setting cannot be used; nothing is trained then.
    """
    sizes = checked_sizes(config.split_sizes)
    new_fabric(config.device, config.precision)  # better now than after the baselines
    encoder, pretrained = _starting_point(config)
    with console.progress("Reading molecules", None) as update:
        data = load_labelled(
            table,
            encoder.schema,
            smiles_column=smiles_column,
            targets=targets,
            splits_column=splits_column,
            progress=update,
        )
    for warning in data.warnings:
        console.say(f"Warning: {warning}")
    if "mean" in data.tasks:
        raise InputError(
            f"{table}: a target cannot be called 'mean', which stands for the average of all.",
            "Rename the column.",
        )
    split = data.split("column" if splits_column else config.split, sizes, config.data_seed)
    kind = _kind(config.task, data, split)
    _prepare(folder, table, Path(config.start_from))
    write_rejects(folder / "rejects.csv", data.rejects)
    split.save(folder / "split.json", data.store.row, sizes, config.data_seed)
    console.say(
        f"{len(data.store)} of {data.total} rows usable; {split.name} split "
        f"{len(split.train)}/{len(split.val)}/{len(split.test)}; {kind} of {', '.join(data.tasks)}"
    )
    experiment = run_experiment(
        data,
        split,
        encoder,
        config,
        kind,
        pretrained=pretrained,
        seeds=tuple(range(config.seed, config.seed + config.num_seeds)),
        baselines=config.baselines,
        time_limit=config.time_limit,
    )
    comparisons = experiment.comparisons()
    run = FinetuneRun(folder, config, experiment, comparisons, _protocol(config, experiment))
    _write_metrics(run)
    _write_predictions(run)
    _write_logs(run)
    save_artifact(folder / "model", _final_model(run, encoder), _provenance(run, table))
    return run


def _starting_point(config: FinetuneConfig) -> tuple[Encoder, bool]:
    if config.start_from == "none":
        schema = SCHEMAS[config.featurizer].with_options(standardize=config.standardize)
        return Encoder(schema, EncoderConfig()), False
    loaded = load_artifact(find_model(config.start_from)).encoder
    if not config.standardize or loaded.schema.options.get("standardize"):
        return loaded, True
    # the columns stay the same: only the molecules are cleaned before they become graphs
    schema = loaded.schema.with_options(standardize=True)
    loaded.schema.require_columns(schema, "Standardising")
    encoder = Encoder(schema, loaded.config)
    encoder.load_state_dict(loaded.state_dict())
    return encoder, True


def _kind(task: str, data: LabelledData, split: Split) -> Kind:
    seen = data.y[np.concatenate([split.train, split.val])]  # test labels decide nothing
    if task == "auto":
        return infer_kind(seen)
    if task == "regression":
        return "regression"
    known = data.y[~np.isnan(data.y)]
    if not np.isin(known, (0, 1)).all():
        odd = known[~np.isin(known, (0, 1))][0]
        raise InputError(
            f"Classification needs labels 0 and 1; there is {odd:g}.",
            "Recode, or --task regression.",
        )
    return "classification"


def _prepare(folder: Path, *needed: Path) -> None:
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


def _protocol(config: FinetuneConfig, experiment: Experiment) -> dict[str, Any]:
    split = experiment.split
    sizes = {part: len(rows) for part, rows in split.parts().items()}
    settings = {item.name: getattr(config, item.name) for item in fields(config)}
    seeds = experiment.models[experiment.network].seeds
    return {
        "description": (
            f"{split.name} split {sizes['train']}/{sizes['val']}/{sizes['test']}, data seed "
            f"{config.data_seed}; test score at the best validation epoch; {len(seeds)} model "
            f"seeds; {config.strategy} fine-tuning from {config.start_from}"
        ),
        "split": split.name,
        "split_sizes": sizes,
        "selection": "best validation epoch",
        "metric": experiment.metric,
        "kind": experiment.kind,
        "tasks": list(experiment.data.tasks),
        "seeds": list(seeds),
        "settings": settings,
        "versions": package_versions(),
    }


def _write_metrics(run: FinetuneRun) -> None:
    text = {
        "protocol": run.protocol,
        "results": run.experiment.results(),
        "verdict": run.verdict,
        "comparisons": [comparison.to_dict() for comparison in run.comparisons],
        "intervals": {k: v.to_dict() for k, v in run.experiment.intervals().items()},
    }
    (run.folder / "metrics.json").write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    settings = {"command": "finetune", "settings": run.config.to_dict()}
    (run.folder / "config.json").write_text(json.dumps(settings, indent=1) + "\n")


def _write_predictions(run: FinetuneRun) -> None:
    """Write every usable row with its labels and each model's prediction, averaged over seeds."""
    data, models = run.experiment.data, run.experiment.models
    part_of = {int(i): part for part, rows in run.experiment.split.parts().items() for i in rows}
    columns = ["row", "smiles", "split", *(f"true_{task}" for task in data.tasks)]
    columns += [f"{model}_{task}" for model in models for task in data.tasks]
    means = [runs.predictions.mean(0) for runs in models.values()]
    with TableWriter(run.folder / "predictions.csv", columns) as writer:
        for i, record in enumerate(data.records):
            values = [value for mean in means for value in mean[i].tolist()]
            writer.write(
                [str(record.row), record.structure, part_of[i], *data.y[i].tolist(), *values]
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


def _final_model(run: FinetuneRun, encoder: Encoder) -> Predictor:
    """Return the model to leave behind: refit on all rows, or the best seed of the split."""
    experiment, config = run.experiment, run.config
    runs = experiment.models[experiment.network]
    val = experiment.split.val
    scores = [score(experiment.data.y[val], p[val], experiment.metric) for p in runs.predictions]
    if not config.refit:
        sign = 1 if METRICS[experiment.metric].higher_is_better else -1
        return runs.fitted[
            int(np.argmax(np.nan_to_num(sign * np.array(scores), nan=-np.inf)))
        ].predictor
    epochs = int(np.median([fitted.best_epoch for fitted in runs.fitted]))
    console.say(f"Refitting on all {len(experiment.data.store)} labelled rows, {epochs} epochs")
    return fit(
        experiment.data.store,
        experiment.data.y,
        np.arange(len(experiment.data.store)),
        np.array([], np.int64),
        encoder,
        config,
        experiment.kind,
        experiment.data.tasks,
        seed=config.seed,
        scratch=experiment.network == SCRATCH,
        stop_after=max(1, epochs),
    ).predictor


def _provenance(run: FinetuneRun, table: Path) -> dict[str, Any]:
    experiment = run.experiment
    found = experiment.intervals()[experiment.network]
    return {
        "made_by": "finetune",
        "data": table.name,
        "rows": len(experiment.data.store),
        "start_from": run.config.start_from,
        "trained_on": "all labelled rows" if run.config.refit else "the training part",
        "estimate": run.protocol["description"],
        f"test_{experiment.metric}": found.to_dict(),
        "verdict": run.verdict,
        "seed": run.config.seed,
        "licence": "that of the data",
    }
