"""Fingerprint models that a pre-trained network has to beat: count fingerprints -> predictions."""

from graftwork.evaluation.baselines.baseline import Baseline
from graftwork.evaluation.baselines.fingerprints import Fingerprints
from graftwork.evaluation.baselines.forest import ForestBaseline
from graftwork.evaluation.baselines.gaussian_process import GaussianProcessBaseline

BASELINES: dict[str, type[Baseline]] = {
    "ecfp-rf": ForestBaseline,
    "fingerprint-gp": GaussianProcessBaseline,
}

__all__ = [
    "BASELINES",
    "Baseline",
    "Fingerprints",
    "ForestBaseline",
    "GaussianProcessBaseline",
]
