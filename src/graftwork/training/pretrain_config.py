"""Settings of pre-training."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

from graftwork.config import Config
from graftwork.data.featurize import SCHEMAS
from graftwork.nn.conv import CONVS
from graftwork.nn.encoder import NORMS
from graftwork.nn.precision import PRECISIONS
from graftwork.objectives.make import resolved_options
from graftwork.training.loop import SCHEDULES


@dataclass(frozen=True)
class PretrainConfig(Config):
    """Settings of a pre-training run; everything that decides the weights."""

    limits: ClassVar = {
        "num_layers": (1, 128),
        "dim": (1, 8192),
        "dropout": (0, 0.99),
        "epochs": (1, 10**9),
        "max_steps": (1, 10**12),
        "batch_size": (2, 10**9),  # batch normalisation needs two
        "learning_rate": (1e-12, 10),
        "weight_decay": (0, 100),
        "clip": (0, 1e9),
        "seed": (0, 2**63 - 1),
        "time_limit": (1e-3, math.inf),
    }
    whole: ClassVar = ("max_steps",)
    choices: ClassVar = {
        "featurizer": SCHEMAS,
        "conv": CONVS,
        "jumping_knowledge": ("last", "sum", "mean", "max"),
        "norm": NORMS,
        "schedule": SCHEDULES,
        "precision": PRECISIONS,
    }

    objective: str = "attribute-masking"
    """What the encoder learns to do; several names joined with + are learnt jointly."""
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Settings by objective, e.g. ``{"attribute-masking": {"rate": 0.25}}``."""
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
    norm: str = "batch"
    """What follows each layer: batch or layer normalisation, or none."""
    residual: bool = False
    """Each layer from the second on adds what it read."""
    epochs: int = 1
    """Passes over the corpus."""
    max_steps: int | None = None
    """Most steps, where that is less than the epochs take."""
    batch_size: int = 256
    """Graphs per step."""
    learning_rate: float = 1e-3
    """Peak of the schedule."""
    weight_decay: float = 0.0
    """AdamW's weight decay."""
    schedule: str = "warmup-cosine"
    """Course of the learning rate: warmup-cosine or constant."""
    clip: float = 5.0
    """Largest norm of the gradient; 0 leaves it as it is."""
    seed: int = 0
    """Seed of the weights, the order and the masks."""
    precision: str = "auto"
    """32-true, bf16-mixed, or auto for what is best here."""
    time_limit: float | None = None
    """Seconds after which the run ends; the learning rate follows the clock then."""

    def __post_init__(self) -> None:
        super().__post_init__()
        resolved_options(self.objective, self.options)
