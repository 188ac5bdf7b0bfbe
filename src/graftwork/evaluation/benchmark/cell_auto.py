"""The cell of the model ``auto``: a network blended with models beside it, or these alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from graftwork.evaluation.auto import Auto, Values, fit_auto
from graftwork.evaluation.auto_runs import blend_with, blended_runs
from graftwork.evaluation.auto_tables import MoleculeTables, groups_of
from graftwork.evaluation.benchmark.cell_network import (
    cell_settings,
    start_of,
    train_network,
    training_facts,
)
from graftwork.evaluation.benchmark.epoch_choice import BEST, Predictions
from graftwork.evaluation.benchmark.folder import Folder, read_arrays, read_json
from graftwork.evaluation.benchmark.prepare import Prepared
from graftwork.evaluation.blend_sentence import blend_numbers
from graftwork.training.lesson import predict_rows

_CPU = torch.device("cpu")
_FACTS = ("epochs", "best_epoch", "losses", "val_scores", "precision")


def run_auto(
    found: Prepared, spec: dict[str, Any], folder: Folder
) -> tuple[Predictions, dict[str, Any]]:
    """Blend, and predict the test part; the validation part has been learnt from.

    The facts say what each model scored out of fold and what it weighs, under ``blend``.
    """
    if spec["model"]["encoder"] is None:
        values, auto, facts = _without_network(found, spec)
    else:
        values, auto, facts = _with_network(found, spec, folder)
    facts |= {"deterministic": False, "blend": blend_numbers(auto)}
    return {("test", BEST): values.astype(np.float32)}, facts


def _with_network(
    found: Prepared, spec: dict[str, Any], folder: Folder
) -> tuple[Values, Auto, dict[str, Any]]:
    """Blend as ``graftwork finetune`` does, with one network: that of the cell's seed."""
    said, facts = _network(found, spec, folder)
    auto = blend_with(
        found.data,
        found.split,
        start_of(found, spec),
        cell_settings(found, spec),
        found.kind,
        [facts["best_epoch"]],
        pretrained=spec["model"]["weights"] is not None,
        seed=spec["seed"],
    )
    runs = blended_runs(auto, [said], (spec["seed"],), found.split.test)
    return runs.predictions[0], auto, {"notes": list(runs.notes), **facts}


def _network(
    found: Prepared, spec: dict[str, Any], folder: Folder
) -> tuple[Values, dict[str, Any]]:
    """Return what the network says of the test part: the finished one of the table, or a new one.

    Of several classes the table keeps only the likeliest.
    """
    finished = folder.cell(spec["network"])
    if finished.exists() and found.kind != "multiclass":
        facts = read_json(finished)
        said = read_arrays(folder.predictions(spec["network"]))[f"test/{BEST}"]
        return said.astype(np.float64), {name: facts[name] for name in _FACTS}
    fitted = train_network(found, spec)
    said = predict_rows(fitted.predictor, found.data.store, found.split.test, columns=True)
    return said, training_facts(fitted, spec)


def _without_network(found: Prepared, spec: dict[str, Any]) -> tuple[Values, Auto, dict[str, Any]]:
    data, split = found.data, found.split
    groups = groups_of(data, split)
    tables = MoleculeTables(data, None)
    rows, seed = split.learnable, spec["seed"]
    auto = fit_auto(data, tables, rows, groups, found.kind, None, seed=seed, device=_CPU)
    nothing = np.zeros((len(split.test), len(data.tasks)))
    return auto.blend.blended(nothing, auto.beside(split.test)), auto, {"notes": []}
