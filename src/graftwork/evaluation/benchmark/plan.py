"""Which cells a benchmark consists of. Pure: the same request gives the same cells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graftwork.data.featurize import SCHEMAS
from graftwork.errors import InputError
from graftwork.evaluation.benchmark.data_spec import DataSpec
from graftwork.evaluation.benchmark.identity import digest
from graftwork.evaluation.benchmark.model_spec import ModelSpec
from graftwork.evaluation.benchmark.models import network_options
from graftwork.evaluation.benchmark.settings import BenchmarkConfig, decisive
from graftwork.training.freeze import AUTO

CELL_FORMAT = 3
"""Changes when the same settings would give other numbers."""
FULL = "full"
USUAL = ("", FULL, AUTO)
"""Strategies that need no mention."""


@dataclass(frozen=True)
class Cell:
    """One model on one data set with one seed.

    Parameters
    ----------
    id
        Digest of all that decides its numbers: data, split, weights, settings, seed.
    dataset, model, strategy, seed
        Its place in the table; what has no network has no strategy.
    data
        Key of the prepared data that it reads.
    first
        Of a baseline: the cell of its first seed. Where that needed no random numbers, this one
        need not run.
    spec
        The whole description, as JSON, for the process that runs it.
    """

    id: str
    dataset: str
    model: str
    strategy: str
    seed: int
    data: str
    first: str | None = None
    spec: dict[str, Any] = field(default_factory=dict, compare=False)


def plan(
    data: Sequence[DataSpec],
    models: Sequence[ModelSpec],
    strategies: Sequence[str],
    seeds: Sequence[int],
    config: BenchmarkConfig,
) -> list[Cell]:
    """Return the cells in the order in which they run.

    Seed by seed, small data sets first, and within these the baselines, then each architecture's
    checkpoints, the same from scratch, and the blends, which take a finished network as it is: a
    budget that ends early leaves complete pairs. From scratch everything is trained in full,
    whatever the strategy: a frozen encoder that never learnt anything would be a straw man.

    Raises
    ------
    InputError
        If there is no such strategy, or two of them are the same for most data.
    """
    for strategy in strategies:
        config.fit_config(strategy)  # refuses what is none, whatever the models
    check_strategies(strategies)
    order = {"baseline": 0, "pretrained": 1, "scratch": 2, "auto": 3}
    ranked = sorted(
        models, key=lambda m: (m.encoder is not None, m.scratch or m.name, order[m.role])
    )
    ordered = sorted(data, key=lambda spec: (spec.rows, spec.whole, spec.labels or spec.rows))
    return [
        _cell(table, model, strategy, seed, seeds[0], config)
        for seed in seeds
        for table in ordered
        for model in ranked
        if model.fits(network=table.network)
        for strategy in strategies_of(model, strategies)
    ]


def check_strategies(strategies: Collection[str]) -> None:
    """Refuse two strategies of one table that are the same for most data."""
    if {FULL, AUTO} <= set(strategies):
        raise InputError(
            "The strategies auto and full are the same from some hundred rows on.",
            "Choose one of them; for few rows, frozen beside full says what auto chooses between.",
        )


def strategies_of(model: ModelSpec, strategies: Sequence[str]) -> Sequence[str]:
    """Return the freeze plans that a model is trained with; none for one without a network."""
    if model.encoder is None:
        return ("",)
    return (FULL,) if model.weights is None else tuple(dict.fromkeys(strategies))


def data_key(table: DataSpec, schema: Mapping[str, Any], data_seed: int) -> str:
    """Return the key of a data set as one schema sees it, split included."""
    return digest([CELL_FORMAT, table.identity, data_seed, dict(schema)])


def _cell(
    table: DataSpec,
    model: ModelSpec,
    strategy: str,
    seed: int,
    first_seed: int,
    config: BenchmarkConfig,
) -> Cell:
    baseline = model.role == "baseline"
    usual = network_options() if table.network else SCHEMAS["default"].to_dict()
    schema = model.schema or usual
    settings = None if model.encoder is None else config.fit_config(strategy).to_dict()
    deciding = None if settings is None else decisive(settings)
    key = data_key(table, schema, config.data_seed)

    def identity(number: int, what: Mapping[str, Any] = model.identity) -> str:
        budget = [] if table.labels is None else [table.labels]
        return digest([CELL_FORMAT, key, what, deciding, number, *budget])

    own = identity(seed)
    blended = model.role == "auto" and model.encoder is not None
    spec = {
        "id": own,
        "data": key,
        "data_seed": config.data_seed,
        "dataset": table.to_dict(),
        "schema": schema,
        "model": model.to_dict(),
        "strategy": strategy,
        "seed": seed,
        "settings": settings,
        "network": identity(seed, model.network) if blended else None,
    }
    fixed = baseline and model.version is None  # it may need no random numbers; a peer does
    first = identity(first_seed) if fixed and seed != first_seed else None
    return Cell(own, table.name, model.name, strategy, seed, key, first, spec)
