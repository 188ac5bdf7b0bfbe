"""Pre-training: corpus in, artifact out, exactly resumable."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch

from graftwork.config import EncoderConfig
from graftwork.data.corpus import Corpus, read_membership
from graftwork.data.isolate import Pool
from graftwork.data.membership import Membership, carried_on
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.artifact import Artifact, load_artifact, save_artifact
from graftwork.nn.checkpoints import find_model
from graftwork.nn.encoder import Encoder
from graftwork.nn.ranks import barrier, first_in_turn, rank
from graftwork.objectives.make import computed_targets, resolved_options
from graftwork.rng import derive_seed
from graftwork.training.corpus import (
    claim_run,
    describe_corpus,
    describe_parent,
    note_origin,
    open_corpus,
    origin_of,
)
from graftwork.training.device import new_fabric
from graftwork.training.pretrain_config import PretrainConfig
from graftwork.training.pretrain_job import PretrainJob


def pretrain(
    corpus: Corpus | str | Path,
    output: str | Path,
    config: PretrainConfig | None = None,
    *,
    start_from: str | None = None,
    overwrite: bool = False,
    checkpoint_every: int = 500,
    device: str = "auto",
    licence: str = "not stated",
    pool: Pool | None = None,
) -> Path:
    """Pre-train an encoder on a corpus and return the artifact's folder.

    Run again with the same arguments after a crash or a kill, and the run goes
    on from its last checkpoint, to the same weights bit for bit (on one CPU).

    Processes that torchrun has started share every batch, and take the steps that one process would
    take. The first of them builds the store and writes all files; the others read the same folders.

    Parameters
    ----------
    corpus
        A SMILES file, a table, an SDF, a network, a folder that holds a graph store, or a
        :class:`Corpus` that also says where labels are and which molecules to leave out.
    output
        The run directory: ``model/``, ``checkpoint.safetensors``, ``store/``, ``logs/``,
        ``rejects.csv``, ``config.json``.
    config
        Settings; the defaults are those of :class:`PretrainConfig`.
    start_from
        An artifact whose encoder continues, under its own schema and shape.
    overwrite
        Forget an earlier run in ``output``.
    checkpoint_every
        Steps between checkpoints.
    device
        Lightning's accelerator name: auto, cpu, cuda, mps.
    licence
        Of the corpus; goes into the artifact's provenance.
    pool
        Workers that featurise molecules; default those of this machine.

    Raises
    ------
    InputError
        If a setting makes no sense, the corpus holds no usable graph, or ``output`` holds a
        different run or other files.
    """
    config = config or PretrainConfig()
    if checkpoint_every < 1:
        raise InputError(
            f"checkpoint_every = {checkpoint_every} cannot be used.", "Expected at least 1 step."
        )
    source = corpus if isinstance(corpus, Corpus) else Corpus(Path(corpus))
    run = Path(output)
    fabric = new_fabric(device, config.precision, distributed=True)
    folder = None if start_from is None else find_model(start_from)
    parent = None if folder is None else load_artifact(folder)
    described = describe_corpus(source)
    origin = origin_of(source, described)
    identity = {
        "settings": config.to_dict(),
        "from": None if folder is None else describe_parent(folder),
        "corpus": described,
    }
    needed = [*source.files] + ([] if start_from is None else [Path(start_from)])
    schema = None if parent is None else parent.schema
    with first_in_turn():
        if not rank():
            claim_run(run, identity, needed, overwrite=overwrite)
        store = open_corpus(source, run, schema, config, pool)
        if not rank():
            note_origin(run / "store", origin)
    torch.manual_seed(derive_seed(config.seed, "weights"))
    encoder = _new_encoder(store.schema, config) if parent is None else _continued(parent, config)
    job = PretrainJob(fabric, config, encoder, store, run, checkpoint_every)
    done, seconds, logs = job.train()
    if not rank():
        record = _members(source, run, parent)
        provenance = {
            "made_by": "pretrain",
            "objective": config.objective,
            "objective_settings": resolved_options(config.objective, config.options),
            **origin,
            "corpus_licence": licence,
            "graphs": len(store),
            "labels": [] if store.labels is None else list(store.labels.tasks.names),
            **_computed(store, config),
            "unlabelled_groups": list(source.unlabelled_groups),
            "graphs_seen": job.sampler.examples(done),
            "steps": done,
            "seconds": round(seconds),
            "final": logs,
            "start_from": start_from,
            "earlier_stages": [] if parent is None else _history(parent),
            "membership": None if record is None else record.summary(),
            "settings": {**config.to_dict(), **encoder.config.to_dict()},
        }
        content = None if record is None else record.to_bytes()
        save_artifact(run / "model", encoder, provenance, content)
    barrier()
    return run / "model"


def _members(corpus: Corpus, run: Path, parent: Artifact | None) -> Membership | None:
    """Return the record of all molecules that this model and those before it were trained on."""
    added = read_membership(corpus.path if corpus.path.is_dir() else run / "store")
    if added is None:
        if parent is None or parent.membership is None:
            return None
        added = Membership.empty(complete=False)  # this stage saw more, which nobody noted
    return added if parent is None else carried_on(parent.membership, added)


def _new_encoder(schema: FeatureSchema, config: PretrainConfig) -> Encoder:
    shape = {item.name: getattr(config, item.name) for item in fields(EncoderConfig)}
    return Encoder(schema, EncoderConfig.from_dict(shape))


def _continued(parent: Artifact, config: PretrainConfig) -> Encoder:
    encoder = Encoder(parent.schema, replace(parent.encoder.config, dropout=config.dropout))
    encoder.load_state_dict(parent.encoder.state_dict())
    return encoder


def _computed(store: GraphStore, config: PretrainConfig) -> dict[str, Any]:
    """Name the computed targets that were learnt."""
    told = {name: store.targets[name].summary() for name in computed_targets(config.objective)}
    return {"computed_targets": told} if told else {}


def _history(parent: Artifact) -> list[dict[str, Any]]:
    """Return what earlier stages did, oldest first."""
    told = dict(parent.provenance)
    return [*told.pop("earlier_stages", []), told]
