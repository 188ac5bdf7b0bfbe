"""Fine-tuning, end to end: labelled table or network in, run directory out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from graftwork import console
from graftwork.blend.storage import blend_to_bytes
from graftwork.data.labelled import load_labelled
from graftwork.data.places import file_hash
from graftwork.data.record import write_rejects
from graftwork.data.splits.split import checked_sizes
from graftwork.errors import InputError
from graftwork.evaluation.auto import AUTO, folds_of
from graftwork.evaluation.blend_sentence import blend_sentence
from graftwork.evaluation.experiment import Experiment, run_experiment
from graftwork.evaluation.exposure import exposure
from graftwork.evaluation.final_model import final_model
from graftwork.evaluation.finetune_config import FinetuneConfig
from graftwork.evaluation.finetune_run import FinetuneRun, prepare_folder, write_run
from graftwork.evaluation.kind import resolve_kind
from graftwork.evaluation.starting_point import starting_point
from graftwork.nn.artifact import package_versions, save_artifact
from graftwork.training.device import new_fabric
from graftwork.training.freeze import strategy_for


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
    chosen = strategy_for(config.strategy, len(split.train), scratch=not pretrained)
    if not pretrained and config.strategy not in ("auto", chosen):
        console.say(f"From scratch everything trains: {config.strategy} counts as {chosen}.")
    config = replace(config, strategy=chosen)
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
    blended = config.model == AUTO and data.network is None
    if config.model == AUTO and not blended:
        console.say("The model is the network alone: nodes have no fingerprints to blend it with.")
    networks = config.num_seeds * (2 if pretrained else 1) + (folds_of(split) if blended else 0)
    for_networks, for_refit = _share_time(config, networks)
    experiment = run_experiment(
        data,
        split,
        encoder,
        config,
        kind,
        pretrained=pretrained,
        seeds=tuple(range(config.seed, config.seed + config.num_seeds)),
        baselines=config.baselines,
        blend=blended,
        time_limit=for_networks,
    )
    comparisons = experiment.comparisons
    if experiment.auto is not None:
        console.say(blend_sentence(experiment.auto))
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
    model, blend = final_model(run, encoder, for_refit)
    record = None if exposed is None else exposed.record
    provenance = _provenance(run, table) | {
        "membership": None if record is None else record.summary(),
    }
    content = None if record is None else record.to_bytes()
    content_of_blend = None if blend is None else blend_to_bytes(blend)
    save_artifact(folder / "model", model, provenance, content, content_of_blend)
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
            + (f"; ensembles of {config.ensemble} networks" if config.ensemble > 1 else "")
            + ("" if experiment.auto is None else "; all but networks learn from validation rows")
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


def _provenance(run: FinetuneRun, table: Path) -> dict[str, Any]:
    experiment = run.experiment
    found = experiment.intervals[experiment.delivered]
    blend = experiment.auto
    return {
        "made_by": "finetune",
        "data": table.name,
        "data_sha256": file_hash(table),
        "rows": len(experiment.data.store),
        "start_from": run.config.start_from,
        "trained_on": _trained_on(run),
        "estimate": run.protocol["description"],
        f"test_{experiment.metric}": found.to_dict(),
        "verdict": run.verdict,
        **({} if blend is None else {"blend": blend_sentence(blend)}),
        "seed": run.config.seed,
        "licence": "that of the data",
    }


def _trained_on(run: FinetuneRun) -> str:
    if run.config.refit:
        return "all labelled rows"
    blend = run.experiment.auto
    more = "; the models beside the network also the validation part"
    return "the training part" + (more if blend is not None and blend.blend.members else "")
