"""Learning rates by layer."""

from __future__ import annotations

from typing import Any

from torch import nn

from graftwork.nn.predictor import Predictor


def layer_groups(predictor: Predictor, decay: float) -> list[dict[str, Any]]:
    """Return groups of parameters for an optimiser, with the ``share`` of the rate that each takes.

    The head and the pooling take all of it, the last layer of the encoder ``decay`` of it, the
    layer below that ``decay`` of this, and so on to the embedding of nodes (Howard and Ruder, ACL
    2018).

    Parameters
    ----------
    decay
        Above 0; with 1 there is one group.
    """
    if decay == 1:
        return [{"params": list(predictor.parameters())}]
    encoder = predictor.encoder
    layers: list[list[nn.Module]] = [[predictor.head, predictor.pooling]]
    layers += [list(pair) for pair in zip(encoder.convs, encoder.norms, strict=True)][::-1]
    layers.append([encoder.nodes])
    groups = [
        {"params": [p for part in parts for p in part.parameters()], "share": decay**depth}
        for depth, parts in enumerate(layers)
    ]
    return [group for group in groups if group["params"]]
