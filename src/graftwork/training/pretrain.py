"""Pre-training: corpus in, artifact out, exactly resumable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

from graftwork import console
from graftwork.config import EncoderConfig
from graftwork.data.corpus import Corpus, read_membership
from graftwork.data.isolate import Pool
from graftwork.data.loader import load_batch
from graftwork.data.membership import Membership, carried_on
from graftwork.data.sampler import BatchSampler
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.artifact import Artifact, load_artifact, save_artifact
from graftwork.nn.checkpoints import find_model
from graftwork.nn.encoder import Encoder
from graftwork.objectives import StepOutput
from graftwork.objectives.make import make_objective, resolved_options
from graftwork.rng import derive_seed, torch_generator
from graftwork.training.budget import Budget
from graftwork.training.checkpoint import load_state, save_state
from graftwork.training.corpus import claim_run, describe_corpus, describe_parent, open_corpus
from graftwork.training.device import new_fabric
from graftwork.training.logs import RunLog
from graftwork.training.loop import SCHEDULES, run_loop
from graftwork.training.pretrain_config import PretrainConfig
from graftwork.training.steps import PretrainStep

LOG_EVERY = 50


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
    fabric = new_fabric(device, config.precision)
    folder = None if start_from is None else find_model(start_from)
    parent = None if folder is None else load_artifact(folder)
    described = describe_corpus(source)
    identity = {
        "settings": config.to_dict(),
        "from": None if folder is None else describe_parent(folder),
        "corpus": described,
    }
    needed = [*source.files] + ([] if start_from is None else [Path(start_from)])
    claim_run(run, identity, needed, overwrite=overwrite)
    schema = None if parent is None else parent.schema
    store = open_corpus(source, run, schema, config, pool)
    torch.manual_seed(derive_seed(config.seed, "weights"))
    encoder = _new_encoder(store.schema, config) if parent is None else _continued(parent, config)
    job = _Job(fabric, config, encoder, store, run, checkpoint_every)
    done, seconds, logs = _train(job)
    record = _members(source, run, parent)
    provenance = {
        "made_by": "pretrain",
        "objective": config.objective,
        "objective_settings": resolved_options(config.objective, config.options),
        "corpus": source.path.name,
        "corpus_sha256": described["sha256"],
        "corpus_licence": licence,
        "excluded": [path.name for path in source.exclude],
        "graphs": len(store),
        "labels": [] if store.labels is None else list(store.labels.tasks.names),
        "unlabelled_groups": list(source.unlabelled_groups),
        "graphs_seen": _sampler(store, config).examples(done),
        "steps": done,
        "seconds": round(seconds),
        "final": logs,
        "start_from": start_from,
        "earlier_stages": [] if parent is None else _history(parent),
        "membership": None if record is None else record.summary(),
        "settings": config.to_dict(),
    }
    content = None if record is None else record.to_bytes()
    save_artifact(run / "model", encoder, provenance, content)
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
    shape = {key: getattr(config, key) for key in EncoderConfig().to_dict()}
    return Encoder(schema, EncoderConfig.from_dict(shape))


def _continued(parent: Artifact, config: PretrainConfig) -> Encoder:
    encoder = Encoder(parent.schema, replace(parent.encoder.config, dropout=config.dropout))
    encoder.load_state_dict(parent.encoder.state_dict())
    return encoder


def _history(parent: Artifact) -> list[dict[str, Any]]:
    """Return what earlier stages did, oldest first."""
    told = dict(parent.provenance)
    return [*told.pop("earlier_stages", []), told]


def _sampler(store: GraphStore, config: PretrainConfig) -> BatchSampler:
    return BatchSampler(len(store), min(config.batch_size, len(store)), config.seed)


@dataclass(frozen=True)
class _Job:
    fabric: Fabric
    config: PretrainConfig
    encoder: Encoder
    store: GraphStore
    run: Path
    checkpoint_every: int


def _train(job: _Job) -> tuple[int, float, dict[str, float]]:
    """Run the loop; return steps done, seconds and the last logged values."""
    config, encoder, store = job.config, job.encoder, job.store
    labels = store.labels
    objective = make_objective(
        config.objective,
        config.options,
        encoder.schema,
        encoder.config,
        None if labels is None else labels.tasks,
    )
    generator = torch_generator(config.seed, "masks")
    step_module = PretrainStep(encoder, objective, generator)
    optimizer = torch.optim.AdamW(
        step_module.parameters(),
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        fused=True,
    )
    module, optimizer = job.fabric.setup(step_module, optimizer)
    sampler = _sampler(store, config)
    steps = min(config.epochs * sampler.steps_per_epoch, config.max_steps or 10**12)
    path = job.run / "checkpoint.safetensors"
    first, before = 0, 0.0
    last_logs: dict[str, float] = {}
    torch.manual_seed(derive_seed(config.seed, "dropout"))
    if path.is_file():
        values = load_state(path, step_module, optimizer.optimizer, generator)
        first, before, last_logs = values["step"], values["seconds"], values["logs"]
        console.say(f"Going on from step {first} of {steps}")
    budget = Budget(steps, config.time_limit, before)
    schedule = SCHEDULES[config.schedule]

    def batches() -> Iterator[GraphBatch]:
        for graphs in sampler.batches(first):
            yield load_batch(store, graphs, labels)

    def after_step(done: int, output: StepOutput) -> bool:
        ended = done == steps or budget.spent(done) >= 1
        if done % LOG_EVERY == 0 or ended:
            rate = (done - first) * config.batch_size / max(budget.seconds - before, 1e-9)
            last_logs.clear()
            last_logs["loss"] = output.loss.item()
            last_logs.update({k: v.item() for k, v in output.logs.items()})
            log.write(done, {**last_logs, "graphs_per_second": rate})
            update(done, f"loss {last_logs['loss']:.4f}, {rate:.0f} graphs/s")
        if done % job.checkpoint_every == 0 or ended:
            values = {"step": done, "seconds": budget.seconds, "logs": last_logs}
            save_state(path, step_module, optimizer.optimizer, generator, values)
        return not ended

    with (
        RunLog(job.run / "logs", first or None) as log,
        console.progress("Pre-training", steps) as update,
    ):
        done = run_loop(
            job.fabric,
            module,
            optimizer,
            batches(),
            first=first,
            last=steps if budget.spent(first) < 1 else first,
            learning_rate=lambda step: schedule(budget.spent(step), config.learning_rate),
            after_step=after_step,
            clip=config.clip,
        )
    return done, budget.seconds, last_logs
