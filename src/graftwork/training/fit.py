"""One fine-tuning run: a predictor trained on one part, chosen on another."""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch

from graftwork.config import EncoderConfig, HeadConfig, Kind
from graftwork.data.labels import count_classes
from graftwork.data.sampler import BatchSampler
from graftwork.data.store import GraphStore
from graftwork.graph.schema import FeatureSchema
from graftwork.metrics import METRICS, primary_metric, score
from graftwork.nn.dropout import dropout_seeded
from graftwork.nn.encoder import Encoder
from graftwork.nn.predictor import Predictor
from graftwork.objectives import StepOutput
from graftwork.rng import derive_seed
from graftwork.training.average import WeightAverage
from graftwork.training.best_epoch import BestEpoch
from graftwork.training.budget import Budget
from graftwork.training.course import course_of
from graftwork.training.device import new_fabric
from graftwork.training.fit_config import FitConfig
from graftwork.training.fitted import Fitted, together
from graftwork.training.freeze import STRATEGIES, Strategy, apply_plan, last_thaw, strategy_for
from graftwork.training.lesson import HeadAlone, Lesson, WholeNetwork
from graftwork.training.loop import SCHEDULES, run_loop
from graftwork.training.rates import layer_groups
from graftwork.training.side_by_side import Shares

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
_NEW_WEIGHTS = threading.Lock()


def readout(pooling: str, schema: FeatureSchema) -> str:
    """Resolve ``auto``: ego networks are read at their centre, whole graphs by their mean."""
    if pooling != "auto":
        return pooling
    return "centre" if "hops" in schema.options else "mean"


def new_predictor(
    encoder: Encoder,
    config: FitConfig,
    kind: Kind,
    tasks: tuple[str, ...],
    y: Values,
    *,
    seed: int,
    scratch: bool,
    linear: bool,
) -> Predictor:
    """Put a fresh head for labels like ``y`` on a copy of ``encoder``, or on a new one like it."""
    shape = replace(encoder.config, dropout=config.dropout)
    hidden = 0 if linear else config.hidden_layers
    head = HeadConfig(
        pooling=readout(config.pooling, encoder.schema),
        hidden_layers=hidden,
        dropout=config.dropout if hidden else 0.0,
        kind=kind,
        tasks=tasks,
        classes=count_classes(y) if kind == "multiclass" else 0,
    )
    with _NEW_WEIGHTS:  # drawn from the one stream that all threads share
        torch.manual_seed(derive_seed(seed, "weights"))
        body = Encoder(encoder.schema, EncoderConfig.from_dict(shape.to_dict()))
        predictor = Predictor(body, head)
    if not scratch:
        body.load_state_dict(encoder.state_dict())
    predictor.head.fit_scaling(torch.from_numpy(y))
    return predictor


