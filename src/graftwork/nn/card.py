"""The model card that every artifact carries."""

from __future__ import annotations

from typing import Any

from graftwork.graph.schema import FeatureSchema

_LAYERS = {"graphsage": "GraphSAGE", "gatv2": "GATv2"}
_CONVERTED = (
    "Others trained these weights; graftwork only changed the file. What they were trained on,\n"
    "and whether your test molecules were among it, is in the publication, not in the file. The\n"
    "atom and bond features follow the order in which a SMILES string is written."
)
_ENCODER = (
    "It predicts nothing before it is fine-tuned. Whether it then beats the same network from\n"
    "scratch on your {rows} is for `graftwork finetune` to find out."
)
_PREDICTOR = (
    "Predictions for {rows} unlike those it was trained on deserve doubt; the report of\n"
    "the run says how it did on its test part."
)
_NETWORKS = (
    "It reads networks with these features and no others: {columns}. Of each\n"
    "node it sees the ego network ({options})."
)
_SHOWN = 5  # names of a long list
_OF_STAGE = ("stage", "objective", "corpus", "excluded", "graphs_seen", "steps", "seconds")


def model_card(
    config: dict[str, Any],
    provenance: dict[str, Any],
    schema: FeatureSchema,
    *,
    recorded: bool = False,
) -> str:
    """Describe a model in Markdown: what it is, what made it, how to use it.

    Parameters
    ----------
    config
        Content of ``config.json``.
    provenance
        Content of ``provenance.json``; ``membership`` counts what the record holds.
    schema
        What the model reads: molecules or a network.
    recorded
        Whether the artifact holds a record of its training molecules.
    """
    versions = ", ".join(f"{name} {version}" for name, version in config["versions"].items())
    return "\n".join(
        [
            f"# {_title(config['head'], provenance)}",
            "",
            f"{_shape(config)}. Written by graftwork; weights in safetensors, no code inside.",
            "",
            "## How it was made",
            "",
            *_made(provenance),
            "",
            f"Versions: {versions}.",
            "",
            "## What it has seen",
            "",
            _seen(provenance, schema, recorded=recorded),
            "",
            "## Use",
            "",
            "```",
            _command(config["head"], schema),
            "```",
            "",
            "## Limits",
            "",
            _limits(config["head"], provenance, schema),
            "",
        ]
    )


def _made(provenance: dict[str, Any]) -> list[str]:
    """Tell how the last stage was made, below one line for each stage where there are several."""
    earlier = provenance.get("earlier_stages", [])
    apart = ("membership", "earlier_stages")
    told = [f"| {k} | {_cell(v)} |" for k, v in provenance.items() if k not in apart]
    last = ["| | |", "|---|---|", *told]
    if not earlier:
        return last
    return [
        f"| {' | '.join(_OF_STAGE)} |",
        "|---" * len(_OF_STAGE) + "|",
        *(
            f"| {' | '.join(_cell(stage.get(name, '')) for name in _OF_STAGE)} |"
            for stage in [*earlier, provenance]
        ),
        "",
        "The last stage; `provenance.json` has as much of each:",
        "",
        *last,
    ]


def _title(head: dict[str, Any] | None, provenance: dict[str, Any]) -> str:
    if head is not None:
        return f"Predictor ({head['kind']}) of {', '.join(f'`{task}`' for task in head['tasks'])}"
    if provenance.get("made_by") == "convert":
        return f"Pre-trained encoder, converted: {_cell(provenance.get('name', ''))}"
    return "Pre-trained encoder"


def _shape(config: dict[str, Any]) -> str:
    encoder, head = config["encoder"], config["head"]
    layer = _LAYERS.get(encoder["conv"], encoder["conv"].upper())
    shape = (
        f"{layer} encoder, {encoder['num_layers']} layers of width "
        f"{encoder['dim']}, jumping knowledge `{encoder['jumping_knowledge']}`, "
        f"normalisation `{encoder['norm']}`{', residual' if encoder.get('residual') else ''}"
    )
    if head is None:
        return shape
    members = f"; an ensemble of {head['members']} networks" if head["members"] > 1 else ""
    return (
        f"{shape}; {head['pooling']} pooling, {head['hidden_layers']} hidden layer(s) in the head"
        f"{members}"
    )


def _seen(provenance: dict[str, Any], schema: FeatureSchema, *, recorded: bool) -> str:
    """Say what the record of training molecules holds, or that there is none."""
    if schema.is_network:
        return "Not recorded: records are kept of molecules, not of the nodes of networks."
    if not recorded:
        return (
            "Not recorded: the model carries no record of its training molecules. Whether it has\n"
            "met a test set before cannot be looked up."
        )
    counts = provenance.get("membership") or {}
    what = "its training molecules"
    if counts:
        molecules, labelled, scaffolds = (
            f"{counts[name]:,}" for name in ("molecules", "labelled", "scaffolds")
        )
        what = f"{molecules} molecules ({labelled} with labels) and {scaffolds} scaffolds"
    told = f"`membership.safetensors` records {what}."
    if not counts.get("complete", True):
        told += " A stage of training left no record: it has seen more."
    return f"{told} Which of them a table holds:\n`graftwork check-data -i table.csv --against .`"


def _command(head: dict[str, Any] | None, schema: FeatureSchema) -> str:
    if head is None:
        what = "network.npz" if schema.is_network else "table.csv"
        return f"graftwork finetune -i {what} -t TARGET --from ."
    what = "network.npz" if schema.is_network else "molecules.csv"
    return f"graftwork predict -m . -i {what} -o predictions.csv"


def _limits(head: dict[str, Any] | None, provenance: dict[str, Any], schema: FeatureSchema) -> str:
    if provenance.get("made_by") == "convert":
        return _CONVERTED
    rows = "nodes" if schema.is_network else "molecules"
    text = (_ENCODER if head is None else _PREDICTOR).format(rows=rows)
    if not schema.is_network:
        return text
    options = ", ".join(f"{key} {value}" for key, value in schema.options.items())
    return f"{text}\n{_NETWORKS.format(columns=_columns(schema), options=options)}"


def _columns(schema: FeatureSchema) -> str:
    """Name the features of nodes and edges; of many the first ones and their number."""
    parts = []
    for what, ids, numbers in (
        ("nodes", schema.node_cat, schema.node_x),
        ("edges", schema.edge_cat, schema.edge_x),
    ):
        names = [*(column.name for column in ids), *numbers]
        shown = ", ".join(f"`{_cell(name)}`" for name in names[:_SHOWN]) or "none"
        more = f", ... ({len(names):,})" if len(names) > _SHOWN else ""
        parts.append(f"{what} {shown}{more}")
    return "; ".join(parts)


def _cell(value: Any) -> str:
    return _text(value).replace("|", "\\|").replace("\n", " ")


def _text(value: Any) -> str:
    """Write a value for people; of a long list the first few and their number."""
    if isinstance(value, dict):
        return "; ".join(
            f"{name} ({_text(part)})" if isinstance(part, dict) else f"{name} {_text(part)}"
            for name, part in value.items()
        )
    if isinstance(value, list):
        more = [f"... ({len(value):,})"] if len(value) > 2 * _SHOWN else []
        return ", ".join([*map(_text, value[:_SHOWN] if more else value), *more])
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
