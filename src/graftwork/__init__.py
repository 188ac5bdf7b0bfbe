"""graftwork: pre-train graph neural networks and graft them onto tasks with few labels.

>>> import graftwork
>>> model = graftwork.load("default")
>>> model.embed("CCO").shape[0]
1
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graftwork.api import finetune
    from graftwork.errors import ArtifactError, GraftworkError, InputError, SchemaMismatchError
    from graftwork.evaluation.finetune_config import FinetuneConfig
    from graftwork.evaluation.finetune_run import FinetuneRun
    from graftwork.graph.batch import GraphBatch
    from graftwork.graph.schema import FeatureSchema
    from graftwork.graph.types import Graph
    from graftwork.inference import Model, load
    from graftwork.training.pretrain import pretrain
    from graftwork.training.pretrain_config import PretrainConfig

__version__ = "0.1.0"

_HOME = {
    "ArtifactError": "graftwork.errors",
    "FeatureSchema": "graftwork.graph.schema",
    "FinetuneConfig": "graftwork.evaluation.finetune_config",
    "FinetuneRun": "graftwork.evaluation.finetune_run",
    "GraftworkError": "graftwork.errors",
    "Graph": "graftwork.graph.types",
    "GraphBatch": "graftwork.graph.batch",
    "InputError": "graftwork.errors",
    "Model": "graftwork.inference.model",
    "PretrainConfig": "graftwork.training.pretrain_config",
    "SchemaMismatchError": "graftwork.errors",
    "finetune": "graftwork.api",
    "load": "graftwork.inference.model",
    "pretrain": "graftwork.training.pretrain",
}

__all__ = [
    "ArtifactError",
    "FeatureSchema",
    "FinetuneConfig",
    "FinetuneRun",
    "GraftworkError",
    "Graph",
    "GraphBatch",
    "InputError",
    "Model",
    "PretrainConfig",
    "SchemaMismatchError",
    "finetune",
    "load",
    "pretrain",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: chemistry workers start without torch."""
    if name not in _HOME:
        raise AttributeError(f"module 'graftwork' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
