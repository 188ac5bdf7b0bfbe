"""What the checkpoints had seen of the data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graftwork.data.membership import Membership
from graftwork.data.overlap import overlap
from graftwork.data.splits import Split
from graftwork.evaluation.benchmark.folder import Folder, read_arrays, read_json, write_json
from graftwork.evaluation.benchmark.model_spec import BLEND
from graftwork.evaluation.benchmark.results import Results
from graftwork.nn.record import MEMBERSHIP, read_membership

NO_RECORD = "no record"


def find_overlaps(results: Results) -> list[dict[str, Any]]:
    """Return one entry per data set and checkpoint of the table.

    Each says ``dataset``, ``model``, a ``sentence`` and the counts (of molecules, or for a network
    of the tasks that were labels), or that the checkpoint carries no record of what it has seen.
    What an earlier call found is kept in ``overlaps.json``: a checkpoint need not stay where it
    was. A record that was missing is looked for again.
    """
    path = results.folder.root / "overlaps.json"
    known = {}
    if path.is_file():
        entries = read_json(path)["overlaps"]
        known = {(e["data"], e["weights"]): e for e in entries if e["sentence"] != NO_RECORD}
    places = dict.fromkeys(
        (results.facts[o.cell.data]["dataset"], o.cell.data, o.cell.model.removeprefix(BLEND))
        for o in results.outcomes
        if results.request.models[o.cell.model].weights is not None
    )
    models = list(results.request.models.values())
    found = []
    for dataset, data, name in places:
        weights = next(m.weights for m in models if m.name.removeprefix(BLEND) == name)
        paths = [Path(str(m.path)) for m in models if m.weights == weights]
        place = next((path for path in paths if path.is_dir()), paths[0])
        entry = known.get((data, weights)) or _look_up(results.folder, data, weights, place)
        found.append({**entry, "dataset": dataset, "model": name})
    write_json(path, {"overlaps": found})
    return found


def sentences(found: list[dict[str, Any]]) -> list[str]:
    """Say it, one line per data set and checkpoint; one line for a checkpoint without a record."""
    lines = dict.fromkeys(
        f"{entry['model']} carries no record of its training data: what it has seen of the test "
        "data is unknown."
        if entry["counts"] is None
        else f"{entry['model']} on {entry['dataset']}: {entry['sentence']}"
        for entry in found
    )
    return list(lines)


def _look_up(folder: Folder, data: str, weights: str | None, artifact: Path) -> dict[str, Any]:
    place = artifact / MEMBERSHIP
    content = read_membership(place) if artifact.is_dir() else None
    entry = {"data": data, "weights": weights, "sentence": NO_RECORD, "counts": None}
    arrays = read_arrays(folder.labels(data))
    if not len(arrays["digests"]):  # a network has no molecules
        tasks = read_json(folder.facts(data))["tasks"]
        return {**entry, **_labels_seen(artifact / "provenance.json", tasks)}
    if content is None:
        return entry
    split = Split("", *(arrays[part] for part in ("train", "val", "test")))
    shared = overlap(arrays["digests"], split, Membership.from_bytes(content, str(place)))
    return {**entry, "sentence": shared.sentence(), "counts": shared.to_dict()}


def _labels_seen(provenance: Path, tasks: list[str]) -> dict[str, Any]:
    """Say how many tasks of a network were labels in pre-training; nothing if that is unknown."""
    if not provenance.is_file():
        return {}
    told = read_json(provenance)
    stages = [told, *told.get("earlier_stages", [])]
    if not all("labels" in stage for stage in stages):
        return {}
    seen = {task for stage in stages for task in set(tasks) & set(stage["labels"])}
    hidden = sorted({group for stage in stages for group in stage.get("unlabelled_groups", ())})
    sentence = f"{len(seen)} of {len(tasks)} tasks were labels in pre-training"
    if seen and hidden:
        sentence += f" (not for {', '.join(hidden)})"
    return {"sentence": f"{sentence}.", "counts": {"tasks": len(tasks), "labels": len(seen)}}
