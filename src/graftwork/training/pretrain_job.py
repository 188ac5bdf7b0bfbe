"""The training of a pre-training run, from its checkpoint on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from lightning_fabric import Fabric

from graftwork import console
from graftwork.data.loader import load_batch
from graftwork.data.sampler import BatchSampler
from graftwork.data.store import GraphStore
from graftwork.data.task_sampler import TaskSampler
from graftwork.errors import RunError
from graftwork.graph.batch import GraphBatch
from graftwork.nn.encoder import Encoder
from graftwork.nn.ranks import agreed, rank, world
from graftwork.objectives import StepOutput
from graftwork.objectives.make import computed_targets, make_objective, tasks_in_batches
from graftwork.rng import derive_seed, torch_generator
from graftwork.training.budget import Budget
from graftwork.training.checkpoint import load_state, save_state
from graftwork.training.logs import RunLog
from graftwork.training.loop import SCHEDULES, run_loop
from graftwork.training.pretrain_config import PretrainConfig
from graftwork.training.steps import PretrainStep

LOG_EVERY = 50


@dataclass(frozen=True)
class PretrainJob:
    """What is trained on what, how and where.

    Parameters
    ----------
    fabric
        Device, precision and the other processes.
    config
        Settings.
    encoder
        Is trained in place.
    store
        The corpus.
    run
        The run directory, for the checkpoint and the logs; the first process writes them.
    checkpoint_every
        Steps between checkpoints.
    """

    fabric: Fabric
    config: PretrainConfig
    encoder: Encoder
    store: GraphStore
    run: Path
    checkpoint_every: int

    @cached_property
    def sampler(self) -> BatchSampler | TaskSampler:
        """The order of the graphs."""
        count, config = len(self.store), self.config
        size = min(config.batch_size, count)
        tasks = tasks_in_batches(config.objective, config.options)
        if tasks is None or self.store.labels is None:
            return BatchSampler(count, size, config.seed, rank(), world())
        return TaskSampler(self.store.labels, size, *tasks, config.seed, rank(), world())

    def train(self) -> tuple[int, float, dict[str, float]]:
        """Run the loop; return steps done, seconds until then and the last logged values.

        The last two are those of the last checkpoint: a run that has ended gives them again.

        Raises
        ------
        RunError
            If the loss is no number, or the checkpoint cannot be read or is not that of the first
            process.
        """
        config, encoder = self.config, self.encoder
        labels, targets = self.store.labels, computed_targets(config.objective)
        objective = make_objective(
            config.objective,
            config.options,
            encoder.schema,
            encoder.config,
            None if labels is None else labels.tasks,
            {name: found.tasks for name, found in self.store.targets.items()},
        )
        generator = torch_generator(config.seed, "masks")
        step_module = PretrainStep(encoder, objective, generator)
        optimizer = torch.optim.AdamW(
            step_module.parameters(),
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=True,
        )
        module, optimizer = self.fabric.setup(step_module, optimizer)
        steps = min(config.epochs * self.sampler.steps_per_epoch, config.max_steps or 10**12)
        path = self.run / "checkpoint.safetensors"
        first, seconds = 0, 0.0
        last_logs: dict[str, float] = {}
        torch.manual_seed(derive_seed(config.seed, "dropout"))
        if path.is_file():
            values = load_state(path, step_module, optimizer.optimizer, generator)
            first, seconds, last_logs = values["step"], values["seconds"], values["logs"]
            console.say(f"Going on from step {first} of {steps}")
        if agreed(first) != first:
            raise RunError(
                f"Process {rank()} finds step {first} in {path}, the first process another one.",
                "All processes need the same files.",
            )
        if rank():  # not what the first process drops, and nowhere stored
            torch.manual_seed(derive_seed(config.seed, "dropout", rank(), first))
        before, budget = seconds, Budget(steps, config.time_limit, seconds)
        schedule = SCHEDULES[config.schedule]

        def batches() -> Iterator[GraphBatch]:
            for graphs in self.sampler.batches(first):
                yield load_batch(self.store, graphs, labels, targets)

        def after_step(done: int, output: StepOutput) -> bool:
            nonlocal seconds
            ended = done == steps or budget.spent(done) >= 1
            if done % LOG_EVERY == 0 or ended:
                rate = (done - first) * config.batch_size / max(budget.seconds - before, 1e-9)
                last_logs.clear()
                last_logs.update(output.values())
                if log is not None:
                    log.write(done, {**last_logs, "graphs_per_second": rate})
                update(done, f"loss {last_logs['loss']:.4f}, {rate:.0f} graphs/s")
            if not rank() and (done % self.checkpoint_every == 0 or ended):
                seconds = budget.seconds
                values = {"step": done, "seconds": seconds, "logs": last_logs}
                save_state(path, step_module, optimizer.optimizer, generator, values)
            return not ended

        with (
            nullcontext() if rank() else RunLog(self.run / "logs", first or None) as log,
            console.progress("Pre-training", steps) as update,
        ):
            done = run_loop(
                self.fabric,
                module,
                optimizer,
                batches(),
                first=first,
                last=steps if budget.spent(first) < 1 else first,
                learning_rate=lambda step: schedule(budget.spent(step), config.learning_rate),
                after_step=after_step,
                clip=config.clip,
            )
        return done, seconds, last_logs
