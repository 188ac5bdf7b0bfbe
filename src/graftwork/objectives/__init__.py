"""Pre-training objectives, one per file. ``OBJECTIVES`` maps a name to its class."""

from __future__ import annotations

from graftwork.objectives.attribute_masking import AttributeMasking
from graftwork.objectives.context_prediction import ContextPrediction
from graftwork.objectives.deep_kernel import DeepKernel
from graftwork.objectives.descriptors import Descriptors
from graftwork.objectives.edge_prediction import EdgePrediction
from graftwork.objectives.fingerprints import Fingerprints
from graftwork.objectives.infomax import Infomax
from graftwork.objectives.joint import JointObjective
from graftwork.objectives.masked_autoencoder import MaskedAutoencoder
from graftwork.objectives.motifs import Motifs
from graftwork.objectives.objective import Objective, ObjectiveSettings, StepOutput
from graftwork.objectives.supervised import Supervised

__all__ = [
    "OBJECTIVES",
    "AttributeMasking",
    "ContextPrediction",
    "DeepKernel",
    "Descriptors",
    "EdgePrediction",
    "Fingerprints",
    "Infomax",
    "JointObjective",
    "MaskedAutoencoder",
    "Motifs",
    "Objective",
    "ObjectiveSettings",
    "StepOutput",
    "Supervised",
]

OBJECTIVES: dict[str, type[Objective]] = {
    "attribute-masking": AttributeMasking,
    "context-prediction": ContextPrediction,
    "deep-kernel": DeepKernel,
    "descriptors": Descriptors,
    "edge-prediction": EdgePrediction,
    "fingerprints": Fingerprints,
    "infomax": Infomax,
    "masked-autoencoder": MaskedAutoencoder,
    "motifs": Motifs,
    "supervised": Supervised,
}
