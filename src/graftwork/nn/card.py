"""The model card that every artifact carries."""

from __future__ import annotations

from typing import Any


def model_card(config: dict[str, Any], provenance: dict[str, Any]) -> str:
    """Describe a model in Markdown: what it is, what made it, how to use it."""
    encoder, head = config["encoder"], config["head"]
    shape = (
        f"{encoder['conv'].upper()} encoder, {encoder['num_layers']} layers of width "
        f"{encoder['dim']}, jumping knowledge `{encoder['jumping_knowledge']}`"
    )
    if head is None:
        what, use = "Pre-trained encoder", "graftwork finetune -i table.csv -t TARGET --from ."
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
            "Predictions for molecules unlike those it was trained on deserve doubt; the report of",
            "the run says how it did on scaffolds it had not seen.",
            "",
        ]
    )


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
