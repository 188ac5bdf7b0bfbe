"""What fine-tuning starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graftwork import console
from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.data.networks import FEATURIZER, ego_schema, is_network, open_network
from graftwork.data.places import file_hash
from graftwork.errors import InputError, SchemaMismatchError
from graftwork.evaluation.finetune_config import FinetuneConfig
from graftwork.graph.schema import FeatureSchema
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
        If it was fine-tuned on this very table, or ``table`` is a network and cannot be read.
    SchemaMismatchError
        If it is a model of molecules, and ``table`` is a network.
    """
    if is_network(table) and config.standardize:
        raise InputError(f"{table} is a network: it has no molecules to standardise.")
    if config.start_from == "none":
        shape = EncoderConfig(
            conv=config.conv,
            num_layers=config.num_layers,
            dim=config.dim,
            jumping_knowledge=config.jumping_knowledge,
        )
        return Encoder(_new_schema(config, table), shape), False
    artifact = load_artifact(find_model(config.start_from))
    _check_history(artifact.provenance, table, config.start_from)
    loaded = artifact.encoder
    if is_network(table) and artifact.schema.featurizer != FEATURIZER:
        raise SchemaMismatchError(
            f"{config.start_from} reads graphs of {artifact.schema.featurizer!r}; {table} is a "
            "network.",
            "Start from none, or from a model that was pre-trained on such a network.",
        )
    if not config.standardize or loaded.schema.options.get("standardize"):
        return loaded, True
    # the columns stay the same: only the molecules are cleaned before they become graphs
    schema = loaded.schema.with_options(standardize=True)
    loaded.schema.require_columns(schema, "Standardising")
    encoder = Encoder(schema, loaded.config)
    encoder.load_state_dict(loaded.state_dict())
    return encoder, True


def _new_schema(config: FinetuneConfig, table: Path) -> FeatureSchema:
    if is_network(table):
        return ego_schema(open_network(table).schema, config.hops, config.max_nodes)
    return SCHEMAS[config.featurizer].with_options(standardize=config.standardize)


def _check_history(provenance: dict[str, Any], table: Path, start: str) -> None:
    """Refuse, or warn of, a start from a model that may have seen the test labels."""
    tuned = [stage for stage in _stages(provenance) if stage.get("made_by") == "finetune"]
    if any(stage.get("data_sha256") == file_hash(table) for stage in tuned):
        raise InputError(
            f"{start} was fine-tuned on this very table: its test labels are in the weights.",
            "Start from a pre-trained checkpoint, e.g. --from default.",
        )
    for stage in tuned:
        console.say(
            f"Warning: {start} was fine-tuned on {stage.get('data')!r}; where its molecules are "
            "also in this table, the test part is not new to it."
        )


def _stages(provenance: dict[str, Any]) -> list[dict[str, Any]]:
    """Return this and all earlier stages of training."""
    return [provenance, *provenance.get("earlier_stages", [])]
