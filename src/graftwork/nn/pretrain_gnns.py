"""The chemistry checkpoints of Hu et al. (ICLR 2020), and of those who follow their layout.

``x_embedding1/2`` embed atoms; ``gnns.N`` are the layers, each with ``edge_embedding1/2``;
``batch_norms.N`` normalises after layer N. MolCLR (Wang et al., Nature Machine Intelligence 2022)
has smaller vocabularies and two heads beside the encoder.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from graftwork.config import EncoderConfig
from graftwork.errors import ArtifactError, InputError
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.encoder import Encoder
from graftwork.nn.legacy import LegacyCheckpoint

AMBIGUOUS = ("gcn", "graphsage")
"""Layers whose weights have the same names and shapes."""
_ATOMS, _BONDS = "x_embedding1.weight", "edge_embedding1.weight"
_MOLCLR_ATOMS, _MOLCLR_BONDS = 119, 5
_HEADS = ("feat_lin", "out_lin", "pred_head", "graph_pred_linear", "projection_head")


@dataclass(frozen=True)
class Converted:
    """An encoder, and what happened on the way.

    Parameters
    ----------
    encoder
        In evaluation mode.
    layout
        Whose layout the file has.
    dropped
        First words of the names of weights that belong to no encoder, such as heads.
    padded
        Rows that the file lacks, and what fills them.
    """

    encoder: Encoder
    layout: str
    dropped: list[str]
    padded: list[str]


def build_encoder(
    checkpoint: LegacyCheckpoint, schema: FeatureSchema, conv: str | None = None
) -> Converted:
    """Find the layer type, depth and width in names and shapes, and load the weights strictly.

    A prefix such as ``gnn.`` or ``module.`` is taken off; what lies outside it, and known heads,
    are dropped. GCN and GraphSAGE have the same names and shapes: the statistics of the batch
    normalisation tell them apart, because rows of GraphSAGE have length 1. MolCLR's vocabularies
    are padded: its hidden atom also stands for an unknown one, and a hidden bond is the mean
    of the four bond types (MolCLR removes hidden bonds instead).

    Parameters
    ----------
    checkpoint
        The file's tensors.
    schema
        ``hu2020``.
    conv
        The layer, where the user knows it.

    Raises
    ------
    ArtifactError
        If a name is missing or unknown, a shape does not fit, a weight is not a finite float, or
        the layer cannot be told. The message names it.
    """
    tensors, dropped = _inside_prefix(checkpoint)
    layers = _layers(checkpoint, tensors)
    found = _layer_type(checkpoint, tensors, layers, conv)
    dim = tensors[_ATOMS].shape[-1] if tensors[_ATOMS].dim() == 2 else 0
    tensors, padded = _pad(tensors, layers)
    try:
        with torch.device("meta"):
            encoder = Encoder(schema, EncoderConfig(found, layers, dim, "last"))
    except InputError as error:
        raise ArtifactError(f"{checkpoint.name}: {error}") from error
    encoder.load_state_dict(_state(checkpoint, tensors, encoder), assign=True)
    layout = "MolCLR" if padded else "pretrain-gnns, chemistry"
    return Converted(encoder.eval(), layout, dropped, padded)


def _inside_prefix(checkpoint: LegacyCheckpoint) -> tuple[dict[str, Tensor], list[str]]:
    tensors = checkpoint.tensors
    prefixes = [name.removesuffix(_ATOMS) for name in tensors if name.endswith(_ATOMS)]
    if len(prefixes) != 1:
        reason = "two encoders" if prefixes else f"no {_ATOMS!r}"
        raise ArtifactError(
            f"{checkpoint.name} holds {reason}; its first weights are {_some(tensors)}.",
            "Expected one encoder in the layout of pretrain-gnns (chemistry) or MolCLR.",
        )
    inside = {
        name.removeprefix(prefixes[0]): value
        for name, value in tensors.items()
        if name.startswith(prefixes[0])
    }
    heads = [name for name in inside if name.split(".")[0] in _HEADS]
    outside = [name for name in tensors if not name.startswith(prefixes[0])]
    kept = {name: value for name, value in inside.items() if name not in heads}
    return kept, sorted({name.split(".")[0][:80] for name in heads + outside})


def _layers(checkpoint: LegacyCheckpoint, tensors: dict[str, Tensor]) -> int:
    numbers = {name.split(".")[1] for name in tensors if name.startswith("gnns.")}
    if not numbers or numbers != {str(n) for n in range(len(numbers))}:
        raise ArtifactError(
            f"{checkpoint.name} has the layers {_some(numbers) or 'none'}.",
            "Expected gnns.0, gnns.1, ... without a gap.",
        )
    return len(numbers)


def _layer_type(
    checkpoint: LegacyCheckpoint, tensors: dict[str, Tensor], layers: int, conv: str | None
) -> str:
    kinds = {"mlp.0.weight": ("gin",), "att": ("gat",), "linear.weight": AMBIGUOUS}
    fitting = [kinds[name] for name in kinds if f"gnns.0.{name}" in tensors]
    if len(fitting) != 1:
        names = [name for name in tensors if name.startswith("gnns.0.")]
        raise ArtifactError(
            f"{checkpoint.name}: {_some(names)} are the weights of no known layer.",
            "Known: gin, gcn, graphsage and gat of pretrain-gnns; gin of MolCLR.",
        )
    if conv is not None and conv not in fitting[0]:
        raise ArtifactError(
            f"{checkpoint.name} has layers of type {' or '.join(fitting[0])}, not {conv!r}."
        )
    if conv is not None or len(fitting[0]) == 1:
        return conv or fitting[0][0]
    # a row of length 1 has a mean square sum of 1: variance and squared mean over all columns
    sums = [_mean_square(tensors, layer) for layer in range(layers)]
    unit = [abs(value - 1) < 0.1 for value in sums]
    if any(unit) != all(unit) or any(_untrained(tensors, layer) for layer in range(layers)):
        raise ArtifactError(
            f"{checkpoint.name} may be gcn or graphsage: their weights have the same names and "
            "shapes, and the batch normalisation does not tell.",
            "Name the layer: --encoder gcn or --encoder graphsage.",
        )
    return "graphsage" if all(unit) else "gcn"


def _statistics(tensors: dict[str, Tensor], layer: int) -> tuple[Tensor, Tensor]:
    """Return running mean and variance; a missing one is reported later, with the other names."""
    mean, var = (
        tensors.get(f"batch_norms.{layer}.running_{kind}", torch.zeros(0))
        for kind in ("mean", "var")
    )
    return mean.double(), var.double()


def _mean_square(tensors: dict[str, Tensor], layer: int) -> float:
    mean, var = _statistics(tensors, layer)
    return float((mean**2).sum() + var.sum())


def _untrained(tensors: dict[str, Tensor], layer: int) -> bool:
    mean, var = _statistics(tensors, layer)
    return bool((mean == 0).all() and (var == 1).all())


def _pad(tensors: dict[str, Tensor], layers: int) -> tuple[dict[str, Tensor], list[str]]:
    """Fill MolCLR's vocabularies up to those of Hu et al."""
    bonds = [f"gnns.{layer}.{_BONDS}" for layer in range(layers)]
    tables = {name: tensors[name] for name in (_ATOMS, *bonds) if name in tensors}
    if not all(table.is_floating_point() and table.dim() == 2 for table in tables.values()):
        return tensors, []
    if [len(table) for table in tables.values()] != [_MOLCLR_ATOMS] + [_MOLCLR_BONDS] * layers:
        return tensors, []
    tables = {name: table.float() for name, table in tables.items()}
    padded = {**tensors, _ATOMS: torch.cat([tables[_ATOMS], tables[_ATOMS][-1:]])}
    for name in bonds:
        padded[name] = torch.cat([tables[name], tables[name][:4].mean(0, keepdim=True)])
    return padded, [
        f"{_ATOMS}: the file's row 118, a hidden atom, also fills row 119; row 118 means unknown",
        f"{_BONDS} of every layer: row 5, a hidden bond, is the mean of rows 0 to 3",
    ]


