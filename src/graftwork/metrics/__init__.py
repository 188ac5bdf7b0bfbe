"""How well predictions fit labels: labels and predictions -> numbers, or why there is none."""

from graftwork.config import Kind
from graftwork.metrics.evaluate import MEAN, TaskMetric, evaluate
from graftwork.metrics.metric import Metric, Value
from graftwork.metrics.registry import (
    CLASSIFICATION,
    METRICS,
    MULTICLASS,
    REGRESSION,
    metric_named,
    primary_metric,
)
from graftwork.metrics.score import score, task_scores

__all__ = [
    "CLASSIFICATION",
    "MEAN",
    "METRICS",
    "MULTICLASS",
    "REGRESSION",
    "Kind",
    "Metric",
    "TaskMetric",
    "Value",
    "evaluate",
    "metric_named",
    "primary_metric",
    "score",
    "task_scores",
]
