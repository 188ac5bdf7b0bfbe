"""Settings of a fine-tuning experiment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from graftwork.config import JumpingKnowledge
from graftwork.data.featurize import SCHEMAS
from graftwork.data.splits import SPLITS
from graftwork.errors import InputError
from graftwork.evaluation.baselines import BASELINES
from graftwork.training.fit import FitConfig


@dataclass(frozen=True)
class FinetuneConfig(FitConfig):
    """Settings of a fine-tuning experiment; everything that decides its numbers."""

    limits: ClassVar = {
        **FitConfig.limits,
        "data_seed": (0, 2**63 - 1),
        "seed": (0, 2**63 - 1),
        "num_seeds": (1, 1000),
        "num_layers": (1, 128),
        "dim": (1, 8192),
        "time_limit": (1e-3, math.inf),
    }
    choices: ClassVar = {
        **FitConfig.choices,
        "task": ("auto", "classification", "regression"),
        "split": [name for name in SPLITS if name != "column"],  # --splits-column
        "featurizer": SCHEMAS,
        "jumping_knowledge": ("last", "sum", "mean", "max"),
    }

    start_from: str = "default"
    """Artifact to start from: a bundled name, a path, or none."""
    task: str = "auto"
    """classification, regression, or auto (0 and 1 only means classification)."""
    split: str = "scaffold"
    """How train, validation and test are drawn."""
    split_sizes: tuple[float, float, float] = (0.8, 0.1, 0.1)
    """Fractions of train, validation and test."""
    data_seed: int = 0
    """Seed of the split."""
    seed: int = 0
    """First model seed."""
    num_seeds: int = 3
    """Number of paired runs; an interval needs at least two."""
    standardize: bool = False
    """Keep the largest fragment of a molecule and neutralise it."""
    featurizer: str = "default"
    """Schema when starting from none; otherwise the artifact's."""
    num_layers: int = 5
    """Layers when starting from none."""
    dim: int = 256
    """Width when starting from none."""
    jumping_knowledge: JumpingKnowledge = "last"
    """How the layers combine when starting from none."""
    baselines: tuple[str, ...] = tuple(BASELINES)
    """Fingerprint models to hold the network against."""
    refit: bool = True
    """Train the model left behind on all labelled rows."""
    time_limit: float | None = None
    """Seconds for training the networks."""

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.baselines if name not in BASELINES]
        if unknown:
            raise InputError(
                f"No baseline is called {unknown[0]!r}.", f"Known: {', '.join(BASELINES)}."
            )
