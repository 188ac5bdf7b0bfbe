"""The model card that every artifact carries."""

from __future__ import annotations

from typing import Any

_LAYERS = {"graphsage": "GraphSAGE", "gatv2": "GATv2"}
_TRAINED = (
    "Predictions for molecules unlike those it was trained on deserve doubt; the report of\n"
    "the run says how it did on scaffolds it had not seen."
)
_CONVERTED = (
    "Others trained these weights; graftwork only changed the file. What they were trained on,\n"
    "and whether your test molecules were among it, is in the publication, not in the file. The\n"
    "atom and bond features follow the order in which a SMILES string is written."
)


def model_card(config: dict[str, Any], provenance: dict[str, Any]) -> str:
    """Describe a model in Markdown: what it is, what made it, how to use it."""
    encoder, head = config["encoder"], config["head"]
    layer = _LAYERS.get(encoder["conv"], encoder["conv"].upper())
    converted = provenance.get("made_by") == "convert"
    shape = (
        f"{layer} encoder, {encoder['num_layers']} layers of width "
        f"{encoder['dim']}, jumping knowledge `{encoder['jumping_knowledge']}`"
    )
    if head is None:
        what = "Pre-trained encoder"
        if converted:
            what += f", converted: {_cell(provenance.get('name', ''))}"
        use = "graftwork finetune -i table.csv -t TARGET --from ."
    else:
        tasks = ", ".join(f"`{task}`" for task in head["tasks"])
        what = f"Predictor ({head['kind']}) of {tasks}"
        shape += f"; {head['pooling']} pooling, {head['hidden_layers']} hidden layer(s) in the head"
        use = "graftwork predict -m . -i molecules.csv -o predictions.csv"
    facts = [f"| {key} | {_cell(value)} |" for key, value in provenance.items()]
    versions = ", ".join(f"{name} {version}" for name, version in config["versions"].items())
    return "\n".join(
        [
            f"# {what}",
            "",
            f"{shape}. Written by graftwork; weights in safetensors, no code inside.",
            "",
            "## How it was made",
            "",
            "| | |",
            "|---|---|",
            *facts,
            "",
            f"Versions: {versions}.",
            "",
            "## Use",
            "",
            "```",
            use,
            "```",
            "",
            "## Limits",
            "",
            _CONVERTED if converted else _TRAINED,
            "",
        ]
    )


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
