"""Settings of one fine-tuning run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from graftwork.config import Config
from graftwork.nn.pooling import POOLINGS
from graftwork.nn.precision import PRECISIONS
from graftwork.training.device import DEVICES
from graftwork.training.freeze import AUTO, STRATEGIES
from graftwork.training.loop import SCHEDULES


@dataclass(frozen=True)
class FitConfig(Config):
    """Settings of one fine-tuning run."""

    limits: ClassVar = {
        "hidden_layers": (0, 16),
        "ensemble": (1, 64),
        "dropout": (0, 0.99),
        "epochs": (1, 10**9),
        "patience": (1, 10**9),
        "batch_size": (2, 10**9),  # batch normalisation needs two
        "learning_rate": (1e-12, 10),
        "weight_decay": (0, 100),
        "clip": (0, 1e9),
        "average": (0, 1e6),
        "encoder_rate": (1e-6, 1),
        "layer_decay": (1e-3, 1),
    }
    whole: ClassVar = ("epochs", "patience", "batch_size")
    choices: ClassVar = {
        "strategy": (AUTO, *STRATEGIES),
        "schedule": SCHEDULES,
        "pooling": ("auto", *POOLINGS),
        "precision": PRECISIONS,
        "device": DEVICES,
    }

    strategy: str = AUTO
    """full, delayed (the encoder from half-time on), gradual (its layers one after the other until
    then), frozen (the head alone), linear-probe (a linear one), or auto: from a checkpoint frozen
    below 300 rows to train on, else full (:func:`~graftwork.training.freeze.strategy_for`)."""
    pooling: str = "auto"
    """How nodes become a row: a pooling, or auto (the centre of an ego network, else the mean)."""
    hidden_layers: int = 1
    """Hidden layers of the head; a linear probe has none."""
    dropout: float = 0.1
    """Dropout in the encoder and before every layer of a head that has hidden ones."""
    epochs: int | None = None
    """Most passes over the training part; None is 15, more for few rows and fewer for very many
    (:func:`~graftwork.training.course.course_of`)."""
    patience: int | None = None
    """Epochs without a better validation score before stopping, counted once nothing is frozen any
    more that will thaw; None is half of them, at least 5."""
    batch_size: int | None = None
    """Graphs per step; None is 32, more from 8,192 rows on."""
    learning_rate: float = 5e-4
    """Peak of the schedule."""
    weight_decay: float = 1e-2
    """AdamW's weight decay."""
    schedule: str = "warmup-cosine"
    """Course of the learning rate: warmup-cosine or constant."""
    clip: float = 5.0
    """Largest norm of the gradient; 0 leaves it as it is."""
    encoder_rate: float = 1.0
    """Learning rate of the encoder's last layer as a share of the head's."""
    layer_decay: float = 1.0
    """Learning rate of each layer of the encoder as a share of that of the layer above it."""
    average: float = 1.0
    """The network is the average of the weights on the way there: 0 for none, else how much the
    last steps count (:class:`~graftwork.training.average.WeightAverage`)."""
    ensemble: int = 1
    """Networks that are trained one after the other, and whose predictions are averaged."""
    precision: str = "auto"
    """Lightning Fabric's name."""
    device: str = "auto"
    """Lightning's accelerator name."""
