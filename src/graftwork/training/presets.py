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
    "precision": "32-true",
}

PRETRAIN_PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "hu2020": {**_HU2020_ENCODER, **_HU2020_TRAINING, "dropout": 0.0, "batch_size": 256},
}
"""Settings of ``PretrainConfig``. ``hu2020``: Hu et al., ICLR 2020, self-supervised stage."""

OBJECTIVE_PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "default": {},
    "hu2020": {"attribute-masking": {"predict": "atomic_number"}},
}
"""Options of objectives that a preset changes."""

FINETUNE_PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "hu2020": {
        **_HU2020_ENCODER,
        **_HU2020_TRAINING,
        "strategy": "full",
        "patience": 100,
        "batch_size": 32,
        "dropout": 0.5,
        "hidden_layers": 0,
        "average": 0.0,
        "pooling": "mean",
        "split": "scaffold",
        "split_sizes": (0.8, 0.1, 0.1),
        "num_seeds": 10,
    },
}
"""Settings of ``FinetuneConfig``. ``hu2020``: the protocol of the paper's Table 2."""


def preset_options(
    name: str, objective: str, options: Mapping[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return a run's options of objectives over those of a preset.

    Examples
    --------
    >>> preset_options("hu2020", "attribute-masking+infomax", {"infomax": {"weight": 0.5}})
    {'infomax': {'weight': 0.5}, 'attribute-masking': {'predict': 'atomic_number'}}
    """
    parts = [part.strip() for part in objective.split("+")]
    usual = {key: value for key, value in OBJECTIVE_PRESETS[name].items() if key in parts}
    return {**options, **{key: {**value, **options.get(key, {})} for key, value in usual.items()}}


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
