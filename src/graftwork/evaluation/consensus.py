"""One prediction per row from those of several seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from graftwork.config import Kind

    Values = npt.NDArray[np.float64]


def consensus(predictions: Values, kind: Kind) -> Values:
    """Average over seeds, or for class numbers take the one that most seeds say.

    Of classes with the same number of votes the lowest is taken.

    Parameters
    ----------
    predictions
        Shape ``[seeds, rows, tasks]``.
    kind
        Of the targets.

    Returns
    -------
    array
        Shape ``[rows, tasks]``.

    Examples
    --------
    >>> consensus(np.array([[[2.0]], [[0.0]], [[2.0]]]), "multiclass").tolist()
    [[2.0]]
    """
    if kind != "multiclass":
        return predictions.mean(0)
    votes = (predictions[:, None] == predictions[None]).sum(1)  # how many seeds say the same
    order = np.lexsort((predictions, -votes), axis=0)
    return np.take_along_axis(predictions, order[:1], 0)[0]
