"""Random forest on folded count fingerprints, the customary baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from graftwork.blend import Molecules
from graftwork.evaluation.baselines.baseline import Baseline
from graftwork.rng import derive_seed

if TYPE_CHECKING:
    import numpy.typing as npt

    from graftwork.metrics import Kind

    FloatArray = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.intp]

TREES = 250
COLUMNS = 2048
SHARE_OF_COLUMNS = 1 / 3  # tried at each regression split


class ForestBaseline(Baseline[Molecules]):
    """Random forest: 250 trees on 2,048 folded counts of substructures of radius 2.

    Breiman's random forest (Machine Learning 45:5, 2001) as Svetnik et al. recommend it for
    molecules (J. Chem. Inf. Comput. Sci. 43:1947, 2003): at each split a third of the columns for
    regression, their square root for classification; trees grown to the end.
    """

    def _fit_task(
        self, molecules: Molecules, rows: Rows, y: FloatArray, kind: Kind, seed: int, task: int
    ) -> _Forest:
        stream = derive_seed(seed, "ecfp-rf", task) % 2**32
        table = _folded(molecules.take(rows))
        if kind != "regression":
            model = RandomForestClassifier(TREES, random_state=stream, n_jobs=-1)
            # Most counts are zero: the trees that the dense table gives, several times sooner.
            model.fit(sparse.csc_array(table), y)
        else:
            model = RandomForestRegressor(
                TREES, max_features=SHARE_OF_COLUMNS, random_state=stream, n_jobs=-1
            )
            model.fit(table, y)
        # Threads add up the trees in the order in which they finish, and that changes last bits.
        model.set_params(n_jobs=1)
        return _Forest(model, kind)


def _folded(molecules: Molecules) -> npt.NDArray[np.float32]:
    return molecules.fingerprints["ecfp4"].folded(COLUMNS)


@dataclass(frozen=True)
class _Forest:
    model: RandomForestClassifier | RandomForestRegressor
    kind: Kind

    def predict(self, molecules: Molecules, /) -> FloatArray:
        table = _folded(molecules)
        if self.kind == "classification":
            return np.asarray(self.model.predict_proba(table)[:, 1], dtype=np.float64)
        return np.asarray(self.model.predict(table), dtype=np.float64)
