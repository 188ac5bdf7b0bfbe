"""Learning rates by layer."""

from __future__ import annotations

from typing import Any

from torch import nn

from graftwork.nn.predictor import Predictor


def layer_groups(predictor: Predictor, encoder: float, decay: float) -> list[dict[str, Any]]:
    """Return groups of parameters for an optimiser, with the ``share`` of the rate that each takes.

    The head and the pooling take all of it, the last layer of the encoder ``encoder`` of it, the
    layer below that ``decay`` of this, and so on to the embedding of nodes (Howard and Ruder, ACL
    2018).

    Parameters
    ----------
    encoder, decay
        Above 0.
    """
    body = predictor.encoder
    pairs = zip(body.convs, body.norms, strict=True)
    layers: list[list[nn.Module]] = [[body.nodes], *([*pair] for pair in pairs)]
    shares: list[tuple[float, list[nn.Module]]] = [(1.0, [predictor.head, predictor.pooling])]
    for depth, parts in enumerate(reversed(layers)):
        shares.append((encoder * decay**depth, parts))
    groups = [
        {"params": [p for part in parts for p in part.parameters()], "share": share}
        for share, parts in shares
    ]
    return [group for group in groups if group["params"]]
