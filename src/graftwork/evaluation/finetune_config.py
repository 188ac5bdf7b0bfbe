"""Settings of a fine-tuning experiment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from graftwork.config import TASKS, JumpingKnowledge
from graftwork.data.featurize import SCHEMAS
from graftwork.data.splits import SPLITS
from graftwork.errors import InputError
from graftwork.evaluation.baselines import BASELINES
from graftwork.nn.conv import CONVS
from graftwork.training.fit_config import FitConfig

MODELS = ("auto", "network")

NETWORK_DEFAULTS: dict[str, Any] = {
    "conv": "gcn",
    "num_layers": 2,
    "dim": 64,
    "dropout": 0.5,
    "strategy": "full",
    "learning_rate": 5e-3,
    "average": 0.0,
}
"""Settings of :class:`FinetuneConfig` for the nodes of a network where nothing else is said."""


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
        "hops": (1, 64),
        "max_nodes": (0, 2**31 - 1),
        "time_limit": (1e-3, math.inf),
    }
    choices: ClassVar = {
        **FitConfig.choices,
        "model": MODELS,
        "task": TASKS,
        "split": ["auto", *(name for name in SPLITS if name != "column")],  # --splits-column
        "featurizer": SCHEMAS,
        "conv": CONVS,
        "jumping_knowledge": ("last", "sum", "mean", "max"),
    }

    start_from: str = "default"
    """Artifact to start from: a bundled name, a path, or none."""
    model: str = "auto"
    """auto (a gated blend of the network and models of fingerprints; the network alone for the
    nodes of a network) or network."""
    task: str = "auto"
    """classification, multiclass, regression, or auto (0 and 1 only means classification)."""
    split: str = "auto"
    """How train, validation and test are drawn; auto is scaffold for molecules, and for a network
    the split of its file, or random."""
    test_groups: tuple[str, ...] = ()
    """Groups of a network's nodes, e.g. species, to test on with the group split."""
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
    """Schema of molecules when starting from none; otherwise the artifact's."""
    conv: str = "gin"
    """Message-passing layer when starting from none."""
    num_layers: int = 5
    """Layers when starting from none."""
    dim: int = 256
    """Width when starting from none."""
    jumping_knowledge: JumpingKnowledge = "last"
    """How the layers combine when starting from none."""
    hops: int = 2
    """Radius of the ego networks of a network's nodes when starting from none."""
    max_nodes: int = 256
    """Most nodes of an ego network when starting from none; 0 for no limit."""
    baselines: tuple[str, ...] = tuple(BASELINES)
    """Models to hold the network against; of the default, those that apply to the data."""
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
