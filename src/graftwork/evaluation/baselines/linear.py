"""Linear models of nodes: of their own features, and of the shape of the network around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from graftwork.evaluation.baselines.baseline import Baseline
from graftwork.evaluation.baselines.table import Numbers

if TYPE_CHECKING:
    import numpy.typing as npt

    from graftwork.metrics import Kind

    FloatArray = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.intp]

_ITERATIONS = 1000


class FeaturesBaseline(Baseline[Numbers]):
    """Logistic regression (ridge for regression) on the features of the node alone.

    No edge is looked at: what a network adds to its nodes is the distance to this. Each column is
    divided by its largest magnitude in training.
    """

    reads = "features"
    seedless = True

    def _fit_task(
        self,
        table: Numbers,
        rows: Rows,
        y: FloatArray,
        kind: Kind,
        seed: int,  # noqa: ARG002  (the fit needs no random numbers)
        task: int,  # noqa: ARG002  (nor the task's number)
    ) -> _Linear:
        model = Ridge() if kind == "regression" else LogisticRegression(max_iter=_ITERATIONS)
        return _Linear.fitted(make_pipeline(MaxAbsScaler(), model), table.take(rows), y, kind)


class TopologyBaseline(Baseline[Numbers]):
    """Ridge regression on descriptors of the network's shape around the node.

    See `graftwork.data.networks.topology`. No feature is looked at. Classes 0 and 1 are fitted as
    numbers and clipped to [0, 1]: a ranking, not a calibrated probability.
    """

    reads = "topology"
    seedless = True

    def _fit_task(
        self,
        table: Numbers,
        rows: Rows,
        y: FloatArray,
        kind: Kind,
        seed: int,  # noqa: ARG002  (the fit needs no random numbers)
        task: int,  # noqa: ARG002  (nor the task's number)
    ) -> _Linear:
        model = RidgeClassifier() if kind == "multiclass" else Ridge()
        return _Linear.fitted(make_pipeline(StandardScaler(), model), table.take(rows), y, kind)


@dataclass(frozen=True)
class _Linear:
    pipeline: Pipeline
    kind: Kind

    @classmethod
    def fitted(cls, pipeline: Pipeline, table: Numbers, y: FloatArray, kind: Kind) -> _Linear:
        classes = kind == "multiclass" or isinstance(pipeline[-1], LogisticRegression)
        pipeline.fit(table.values, y.astype(np.int64) if classes else y)
        return cls(pipeline, kind)

    def predict(self, table: Numbers, /) -> FloatArray:
        if self.kind == "classification" and isinstance(self.pipeline[-1], LogisticRegression):
            found: Any = self.pipeline.predict_proba(table.values)[:, 1]
        else:
            found = self.pipeline.predict(table.values)
        limits = (0.0, 1.0) if self.kind == "classification" else (-np.inf, np.inf)
        return np.clip(np.asarray(found, np.float64), *limits)
