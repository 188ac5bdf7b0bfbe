"""Settings that all cells of a benchmark share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from graftwork.config import JumpingKnowledge
from graftwork.data.featurize import SCHEMAS
from graftwork.evaluation.finetune_config import NETWORK_DEFAULTS
from graftwork.nn.conv import CONVS
from graftwork.nn.precision import resolved_precision
from graftwork.training.fit_config import FitConfig
from graftwork.training.presets import FINETUNE_PRESETS, preset

_YOUNGER: dict[str, Any] = {"ensemble": 1}  # than published tables, which had these values


@dataclass(frozen=True)
class BenchmarkConfig(FitConfig):
    """What decides the numbers of a benchmark, beside its data sets, models and seeds."""

    limits: ClassVar = {
        **FitConfig.limits,
        "data_seed": (0, 2**63 - 1),
        "num_seeds": (1, 1000),
        "num_layers": (1, 128),
        "dim": (1, 8192),
        "hops": (1, 64),
        "max_nodes": (0, 2**31 - 1),
    }
    choices: ClassVar = {
        **FitConfig.choices,
        "featurizer": SCHEMAS,
        "conv": CONVS,
        "jumping_knowledge": ("last", "sum", "mean", "max"),
    }

    data_seed: int = 0
    """Seed of the splits."""
    num_seeds: int = 3
    """Seeds where the request does not say."""
    featurizer: str = "default"
    """Schema of molecules for the model from scratch when there is no checkpoint."""
    conv: str = "gin"
    """Its message-passing layer."""
    num_layers: int = 5
    """Its layers."""
    dim: int = 256
    """Its width."""
    jumping_knowledge: JumpingKnowledge = "last"
    """How its layers combine."""
    hops: int = 2
    """Radius of the ego networks of a network's nodes, where no checkpoint says."""
    max_nodes: int = 256
    """Most nodes of an ego network, where no checkpoint says; 0 for no limit."""

    def fit_config(self, strategy: str) -> FitConfig:
        """Return the settings of one fine-tuning run.

        Raises
        ------
        InputError
            If there is no such strategy.
        """
        values = {item.name: getattr(self, item.name) for item in fields(FitConfig)}
        return FitConfig(**{**values, "strategy": strategy})

    def protocol(self) -> dict[str, Any]:
        """Return what all cells of one table have in common, as JSON types."""
        values = {
            item.name: getattr(self, item.name)
            for item in fields(FitConfig)
            if item.name != "strategy"  # each cell has its own
        }
        return {**decisive(values), "data_seed": self.data_seed}


def decisive(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a network's settings that decide its numbers.

    Left out are the device, and settings that tables of earlier versions do not have, where they
    change nothing: the cells of such tables stay good.
    """
    return {
        name: value
        for name, value in settings.items()
        if name != "device" and (name, value) not in _YOUNGER.items()
    }


def benchmark_config(
    preset_name: str = "default", *, network: bool = False, **changes: Any
) -> BenchmarkConfig:
    """Return the settings of a preset with single ones changed; None changes nothing.

    Precision ``auto`` becomes what it means on this machine, since it decides the numbers.

    Parameters
    ----------
    preset_name
        A key of `graftwork.training.presets.FINETUNE_PRESETS`.
    network
        Whether the rows are nodes of networks, which have defaults of their own.
    changes
        Fields of `BenchmarkConfig`.

    Raises
    ------
    InputError
        If there is no such preset, or a value cannot be used.

    Examples
    --------
    >>> benchmark_config("hu2020", epochs=30).epochs
    30
    """
    known = {item.name for item in fields(BenchmarkConfig)}
    values = dict(NETWORK_DEFAULTS) if network else {}
    chosen = preset(FINETUNE_PRESETS, preset_name)
    values |= {name: value for name, value in chosen.items() if name in known}
    values |= {name: value for name, value in changes.items() if value is not None}
    config = BenchmarkConfig(**values)
    return replace(config, precision=resolved_precision(config.precision, config.device))
