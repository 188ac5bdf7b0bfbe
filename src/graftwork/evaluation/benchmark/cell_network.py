"""The cell of a network: trained from a checkpoint or from scratch."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from graftwork.config import EncoderConfig
from graftwork.evaluation.benchmark.epoch_choice import BEST, LAST, Predictions
from graftwork.evaluation.benchmark.prepare import PARTS, Prepared
from graftwork.evaluation.finetune_config import FinetuneConfig
from graftwork.evaluation.starting_point import starting_point
from graftwork.nn.encoder import Encoder
from graftwork.training.fit import fit
from graftwork.training.fit_config import FitConfig
from graftwork.training.fitted import Fitted
from graftwork.training.freeze import strategy_for
from graftwork.training.lesson import predict_rows


def run_network(found: Prepared, spec: dict[str, Any]) -> tuple[Predictions, dict[str, Any]]:
    """Train, and predict validation and test at the best epoch and at the last one."""
    fitted = train_network(found, spec)
    networks = {BEST: fitted.predictor, LAST: fitted.at_last_epoch()}
    parts = found.split.parts()
    predictions = {
        (part, choice): predict_rows(network, found.data.store, parts[part]).astype(np.float32)
        for choice, network in networks.items()
        for part in PARTS
    }
    return predictions, {"deterministic": False, "notes": [], **training_facts(fitted, spec)}


def cell_settings(found: Prepared, spec: dict[str, Any]) -> FitConfig:
    """Return the settings of a cell's network; its strategy is that for the training part."""
    config = FitConfig(**spec["settings"])
    rows, scratch = len(found.split.train), spec["model"]["weights"] is None
    return replace(config, strategy=strategy_for(config.strategy, rows, scratch=scratch))


def start_of(found: Prepared, spec: dict[str, Any]) -> Encoder:
    """Return what a cell's network starts from; from scratch only the shape counts.

    Raises
    ------
    InputError
        If the checkpoint was fine-tuned on this very table.
    """
    model = spec["model"]
    if model["weights"] is None:
        return Encoder(found.data.store.schema, EncoderConfig.from_dict(model["encoder"]))
    table = Path(spec["dataset"]["path"])
    return starting_point(FinetuneConfig(start_from=model["path"]), table)[0]


def train_network(found: Prepared, spec: dict[str, Any]) -> Fitted:
    """Train the network of a cell."""
    data, split = found.data, found.split
    return fit(
        data.store,
        data.y,
        split.train,
        split.val,
        start_of(found, spec),
        cell_settings(found, spec),
        found.kind,
        data.tasks,
        seed=spec["seed"],
        scratch=spec["model"]["weights"] is None,
    )


def training_facts(fitted: Fitted, spec: dict[str, Any]) -> dict[str, Any]:
    """Return what a cell records of a run, as JSON types."""
    return {
        "epochs": len(fitted.losses),
        "best_epoch": fitted.best_epoch,
        "losses": _finite(fitted.losses),
        "val_scores": _finite(fitted.scores),
        "precision": spec["settings"]["precision"],
    }


def _finite(values: list[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]
