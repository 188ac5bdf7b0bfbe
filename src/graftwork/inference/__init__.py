"""An artifact and records to predictions and embeddings, one result per row, in order."""

from graftwork.inference.model import Model, load
from graftwork.inference.ray_model import RayModel
from graftwork.inference.results import Level, Matrix, RowResult

__all__ = ["Level", "Matrix", "Model", "RayModel", "RowResult", "load"]
