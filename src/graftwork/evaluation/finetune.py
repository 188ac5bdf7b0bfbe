"""Fine-tuning, end to end: labelled table or network in, run directory out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from graftwork import console
from graftwork.data.labelled import load_labelled
from graftwork.data.places import file_hash
from graftwork.data.record import write_rejects
from graftwork.data.splits.split import checked_sizes
from graftwork.errors import InputError
from graftwork.evaluation.experiment import (
    SCRATCH,
    Experiment,
    run_experiment,
)
from graftwork.evaluation.exposure import exposure
from graftwork.evaluation.finetune_config import FinetuneConfig
from graftwork.evaluation.finetune_run import FinetuneRun, prepare_folder, write_run
from graftwork.evaluation.kind import resolve_kind
from graftwork.evaluation.starting_point import starting_point
from graftwork.metrics import METRICS, score
from graftwork.nn.artifact import package_versions, save_artifact
from graftwork.nn.encoder import Encoder
from graftwork.nn.predictor import Predictor
from graftwork.training.device import new_fabric
from graftwork.training.fit import fit

_LEAST_EPOCHS = 5


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
    encoder, pretrained = starting_point(config, table)
    with console.progress("Reading the input", None) as update:
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
    name = "column" if splits_column else config.split
    split = data.split(name, sizes, config.data_seed, config.test_groups)
    kind = resolve_kind(config.task, data, split)
    shared = data.shared_molecules(split)
    if shared:
        console.say(
            f"Warning: {shared} of {len(split.test)} test molecules are also in training, but for "
            "salt, charge or stereo: the test flatters. See graftwork check-data."
        )
    exposed = None if data.network is not None else exposure(config, data, split)
    overlap = None if exposed is None else exposed.overlap
    if overlap is not None:
        console.say(overlap.sentence())
    prepare_folder(folder, table, Path(config.start_from))
    write_rejects(folder / "rejects.csv", data.rejects)
    split.save(folder / "split.json", data.store.row, sizes, config.data_seed)
    console.say(
        f"{len(data.store)} of {data.total} rows usable; {split.name} split "
        f"{len(split.train)}/{len(split.val)}/{len(split.test)}; {kind} of {', '.join(data.tasks)}"
    )
    for_networks, for_refit = _share_time(config, config.num_seeds * (2 if pretrained else 1))
    experiment = run_experiment(
        data,
        split,
        encoder,
        config,
        kind,
        pretrained=pretrained,
        seeds=tuple(range(config.seed, config.seed + config.num_seeds)),
        baselines=config.baselines,
        time_limit=for_networks,
    )
    comparisons = experiment.comparisons
    protocol = _protocol(config, experiment) | {
        "test_molecules_also_in_training": shared,
        "overlap_with_pretraining": None if overlap is None else overlap.to_dict(),
        "data": {
            "file": table.name,
            "sha256": file_hash(table),
            "smiles_column": smiles_column,
            "splits_column": splits_column,
        },
    }
    run = FinetuneRun(folder, config, experiment, comparisons, protocol)
    write_run(run)
    model = _final_model(run, encoder, for_refit)
    record = None if exposed is None else exposed.record
    provenance = _provenance(run, table) | {
        "membership": None if record is None else record.summary(),
    }
    content = None if record is None else record.to_bytes()
    save_artifact(folder / "model", model, provenance, content)
    return run


def _share_time(config: FinetuneConfig, networks: int) -> tuple[float | None, float | None]:
    """Split the time limit between the networks of the experiment and the refit, one more run."""
    if config.time_limit is None:
        return None, None
    refit = config.time_limit / (networks + 1) if config.refit else 0.0
    return config.time_limit - refit, refit


def _protocol(config: FinetuneConfig, experiment: Experiment) -> dict[str, Any]:
    split = experiment.split
    sizes = {part: len(rows) for part, rows in split.parts().items()}
    settings = {item.name: getattr(config, item.name) for item in fields(config)}
    runs = experiment.models[experiment.network]
    seeds = runs.seeds
    scores = [value for fitted in runs.fitted for value in fitted.scores]
    undefined = bool(np.isnan(scores).any())
    selection = "best validation epoch" + (
        f" by squared error, since {experiment.metric} is undefined there" if undefined else ""
    )
    return {
        "description": (
            f"{split.name} split {sizes['train']}/{sizes['val']}/{sizes['test']}, data seed "
            f"{config.data_seed}; test score at the {selection}; {len(seeds)} model "
            f"seed{'' if len(seeds) == 1 else 's'}; {config.strategy} fine-tuning from "
            f"{config.start_from}"
        ),
        "split": split.name,
        "split_sizes": sizes,
        "selection": selection,
        "metric": experiment.metric,
        "kind": experiment.kind,
        "tasks": list(experiment.data.tasks),
        "seeds": list(seeds),
        "settings": settings,
        "versions": package_versions(),
    }


def _final_model(run: FinetuneRun, encoder: Encoder, seconds: float | None) -> Predictor:
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
    epochs = max(1, int(np.median([fitted.best_epoch for fitted in runs.fitted])))
    stop_after: int | None = epochs
    everyone, used = len(experiment.data.store), sum(map(len, experiment.split.parts().values()))
    if used < everyone:  # many more rows than the split has: about as many steps, not epochs
        epochs = max(_LEAST_EPOCHS, -(-epochs * len(experiment.split.train) // everyone))
        config, stop_after = replace(config, epochs=epochs), None
    console.say(f"Refitting on all {everyone} labelled rows, {epochs} epochs")
    return fit(
        experiment.data.store,
        experiment.data.y,
        np.arange(everyone),
        np.array([], np.int64),
        encoder,
        config,
        experiment.kind,
        experiment.data.tasks,
        seed=config.seed,
        scratch=experiment.network == SCRATCH,
        stop_after=stop_after,
        time_limit=seconds,
    ).predictor


def _provenance(run: FinetuneRun, table: Path) -> dict[str, Any]:
    experiment = run.experiment
    found = experiment.intervals[experiment.network]
    return {
        "made_by": "finetune",
        "data": table.name,
        "data_sha256": file_hash(table),
        "rows": len(experiment.data.store),
        "start_from": run.config.start_from,
        "trained_on": "all labelled rows" if run.config.refit else "the training part",
        "estimate": run.protocol["description"],
        f"test_{experiment.metric}": found.to_dict(),
        "verdict": run.verdict,
        "seed": run.config.seed,
        "licence": "that of the data",
    }
