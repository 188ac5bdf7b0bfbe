"""Pre-training objectives, one per file. ``OBJECTIVES`` maps a name to its class."""

from __future__ import annotations

from graftwork.objectives.attribute_masking import AttributeMasking
from graftwork.objectives.context_prediction import ContextPrediction
from graftwork.objectives.edge_prediction import EdgePrediction
from graftwork.objectives.infomax import Infomax
from graftwork.objectives.joint import JointObjective
from graftwork.objectives.objective import Objective, ObjectiveSettings, StepOutput
from graftwork.objectives.supervised import Supervised

__all__ = [
    "OBJECTIVES",
    "AttributeMasking",
    "ContextPrediction",
    "EdgePrediction",
    "Infomax",
    "JointObjective",
    "Objective",
    "ObjectiveSettings",
    "StepOutput",
    "Supervised",
]

OBJECTIVES: dict[str, type[Objective]] = {
    "attribute-masking": AttributeMasking,
    "context-prediction": ContextPrediction,
    "edge-prediction": EdgePrediction,
    "infomax": Infomax,
    "supervised": Supervised,
}
