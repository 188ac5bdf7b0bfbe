"""The encoder: a batch of graphs to node embeddings."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import torch
from torch import Tensor, nn

from graftwork.config import EncoderConfig
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.reach import Reach, reach, whole
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.segment import Bags, bag_mean, bag_sum
from graftwork.nn.conv import CONVS
from graftwork.nn.conv.gin import GINConv
from graftwork.nn.dropout import Dropout
from graftwork.nn.embedding import NodeEmbedding
from graftwork.nn.norm import BatchNorm
from graftwork.nn.precision import single

_MAX_WIDTH, _MAX_LAYERS = 8192, 128
_MANY = 2048  # nodes: among fewer, looking for equal ones costs what it saves
NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": BatchNorm,
    "layer": nn.LayerNorm,
    "none": lambda _dim: nn.Identity(),
}


@final
class Encoder(nn.Module):
    """Message-passing layers with normalisation and jumping knowledge.

    After every layer: normalisation, ReLU (not after the last), dropout, as in Hu et al., ICLR
    2020, who normalise over the batch. With a residual (He et al., CVPR 2016) each layer from the
    second on adds what it read, before dropout. Jumping knowledge (Xu et al., ICML 2018) takes the
    last layer, or the sum, mean or maximum over the layers' outputs.

    Shapes: :class:`GraphBatch` -> ``[num_nodes, dim]``; with ``wanted``, int64 ``[rows]`` nodes, ->
    ``[rows, dim]``, or, bags of nodes, -> their averages ``[bags, dim]``.

    Nodes that have no influence on what is wanted are left out, except where batch normalisation
    makes every node depend on all others: in training. There the first layer, before any of it,
    computes nodes that look alike once.

    Raises
    ------
    InputError
        If the configuration names no such layer, or makes no sense.
    """

    def __init__(self, schema: FeatureSchema, config: EncoderConfig) -> None:
        super().__init__()
        _check(config)
        self.schema = schema
        self.config = config
        self.nodes = NodeEmbedding(schema, config.dim)
        self.convs = nn.ModuleList(
            CONVS[config.conv](schema, config.dim) for _ in range(config.num_layers)
        )
        self.norms = nn.ModuleList(NORMS[config.norm](config.dim) for _ in range(config.num_layers))
        self.dropout = Dropout(config.dropout)

    def forward(self, batch: GraphBatch, wanted: Tensor | Bags | None = None) -> Tensor:
        """Embed every node of the batch, or the wanted ones, or average them in bags."""
        bags = wanted if isinstance(wanted, Bags) else None
        part = self._reach(batch, None if isinstance(wanted, Bags) else wanted)
        chosen = slice(None) if part.nodes is None else part.nodes
        nodes = self.nodes(batch.node_cat[chosen], batch.node_x[chosen])
        layers = []
        steps = zip(self.convs, self.norms, part.blocks, part.found, strict=True)
        for depth, (conv, norm, block, found) in enumerate(steps, start=1):
            last = depth == self.config.num_layers
            if last and bags is not None and self._ends_affine and isinstance(conv, GINConv):
                return conv.means(nodes, block, bags.through(found, block.num_outputs))
            read, nodes = nodes, conv(nodes, block)
            if depth == 1 and part.copies is not None:
                nodes = bag_sum(nodes, part.copies)
            nodes = norm(nodes)
            if not last:
                nodes = nodes.relu_()  # the normalisation does not need what it gave
            if self.config.residual and depth > 1:
                nodes = nodes + block.own_rows(read)
            nodes = self.dropout(nodes)
            if last or self.config.jumping_knowledge != "last":
                layers.append(nodes if found is None else nodes.index_select(0, found))
        result = self._joined(layers)
        return result if bags is None else bag_mean(single(result), bags)

    def _joined(self, layers: list[Tensor]) -> Tensor:
        match self.config.jumping_knowledge:
            case "last":
                return layers[-1]
            case "sum":
                return torch.stack(layers).sum(0)
            case "mean":
                return torch.stack(layers).mean(0)
            case "max":
                return torch.stack(layers).amax(0)

    @property
    def _ends_affine(self) -> bool:
        """Whether averaging before the last map is as exact: nothing follows it, nor is rounded."""
        return (
            isinstance(self.norms[-1], nn.Identity)
            and self.config.jumping_knowledge == "last"
            and not self.config.residual
            and not (self.dropout.training and self.config.dropout)
            and not torch.is_autocast_enabled("cpu")
        )

    def _reach(self, batch: GraphBatch, rows: Tensor | None) -> Reach:
        """Return what the layers have to compute."""
        depth = self.config.num_layers
        training = any(part.training for part in self.modules())
        on_cpu = batch.node_cat.device.type == "cpu"
        if training and self.config.norm == "batch":
            often_alike = on_cpu and self.schema.is_categorical and batch.num_nodes >= _MANY
            return whole(batch, depth, rows, merge=often_alike)
        alike = on_cpu and not (training or torch.is_grad_enabled())
        if rows is None and not alike:
            return whole(batch, depth, rows)
        return reach(batch, depth, rows, merge=alike)


def _check(config: EncoderConfig) -> None:
    if config.conv not in CONVS:
        raise InputError(f"No layer is called {config.conv!r}.", f"Known: {', '.join(CONVS)}.")
    if not 1 <= config.num_layers <= _MAX_LAYERS or not 1 <= config.dim <= _MAX_WIDTH:
        raise InputError(
            f"An encoder of {config.num_layers} layers and width {config.dim} cannot be built.",
            f"Expected 1 to {_MAX_LAYERS} layers and a width of 1 to {_MAX_WIDTH}.",
        )
    if not 0 <= config.dropout < 1:
        raise InputError(f"Dropout {config.dropout} is not in [0, 1).")
    if config.jumping_knowledge not in ("last", "sum", "mean", "max"):
        raise InputError(
            f"No jumping knowledge is called {config.jumping_knowledge!r}.",
            "Known: last, sum, mean, max.",
        )
    if config.norm not in NORMS:
        raise InputError(f"No norm is called {config.norm!r}.", f"Known: {', '.join(NORMS)}.")
