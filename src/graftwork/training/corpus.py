"""A pre-training run's directory and its corpus."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from graftwork import console
from graftwork.data.build import build_store
from graftwork.data.places import file_hash, make_folder, require_outside
from graftwork.data.record import write_rejects
from graftwork.data.sources import open_table
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from graftwork.graph.schema import FeatureSchema


def corpus_hash(path: Path) -> str:
    """SHA-256 of a corpus file, or of a graph store's description."""
    source = path / "store.json" if path.is_dir() else path
    if not source.is_file():
        kind = "is a folder without a graph store" if path.is_dir() else "is no file"
        reason = kind if path.exists() else "does not exist"
        raise InputError(f"{path} {reason}.", "Give a corpus file or a graph store.")
    return file_hash(source)


def claim_run(run: Path, identity: dict[str, Any], keep: list[Path], *, overwrite: bool) -> None:
    """Note what this run is; refuse to continue a different one, or to touch other files."""
    make_folder(run)
    path = run / "config.json"
    earlier = _read_identity(path)
    if any(run.iterdir()) and set(earlier) != set(identity):
        raise InputError(
            f"{run} is not empty and holds no earlier pre-training run.", "Choose another -o."
        )
    if overwrite:
        require_outside(run, *keep)
        shutil.rmtree(run)
        run.mkdir()
    elif earlier == identity:
        return
    elif (run / "checkpoint.safetensors").is_file():
        raise InputError(
            f"{run} holds a run with other settings or another corpus.",
            "Choose another -o, or start anew with --overwrite.",
        )
    require_outside(run / "store", *keep)
    shutil.rmtree(run / "store", ignore_errors=True)  # of another corpus
    partial = path.with_name("config.json.partial")
    partial.write_text(json.dumps(identity, indent=1) + "\n")
    partial.replace(path)


def _read_identity(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def open_store(corpus: Path, run: Path, schema: FeatureSchema, column: str | None) -> GraphStore:
    """Open the corpus' graph store, building it in the run directory if need be."""
    if corpus.is_dir() or (run / "store" / "store.json").is_file():
        store = GraphStore.open(corpus if corpus.is_dir() else run / "store")
        schema.require(store.schema, "This graph store cannot train this encoder")
    else:
        table = open_table(corpus, column)
        with console.progress("Building the graph store", None) as update:
            build = build_store(table.rows(), schema, run / "store", progress=update)
        write_rejects(run / "rejects.csv", build.rejects)
        store = build.store
        console.say(f"{len(store)} graphs; {len(build.rejects)} rows rejected, see rejects.csv")
    if len(store) < 2:
        raise InputError(
            f"{corpus} holds {len(store)} usable molecules.", "Pre-training needs at least two."
        )
    return store
