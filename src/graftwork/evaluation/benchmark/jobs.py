"""What the jobs of a benchmark do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from graftwork.evaluation.baselines import BASELINES, TABLES
from graftwork.evaluation.benchmark.cell_auto import run_auto
from graftwork.evaluation.benchmark.cell_network import run_network
from graftwork.evaluation.benchmark.cell_peer import run_peer
from graftwork.evaluation.benchmark.data_spec import DataSpec
from graftwork.evaluation.benchmark.epoch_choice import BEST, Predictions
from graftwork.evaluation.benchmark.folder import Folder, write_arrays, write_json
from graftwork.evaluation.benchmark.label_budget import few_labels
from graftwork.evaluation.benchmark.prepare import PARTS, Prepared, prepared, schema_of
from graftwork.evaluation.peers import PEERS
from graftwork.metrics import MEAN, evaluate
from graftwork.nn.artifact import package_versions


def run_preparation(folder: Folder, spec: dict[str, Any]) -> None:
    """Prepare the data set of a cell."""
    _data(folder, spec)


def run_cell(folder: Folder, spec: dict[str, Any]) -> None:
    """Train one model, score it and write predictions first, numbers last."""
    started = time.monotonic()
    found = _few_labels(_data(folder, spec), spec)
    ready = time.monotonic()
    if spec["model"]["role"] == "auto":
        predictions, facts = run_auto(found, spec, folder)
    else:
        predictions, facts = _MODELS[spec["model"]["role"]](found, spec)
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


def _baseline(found: Prepared, spec: dict[str, Any]) -> tuple[Predictions, dict[str, Any]]:
    data, split, kind = found.data, found.split, found.kind
    name = spec["model"]["baseline"] or spec["model"]["name"]
    if name in PEERS:
        return run_peer(found, spec, name)
    model = BASELINES[name]()
    table = TABLES[model.reads](data)
    if table is None or kind not in model.kinds:
        reason = f"it reads {model.reads} and fits {', '.join(model.kinds)}"
        return {}, {"deterministic": True, "notes": [], "does_not_apply": reason}
    parts = split.parts()
    both = spec["model"]["validation"]
    learned = split.learnable if both else split.train
    model.fit(table.take(learned), data.y[learned], kind, spec["seed"])
    predictions = {
        (part, BEST): model.predict(table.take(parts[part])).astype(np.float32)
        for part in (("test",) if both else PARTS)
    }
    fixed = model.deterministic and spec["dataset"].get("labels") is None
    return predictions, {"deterministic": fixed, "notes": model.notes}


_MODELS = {
    "baseline": _baseline,
    "scratch": run_network,
    "pretrained": run_network,
}
JOBS: dict[str, Callable[[Folder, dict[str, Any]], None]] = {
    "prepare": run_preparation,
    "cell": run_cell,
}
