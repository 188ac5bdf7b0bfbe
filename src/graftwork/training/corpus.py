"""A pre-training run's directory and its corpus."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from graftwork import console
from graftwork.data.corpus import MEMBERSHIP, Corpus, build_corpus, network_corpus
from graftwork.data.featurize import SCHEMAS
from graftwork.data.isolate import Pool
from graftwork.data.networks import is_network, require_molecules
from graftwork.data.places import file_hash, make_folder, require_outside
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.record import MEMBERSHIP as ARTIFACT_MEMBERSHIP
from graftwork.objectives.make import computed_targets
from graftwork.training.pretrain_config import PretrainConfig

_ORIGIN = "origin.json"


def describe_corpus(corpus: Corpus) -> dict[str, Any]:
    """Return what tells this corpus from another one, JSON-ready, with SHA-256 of its files.

    Raises
    ------
    InputError
        If a file does not exist.
    """
    return {
        "sha256": _hash(corpus.path),
        "also": [_hash(path) for path in corpus.also],
        "measurements": None if corpus.measurements is None else _hash(corpus.measurements),
        "smiles_column": corpus.smiles_column,
        "targets": [_content(name) for name in corpus.targets],
        "min_labels": corpus.min_labels,
        "labelled_only": corpus.labelled_only,
        "limit": corpus.limit,
        "exclude": [_hash(path) for path in corpus.exclude],
        "hops": corpus.hops,
        "max_nodes": corpus.max_nodes,
        "unlabelled_groups": list(corpus.unlabelled_groups),
        "features": [_content(name) for name in corpus.features],
    }


def origin_of(corpus: Corpus, described: dict[str, Any]) -> dict[str, Any]:
    """Return what provenance says of a corpus; of a graph store, what it was built from.

    Parameters
    ----------
    described
        See :func:`describe_corpus`.
    """
    noted = corpus.path / _ORIGIN
    if noted.is_file():
        return dict(json.loads(noted.read_text(encoding="utf-8")))
    names = {
        "also": [path.name for path in corpus.also],
        "measurements": None if corpus.measurements is None else corpus.measurements.name,
    }
    return {
        "corpus": corpus.path.name,
        "corpus_sha256": described["sha256"],
        **{name: value for name, value in names.items() if value},
        "excluded": [path.name for path in corpus.exclude],
    }


def note_origin(folder: Path, origin: dict[str, Any]) -> None:
    """Leave the origin of a graph store in its folder, if that is there."""
    if folder.is_dir():
        (folder / _ORIGIN).write_text(json.dumps(origin, indent=1) + "\n", encoding="utf-8")


def _content(name: str) -> str:
    """Return a column's name, or for a file that lists columns what tells its content."""
    return file_hash(Path(name)) if Path(name).is_file() else name


def describe_parent(folder: Path) -> dict[str, str]:
    """Return SHA-256 of what a run that starts from an artifact takes from it."""
    names = ("model.safetensors", ARTIFACT_MEMBERSHIP)
    return {name: file_hash(folder / name) for name in names if (folder / name).is_file()}


def _hash(path: Path) -> str:
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
    if isinstance(earlier.get("settings"), dict):  # a run may be older than a setting
        newer = {"norm": PretrainConfig.norm, "residual": PretrainConfig.residual}
        earlier["settings"] = newer | earlier["settings"]
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


def open_corpus(
    corpus: Corpus,
    run: Path,
    schema: FeatureSchema | None,
    config: PretrainConfig,
    pool: Pool | None = None,
) -> GraphStore:
    """Open the corpus' graph store, building it in the run directory if need be.

    Parameters
    ----------
    schema
        That of the encoder that goes on; None where a new one will be made for the corpus.
    pool
        Workers that featurise molecules; default the shared ones.
    """
    corpus.require_applicable()
    targets = computed_targets(config.objective)
    if is_network(corpus.path):
        if targets:
            raise InputError(
                f"{corpus.path} is a network: {', '.join(targets)} are computed from molecules.",
                "Choose another objective, or a table of molecules.",
            )
        if pool is not None:
            raise InputError(
                f"{corpus.path} is a network, which one machine holds in memory.",
                "Leave out --engine ray.",
            )
        store = network_corpus(corpus, schema)
    else:
        if schema is not None:
            require_molecules(schema, corpus.path)
        wanted = schema or SCHEMAS[config.featurizer].with_options(standardize=config.standardize)
        store = _molecules(corpus, run, wanted, targets, pool)
    if len(store) < 2:
        raise InputError(
            f"{corpus.path} holds {len(store)} usable rows.", "Pre-training needs at least two."
        )
    return store


def _molecules(
    corpus: Corpus,
    run: Path,
    schema: FeatureSchema,
    targets: tuple[str, ...],
    pool: Pool | None,
) -> GraphStore:
    built = run / "store"
    ready = (built / MEMBERSHIP).is_file()
    if corpus.path.is_dir() or ready:
        store = GraphStore.open(corpus.path if corpus.path.is_dir() else built)
        schema.require(store.schema, "This graph store cannot train this encoder")
        if missing := [name for name in targets if name not in store.targets]:
            raise InputError(
                f"The graph store in {corpus.path} holds no {', '.join(missing)}.",
                "They are computed while a store is built: give the table it was built from.",
            )
        return store
    with console.progress("Building the graph store", None) as update:
        rejects = run / "rejects.csv"
        build = build_corpus(
            corpus, schema, built, rejects, targets=targets, pool=pool, progress=update
        )
    console.say(f"{len(build.store)} graphs; {len(build.rejects)} rows rejected, see rejects.csv")
    return build.store
