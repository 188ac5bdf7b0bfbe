"""Pre-training objectives, one per file. ``OBJECTIVES`` maps a name to its class."""

from __future__ import annotations

from graftwork.objectives.attribute_masking import AttributeMasking
from graftwork.objectives.objective import Objective, StepOutput

__all__ = ["OBJECTIVES", "AttributeMasking", "Objective", "StepOutput"]

OBJECTIVES: dict[str, type[Objective]] = {"attribute-masking": AttributeMasking}
