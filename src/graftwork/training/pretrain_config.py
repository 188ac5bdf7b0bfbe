"""Settings of pre-training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from graftwork.config import Config
from graftwork.data.featurize import SCHEMAS
from graftwork.nn.conv import CONVS
from graftwork.objectives import OBJECTIVES
from graftwork.training.device import PRECISIONS


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
    precision: str = "auto"
    """Lightning Fabric's name: 32-true, bf16-mixed, 16-mixed."""
    time_limit: float | None = None
    """Seconds after which the run ends; the learning rate follows the clock then."""
