"""Networks: a batch of graphs to tensors."""

from graftwork.nn.encoder import Encoder
from graftwork.nn.predictor import Predictor

__all__ = ["Encoder", "Predictor"]
