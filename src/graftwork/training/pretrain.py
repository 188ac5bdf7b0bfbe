"""Pre-training: corpus in, artifact out, exactly resumable."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from lightning_fabric import Fabric

from graftwork import console
from graftwork.config import Config, EncoderConfig
from graftwork.data.build import build_store
from graftwork.data.featurize import SCHEMAS
from graftwork.data.loader import load_batch
from graftwork.data.places import make_folder, require_outside
from graftwork.data.record import write_rejects
from graftwork.data.sampler import BatchSampler
from graftwork.data.sources import open_table
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.artifact import load_artifact, save_artifact
from graftwork.nn.checkpoints import find_model
from graftwork.nn.conv import CONVS
from graftwork.nn.encoder import Encoder
from graftwork.objectives import OBJECTIVES, Objective, StepOutput
from graftwork.rng import derive_seed, torch_generator
from graftwork.training.budget import Budget
from graftwork.training.checkpoint import load_state, save_state
from graftwork.training.device import PRECISIONS, new_fabric
from graftwork.training.logs import RunLog
from graftwork.training.loop import run_loop, warmup_cosine
from graftwork.training.steps import PretrainStep

LOG_EVERY = 50


@dataclass(frozen=True)
class PretrainConfig(Config):
    """Settings of a pre-training run; everything that decides the weights."""

    limits: ClassVar = {
        "num_layers": (1, 128),
        "dim": (1, 8192),
        "dropout": (0, 0.99),
        "mask_rate": (1e-6, 1 - 1e-6),
        "epochs": (1, 10**9),
        "batch_size": (2, 10**9),  # batch normalisation needs two
        "learning_rate": (1e-12, 10),
        "weight_decay": (0, 100),
        "seed": (0, 2**63 - 1),
        "time_limit": (1e-3, math.inf),
    }
    choices: ClassVar = {
        "objective": OBJECTIVES,
        "featurizer": SCHEMAS,
        "conv": CONVS,
        "jumping_knowledge": ("last", "sum", "mean", "max"),
        "precision": PRECISIONS,
    }

    objective: str = "attribute-masking"
    """What the encoder learns to do."""
    featurizer: str = "default"
    """Schema of the graphs."""
    standardize: bool = False
    """Keep the largest fragment of a molecule and neutralise it."""
    conv: str = "gin"
    """Message-passing layer."""
    num_layers: int = 5
    """Number of layers."""
    dim: int = 256
    """Width of the node embeddings."""
    jumping_knowledge: str = "last"
    """How the layers combine."""
    dropout: float = 0.0
    """Dropout after every layer."""
    mask_rate: float = 0.15
    """Share of atoms to hide."""
    mask_edges: bool = False
    """Hide and predict the bonds of hidden atoms too."""
    epochs: int = 1
    """Passes over the corpus."""
    batch_size: int = 256
    """Graphs per step."""
    learning_rate: float = 1e-3
    """Peak of the schedule."""
    weight_decay: float = 0.0
    """AdamW's weight decay."""
    seed: int = 0
    """Seed of the weights, the order and the masks."""
    precision: str = "32-true"
    """Lightning Fabric's name: 32-true, bf16-mixed, 16-mixed."""
    time_limit: float | None = None
    """Seconds after which the run ends; the learning rate follows the clock then."""


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
    _claim(run, identity, keep, overwrite=overwrite)
    store = _open_store(Path(corpus), run, encoder.schema, smiles_column)
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


def corpus_hash(path: Path) -> str:
    """SHA-256 of a corpus file, or of a graph store's description."""
    source = path / "store.json" if path.is_dir() else path
    if not source.is_file():
        kind = "is a folder without a graph store" if path.is_dir() else "is no file"
        reason = kind if path.exists() else "does not exist"
        raise InputError(f"{path} {reason}.", "Give a corpus file or a graph store.")
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def _claim(run: Path, identity: dict[str, Any], keep: list[Path], *, overwrite: bool) -> None:
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
    shutil.rmtree(run / "store", ignore_errors=True)  # of another corpus
    path.write_text(json.dumps(identity, indent=1) + "\n")


def _read_identity(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _open_store(corpus: Path, run: Path, schema: FeatureSchema, column: str | None) -> GraphStore:
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
