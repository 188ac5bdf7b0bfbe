"""Models without a network that a pre-trained one has to beat: tables of rows -> predictions."""

from typing import Any

from graftwork.blend import Fingerprints
from graftwork.evaluation.baselines.baseline import Baseline
from graftwork.evaluation.baselines.forest import ForestBaseline
from graftwork.evaluation.baselines.gaussian_process import GaussianProcessBaseline
from graftwork.evaluation.baselines.linear import FeaturesBaseline, TopologyBaseline
from graftwork.evaluation.baselines.table import Numbers, Table
from graftwork.evaluation.baselines.tables import TABLES

BASELINES: dict[str, type[Baseline[Any]]] = {
    "ecfp-rf": ForestBaseline,
    "fingerprint-gp": GaussianProcessBaseline,
    "features-logistic": FeaturesBaseline,
    "topology-ridge": TopologyBaseline,
}

__all__ = [
    "BASELINES",
    "TABLES",
    "Baseline",
    "FeaturesBaseline",
    "Fingerprints",
    "ForestBaseline",
    "GaussianProcessBaseline",
    "Numbers",
    "Table",
    "TopologyBaseline",
]