def fit(
    store: GraphStore,
    y: Values,
    train: Rows,
    val: Rows,
    encoder: Encoder,
    config: FitConfig,
    kind: Kind,
    tasks: tuple[str, ...],
    *,
    seed: int,
    scratch: bool = False,
    stop_after: int | None = None,
    time_limit: float | None = None,
    on_epoch: Callable[[float], None] = lambda _done: None,
) -> Fitted:
    """Train a predictor. Only rows in ``train`` and ``val`` are ever looked at.

    Parameters
    ----------
    encoder
        Weights to start from (``scratch`` keeps only its shape).
    config
        With ``ensemble`` above 1 so many networks are trained, one after the other.
    seed
        Of the new weights, the order of the rows and dropout.
    stop_after
        End after so many epochs of the same schedule; for the refit without validation rows.
    time_limit
        Seconds.
    on_epoch
        Called with the share of the epochs that is done.
    """
    if config.ensemble > 1:
        member = partial(fit, store, y, train, val, encoder, kind=kind, tasks=tasks)
        member = partial(member, scratch=scratch, stop_after=stop_after)
        return _ensemble(member, config, seed, time_limit, on_epoch)
    strategy = STRATEGIES[strategy_for(config.strategy, len(train), scratch=scratch)]
    course = course_of(config, len(train), frozen=strategy.frozen)
    fabric = new_fabric(config.device, config.precision)
    predictor = new_predictor(
        encoder, config, kind, tasks, y[train], seed=seed, scratch=scratch, linear=strategy.linear
    )
    plan = strategy.plan(predictor.encoder.config)
    apply_plan(predictor, plan)
    lesson = _lesson(predictor.to(fabric.device), strategy, store, y, np.concatenate([train, val]))
    optimizer = torch.optim.AdamW(  # leaves what is frozen as it is
        layer_groups(predictor, config.encoder_rate, config.layer_decay),
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        fused=True,
    )
    module, optimizer = fabric.setup(lesson.step, optimizer)
    sampler = BatchSampler(len(train), course.batch_size, seed)
    per_epoch = sampler.steps_per_epoch
    metric = primary_metric(kind, len(tasks))
    budget = Budget(course.epochs * per_epoch, time_limit)
    average = WeightAverage(lesson.module, config.average) if config.average else None
    judged = lesson.module if average is None else average.module
    watch = BestEpoch(judged, METRICS[metric].higher_is_better)
    losses: list[float] = []
    total: list[torch.Tensor] = []
    waiting_since = 0

    def after_step(done: int, output: StepOutput) -> bool:
        nonlocal waiting_since
        total.append(output.loss.detach())
        if average is not None:
            average.take(lesson.module)
        ended = budget.spent(done) >= 1
        if done % per_epoch and not ended:
            return True
        epoch = math.ceil(done / per_epoch)  # an epoch that the clock cut short counts
        losses.append(float(torch.stack(total).mean()))
        total.clear()
        on_epoch(epoch / course.epochs)
        if len(val):
            predicted = lesson.predict(judged, val)
            error = float(np.nanmean((predicted - y[val]) ** 2))
            watch.see(epoch, score(y[val], predicted, metric), error)
            if budget.spent(done) < last_thaw(plan):
                waiting_since = epoch + 1  # patience counts from the first epoch of full training
            elif epoch - max(watch.best, waiting_since) >= course.patience:
                return False
        apply_plan(predictor, plan, budget.spent(done))
        lesson.step.train()
        return epoch != stop_after and not ended

    with dropout_seeded(derive_seed(seed, "dropout"), fabric.device):
        done = run_loop(
            fabric,
            module,
            optimizer,
            (lesson.batch(train[chosen]) for chosen in sampler.batches()),
            first=0,
            last=budget.steps,
            learning_rate=lambda step: SCHEDULES[config.schedule](
                budget.spent(step), config.learning_rate
            ),
            after_step=after_step,
            clip=config.clip,
        )

    def with_weights(weights: dict[str, torch.Tensor]) -> Predictor:
        lesson.module.load_state_dict(weights)
        return predictor.cpu().eval()

    at_end = copy.deepcopy(judged.state_dict())
    last = copy.deepcopy(with_weights(at_end).state_dict())
    best = watch.restore() if len(val) else math.ceil(done / per_epoch)
    return Fitted(with_weights(judged.state_dict()), best, last, losses, watch.scores)


def _lesson(
    predictor: Predictor, strategy: Strategy, store: GraphStore, y: Values, rows: Rows
) -> Lesson:
    """Train the head alone where nothing under it will ever change, else the whole network."""
    labels = y.astype(np.float32)
    if strategy.frozen and not [*predictor.pooling.parameters()]:
        return HeadAlone(predictor, store, labels, rows)
    return WholeNetwork(predictor, store, labels)


def _ensemble(
    train: Callable[..., Fitted],
    config: FitConfig,
    seed: int,
    time_limit: float | None,
    on_epoch: Callable[[float], None],
) -> Fitted:
    """Train networks one after the other, of which the first is the one that stands alone."""
    shares = Shares(time_limit, config.ensemble)

    def member(place: int) -> Fitted:
        return train(
            config=replace(config, ensemble=1),
            seed=derive_seed(seed, "member", place) if place else seed,
            time_limit=shares.next(),
            on_epoch=lambda done: on_epoch((place + done) / config.ensemble),
        )

    return together([member(place) for place in range(config.ensemble)])
