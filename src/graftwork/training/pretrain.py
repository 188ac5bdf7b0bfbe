"""Pre-training: corpus in, artifact out, exactly resumable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from lightning_fabric import Fabric

from graftwork import console
from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.data.loader import load_batch
from graftwork.data.sampler import BatchSampler
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.nn.artifact import load_artifact, save_artifact
from graftwork.nn.checkpoints import find_model
from graftwork.nn.encoder import Encoder
from graftwork.objectives import OBJECTIVES, Objective, StepOutput
from graftwork.rng import derive_seed, torch_generator
from graftwork.training.budget import Budget
from graftwork.training.checkpoint import load_state, save_state
from graftwork.training.corpus import claim_run, corpus_hash, open_store
from graftwork.training.device import new_fabric
from graftwork.training.logs import RunLog
from graftwork.training.loop import run_loop, warmup_cosine
from graftwork.training.pretrain_config import PretrainConfig
from graftwork.training.steps import PretrainStep

LOG_EVERY = 50


def pretrain(
    corpus: str | Path,
    output: str | Path,
    config: PretrainConfig | None = None,
    *,
    start_from: str | None = None,
    smiles_column: str | None = None,
    overwrite: bool = False,
    checkpoint_every: int = 500,
    device: str = "auto",
    licence: str = "not stated",
) -> Path:
    """Pre-train an encoder on a corpus and return the artifact's folder.

    Run again with the same arguments after a crash or a kill, and the run goes
    on from its last checkpoint, to the same weights bit for bit (on one CPU).

    Parameters
    ----------
    corpus
        A SMILES file, a table, an SDF, or a folder that holds a graph store.
    output
        The run directory: ``model/``, ``checkpoint.safetensors``, ``store/``, ``logs/``,
        ``rejects.csv``, ``config.json``.
    config
        Settings; the defaults are those of :class:`PretrainConfig`.
    start_from
        An artifact whose encoder continues, under its own schema and shape.
    smiles_column
        Which column of a table holds the structure.
    overwrite
        Forget an earlier run in ``output``.
    checkpoint_every
        Steps between checkpoints.
    device
        Lightning's accelerator name: auto, cpu, cuda, mps.
    licence
        Of the corpus; goes into the artifact's provenance.

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
    run = Path(output)
    fabric = new_fabric(device, config.precision)
    torch.manual_seed(derive_seed(config.seed, "weights"))
    encoder, parent = _encoder(config, start_from)
    identity = {
        "settings": config.to_dict(),
        "from": parent,
        "corpus": corpus_hash(Path(corpus)),
        "smiles_column": smiles_column,
    }
    keep = [Path(corpus)] + ([] if parent is None else [Path(parent)])
    claim_run(run, identity, keep, overwrite=overwrite)
    store = open_store(Path(corpus), run, encoder.schema, smiles_column)
    sampler = BatchSampler(len(store), config.batch_size, config.seed)
    steps = config.epochs * sampler.steps_per_epoch
    done, seconds, logs = _train(
        fabric, config, encoder, store, sampler, steps, run, checkpoint_every
    )
    save_artifact(
        run / "model",
        encoder,
        {
            "made_by": "pretrain",
            "objective": config.objective,
            "corpus": Path(corpus).name,
            "corpus_sha256": identity["corpus"],
            "corpus_licence": licence,
            "graphs": len(store),
            "graphs_seen": done * config.batch_size,
            "steps": done,
            "seconds": round(seconds),
            "final": logs,
            "start_from": parent,
            "settings": config.to_dict(),
        },
    )
    return run / "model"


def _encoder(config: PretrainConfig, start_from: str | None) -> tuple[Encoder, str | None]:
    if start_from is not None:
        encoder = load_artifact(find_model(start_from)).encoder
        return encoder, start_from
    schema = SCHEMAS[config.featurizer].with_options(standardize=config.standardize)
    shape = {key: getattr(config, key) for key in EncoderConfig().to_dict()}
    return Encoder(schema, EncoderConfig.from_dict(shape)), None


def _objective(config: PretrainConfig, encoder: Encoder) -> Objective:
    return OBJECTIVES[config.objective](
        encoder.schema, encoder.config.dim, config.mask_rate, edges=config.mask_edges
    )


def _train(
    fabric: Fabric,
    config: PretrainConfig,
    encoder: Encoder,
    store: GraphStore,
    sampler: BatchSampler,
    steps: int,
    run: Path,
    checkpoint_every: int,
) -> tuple[int, float, dict[str, float]]:
    generator = torch_generator(config.seed, "masks")
    step_module = PretrainStep(encoder, _objective(config, encoder), generator)
    optimizer = torch.optim.AdamW(
        step_module.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    module, optimizer = fabric.setup(step_module, optimizer)
    path = run / "checkpoint.safetensors"
    first, before = 0, 0.0
    last_logs: dict[str, float] = {}
    torch.manual_seed(derive_seed(config.seed, "dropout"))
    if path.is_file():
        values = load_state(path, step_module, optimizer.optimizer, generator)
        first, before, last_logs = values["step"], values["seconds"], values["logs"]
        console.say(f"Going on from step {first} of {steps}")
    budget = Budget(steps, config.time_limit, before)

    def batches() -> Iterator[GraphBatch]:
        for graphs in sampler.batches(first):
            yield load_batch(store, graphs)

    def after_step(done: int, output: StepOutput) -> bool:
        ended = done == steps or budget.spent(done) >= 1
        if done % LOG_EVERY == 0 or ended:
            rate = (done - first) * config.batch_size / max(budget.seconds - before, 1e-9)
            last_logs.clear()
            last_logs["loss"] = output.loss.item()
            last_logs.update({k: v.item() for k, v in output.logs.items()})
            log.write(done, {**last_logs, "graphs_per_second": rate})
            update(done, f"loss {last_logs['loss']:.4f}, {rate:.0f} graphs/s")
        if done % checkpoint_every == 0 or ended:
            values = {"step": done, "seconds": budget.seconds, "logs": last_logs}
            save_state(path, step_module, optimizer.optimizer, generator, values)
        return not ended

    with (
        RunLog(run / "logs", first or None) as log,
        console.progress("Pre-training", steps) as update,
    ):
        done = run_loop(
            fabric,
            module,
            optimizer,
            batches(),
            first=first,
            last=steps if budget.spent(first) < 1 else first,
            learning_rate=lambda step: warmup_cosine(budget.spent(step), config.learning_rate),
            after_step=after_step,
        )
    return done, budget.seconds, last_logs
