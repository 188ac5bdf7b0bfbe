"""What fine-tuning starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graftwork import console
from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.data.places import file_hash
from graftwork.errors import InputError
from graftwork.evaluation.finetune_config import FinetuneConfig
from graftwork.nn.artifact import load_artifact
from graftwork.nn.checkpoints import find_model
from graftwork.nn.encoder import Encoder


def starting_point(config: FinetuneConfig, table: Path) -> tuple[Encoder, bool]:
    """Return the encoder to start from, and whether it is pre-trained.

    Raises
    ------
    ArtifactError
        If the named checkpoint cannot be read.
    InputError
        If it was fine-tuned on this very table.
    """
    if config.start_from == "none":
        schema = SCHEMAS[config.featurizer].with_options(standardize=config.standardize)
        shape = EncoderConfig(
            num_layers=config.num_layers,
            dim=config.dim,
            jumping_knowledge=config.jumping_knowledge,
        )
        return Encoder(schema, shape), False
    artifact = load_artifact(find_model(config.start_from))
    _check_history(artifact.provenance, table, config.start_from)
    loaded = artifact.encoder
    if not config.standardize or loaded.schema.options.get("standardize"):
        return loaded, True
    # the columns stay the same: only the molecules are cleaned before they become graphs
    schema = loaded.schema.with_options(standardize=True)
    loaded.schema.require_columns(schema, "Standardising")
    encoder = Encoder(schema, loaded.config)
    encoder.load_state_dict(loaded.state_dict())
    return encoder, True


def _check_history(provenance: dict[str, Any], table: Path, start: str) -> None:
    """Refuse, or warn of, a start from a model that may have seen the test labels."""
    if provenance.get("made_by") != "finetune":
        return
    if provenance.get("data_sha256") == file_hash(table):
        raise InputError(
            f"{start} was fine-tuned on this very table: its test labels are in the weights.",
            "Start from a pre-trained checkpoint, e.g. --from default.",
        )
    console.say(
        f"Warning: {start} was fine-tuned on {provenance.get('data')!r}; where its molecules are "
        "also in this table, the test part is not new to it."
    )