def _state(
    checkpoint: LegacyCheckpoint, tensors: dict[str, Tensor], encoder: Encoder
) -> dict[str, Tensor]:
    """Return the encoder's weights under its own names."""
    wanted = encoder.state_dict()
    names = {ours: _their_name(ours, encoder.config.conv) for ours in wanted}
    optional = {name for name in names.values() if name.endswith("num_batches_tracked")}
    missing = set(names.values()) - set(tensors) - optional
    unknown = set(tensors) - set(names.values())
    if missing or unknown:
        raise ArtifactError(
            f"{checkpoint.name} does not fit {encoder.config.conv}: missing weights "
            f"{_some(missing) or 'none'}, unknown weights {_some(unknown) or 'none'}."
        )
    state = {}
    for ours, value in wanted.items():
        theirs = names[ours]
        counter = theirs in optional
        found = tensors.get(theirs, torch.zeros((), dtype=torch.long))
        shape = (1, *value.shape) if theirs.endswith(".att") else tuple(value.shape)
        if found.shape != shape or found.is_floating_point() == counter:
            raise ArtifactError(
                f"{checkpoint.name}: {theirs} is {found.dtype} {tuple(found.shape)}, expected "
                f"{'int64' if counter else 'float32'} {shape}."
            )
        state[ours] = found.to(value.dtype).reshape(value.shape).clone()
        if not counter and not bool(state[ours].isfinite().all()):
            raise ArtifactError(f"{checkpoint.name}: {theirs} holds NaN or infinity.")
    return state


def _their_name(ours: str, conv: str) -> str:
    match ours.split("."):
        case ["nodes", "tables", column, "weight"]:
            return f"x_embedding{int(column) + 1}.weight"
        case ["convs", layer, "edges", "tables", column, "weight"]:
            return f"gnns.{layer}.edge_embedding{int(column) + 1}.weight"
        case ["convs", layer, "linear", rest] if conv == "gat":
            return f"gnns.{layer}.weight_linear.{rest}"
        case ["convs", layer, "attention"]:
            return f"gnns.{layer}.att"
        case [group, *rest]:
            return ".".join([{"convs": "gnns", "norms": "batch_norms"}[group], *rest])
    raise AssertionError(ours)


def _some(names: set[str] | list[str] | dict[str, Tensor]) -> str:
    return ", ".join(repr(name[:80]) for name in sorted(names)[:3])
