"""What the jobs of a benchmark do."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graftwork.config import EncoderConfig
from graftwork.evaluation.baselines import BASELINES, TABLES
from graftwork.evaluation.benchmark.data_spec import DataSpec
from graftwork.evaluation.benchmark.folder import Folder, write_arrays, write_json
from graftwork.evaluation.benchmark.label_budget import few_labels
from graftwork.evaluation.benchmark.prepare import PARTS, Prepared, prepared, schema_of
from graftwork.evaluation.finetune_config import FinetuneConfig
from graftwork.evaluation.starting_point import starting_point
from graftwork.metrics import MEAN, evaluate
from graftwork.nn.artifact import package_versions
from graftwork.nn.encoder import Encoder
from graftwork.training.fit import fit, predict_rows
from graftwork.training.fit_config import FitConfig

Predictions = dict[tuple[str, str], npt.NDArray[np.float32]]
BEST, LAST = "best-validation", "last"
CHOICES = (BEST, LAST)
"""Which epoch a network is taken from. A baseline has one result, listed under both."""


def run_preparation(folder: Folder, spec: dict[str, Any]) -> None:
    """Prepare the data set of a cell."""
    _data(folder, spec)


def run_cell(folder: Folder, spec: dict[str, Any]) -> None:
    """Train one model, score it and write predictions first, numbers last."""
    started = time.monotonic()
    found = _few_labels(_data(folder, spec), spec)
    ready = time.monotonic()
    run = _baseline if spec["model"]["role"] == "baseline" else _network
    predictions, facts = run(found, spec)
    scores = [
        {"part": part, "choice": choice, "metric": row.metric, **row.value.to_dict()}
        for (part, choice), values in predictions.items()
        for row in evaluate(
            found.data.y[found.split.parts()[part]], values, found.data.tasks, found.kind
        )
        if row.task == MEAN
    ]
    write_arrays(
        folder.predictions(spec["id"]),
        {f"{part}/{choice}": values for (part, choice), values in predictions.items()},
    )
    write_json(
        folder.cell(spec["id"]),
        {
            "id": spec["id"],
            "spec": spec,
            **facts,
            "scores": scores,
            "seconds": round(time.monotonic() - ready, 3),
            "seconds_reading": round(ready - started, 3),
            "threads": int(os.environ.get("OMP_NUM_THREADS", "0")) or os.cpu_count(),
            "versions": package_versions(),
        },
    )


def _data(folder: Folder, spec: dict[str, Any]) -> Prepared:
    table = DataSpec.from_dict(spec["dataset"])
    schema = schema_of(spec["schema"], table.path)
    return prepared(folder, spec["data"], table, schema, spec["data_seed"])


def _few_labels(found: Prepared, spec: dict[str, Any]) -> Prepared:
    """Leave as many labels as the cell may learn from: others for each seed."""
    labels = spec["dataset"].get("labels")
    if labels is None:
        return found
    return replace(found, split=few_labels(found.split, labels, spec["seed"]))


def _network(found: Prepared, spec: dict[str, Any]) -> tuple[Predictions, dict[str, Any]]:
    model, settings = spec["model"], FitConfig(**spec["settings"])
    scratch = model["role"] == "scratch"
    if scratch:
        encoder = Encoder(found.data.store.schema, EncoderConfig.from_dict(model["encoder"]))
    else:  # refuses a checkpoint that was fine-tuned on this very table
        encoder, _ = starting_point(
            FinetuneConfig(start_from=model["path"]), Path(spec["dataset"]["path"])
        )
    data, split = found.data, found.split
    fitted = fit(
        data.store,
        data.y,
        split.train,
        split.val,
        encoder,
        settings,
        found.kind,
        data.tasks,
        seed=spec["seed"],
        scratch=scratch,
    )
    networks = {BEST: fitted.predictor, LAST: fitted.at_last_epoch()}
    predictions = {
        (part, choice): predict_rows(network, data.store, split.parts()[part]).astype(np.float32)
        for choice, network in networks.items()
        for part in PARTS
    }
    facts = {
        "deterministic": False,
        "notes": [],
        "epochs": len(fitted.losses),
        "best_epoch": fitted.best_epoch,
        "losses": _finite(fitted.losses),
        "val_scores": _finite(fitted.scores),
        "precision": settings.precision,
    }
    return predictions, facts


def _baseline(found: Prepared, spec: dict[str, Any]) -> tuple[Predictions, dict[str, Any]]:
    data, split, kind = found.data, found.split, found.kind
    model = BASELINES[spec["model"]["baseline"] or spec["model"]["name"]]()
    table = TABLES[model.reads](data)
    if table is None or kind not in model.kinds:
        reason = f"it reads {model.reads} and fits {', '.join(model.kinds)}"
        return {}, {"deterministic": True, "notes": [], "does_not_apply": reason}
    model.fit(table.take(split.train), data.y[split.train], kind, spec["seed"])
    predictions = {
        (part, BEST): model.predict(table.take(rows)).astype(np.float32)
        for part, rows in split.parts().items()
        if part in PARTS
    }
    fixed = model.deterministic and spec["dataset"].get("labels") is None
    return predictions, {"deterministic": fixed, "notes": model.notes}


def _finite(values: list[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]


JOBS: dict[str, Callable[[Folder, dict[str, Any]], None]] = {
    "prepare": run_preparation,
    "cell": run_cell,
}
