"""Named bundles of settings that follow a paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graftwork.errors import InputError

_HU2020_ENCODER = {"featurizer": "hu2020", "num_layers": 5, "dim": 300, "jumping_knowledge": "last"}
_HU2020_TRAINING = {
    "learning_rate": 1e-3,
    "weight_decay": 0.0,
    "schedule": "constant",
    "clip": 0.0,
    "epochs": 100,
}

PRETRAIN_PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "hu2020": {**_HU2020_ENCODER, **_HU2020_TRAINING, "dropout": 0.0, "batch_size": 256},
}
"""Settings of ``PretrainConfig``. ``hu2020``: Hu et al., ICLR 2020, self-supervised stage."""

FINETUNE_PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "hu2020": {
        **_HU2020_ENCODER,
        **_HU2020_TRAINING,
        "patience": 100,
        "batch_size": 32,
        "dropout": 0.5,
        "hidden_layers": 0,
        "pooling": "mean",
        "split": "scaffold",
        "split_sizes": (0.8, 0.1, 0.1),
        "num_seeds": 10,
    },
}
"""Settings of ``FinetuneConfig``. ``hu2020``: the protocol of the paper's Table 2."""


def preset(known: Mapping[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the settings of a preset.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in known:
        raise InputError(f"No preset is called {name!r}.", f"Known: {', '.join(known)}.")
    return known[name]
