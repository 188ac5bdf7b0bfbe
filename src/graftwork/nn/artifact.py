"""The artifact: a directory that holds a model and nothing that runs on load."""

from __future__ import annotations

import json
import platform
import shutil
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from graftwork.config import EncoderConfig, HeadConfig
from graftwork.errors import ArtifactError, InputError
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.card import model_card
from graftwork.nn.encoder import Encoder
from graftwork.nn.predictor import Predictor
from graftwork.nn.record import BLEND, MEMBERSHIP, read_blend, read_membership

FORMAT_VERSION = 3
"""Of a model with a blend; one without is still written, and read, as version 1."""

FILES = ("config.json", "schema.json", "model.safetensors", "provenance.json", "README.md")
_CONFIG_KEYS = {"format_version", "encoder", "head", "versions"}
_MAX_JSON_BYTES = 4 << 20
_MAX_HEADER_BYTES, _MAX_HEADER_BYTES_PER_WEIGHT = 1 << 20, 1 << 9
_MAX_PARAMETERS = 1 << 31
_PACKAGES = ("graftwork", "torch", "rdkit", "numpy", "safetensors")


@dataclass(frozen=True)
class Artifact:
    """A loaded model with its schema and its history.

    Parameters
    ----------
    encoder
        The encoder, in evaluation mode.
    predictor
        The predictor around it, or None after pre-training.
    provenance
        Corpus or data, objective, steps, seed, licence.
    membership
        Content of ``membership.safetensors``, the record of the training molecules, or None.
    blend
        Content of ``blend.safetensors``, the models beside the network, or None.
    """

    encoder: Encoder
    predictor: Predictor | None
    provenance: dict[str, Any]
    membership: bytes | None = None
    blend: bytes | None = None

    @property
    def schema(self) -> FeatureSchema:
        """The schema that inputs must have."""
        return self.encoder.schema


def package_versions() -> dict[str, str]:
    """Return the versions of what computes the numbers."""
    return {"python": platform.python_version(), **{n: metadata.version(n) for n in _PACKAGES}}


def save_artifact(
    folder: Path,
    model: Encoder | Predictor,
    provenance: dict[str, Any],
    membership: bytes | None = None,
    blend: bytes | None = None,
) -> None:
    """Write a model directory; it appears complete or not at all."""
    encoder = model if isinstance(model, Encoder) else model.encoder
    head = None if isinstance(model, Encoder) else model.head.config.to_dict()
    config = {
        "format_version": 1 if blend is None else FORMAT_VERSION,
        "encoder": encoder.config.to_dict(),
        "head": head,
        "versions": package_versions(),
    }
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _write_json(partial / "config.json", config)
    _write_json(partial / "schema.json", encoder.schema.to_dict())
    _write_json(partial / "provenance.json", provenance)
    card = model_card(config, provenance, encoder.schema, recorded=membership is not None)
    (partial / "README.md").write_text(card, encoding="utf-8")
    weights = {k: v.detach().cpu().contiguous() for k, v in _state(model).items()}
    (partial / "model.safetensors").write_bytes(save(weights))
    if membership is not None:
        (partial / MEMBERSHIP).write_bytes(membership)
    if blend is not None:
        (partial / BLEND).write_bytes(blend)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def load_artifact(folder: Path) -> Artifact:
    """Read a model directory strictly.

    Raises
    ------
    ArtifactError
        If a file is missing, damaged, too large, of another format version, or if a weight is
        missing, unknown, misshapen or not finite. Nothing is loaded partially and nothing runs.
    """
    _check_files(folder)
    config = _read_json(folder / "config.json")
    version = config.get("format_version")
    if version not in (1, FORMAT_VERSION) or isinstance(version, bool | float):
        raise ArtifactError(
            f"{folder} has artifact format {version!r}.",
            f"This version reads formats 1 and {FORMAT_VERSION}; upgrade graftwork or export "
            "again.",
        )
    if set(config) != _CONFIG_KEYS:
        raise ArtifactError(f"{folder / 'config.json'} does not hold just {sorted(_CONFIG_KEYS)}.")
    try:
        schema = _schema(_read_json(folder / "schema.json"))
        encoder_config = EncoderConfig.from_dict(config["encoder"])
        head_config = _head_config(config["head"])
        with torch.device("meta"):
            model = _build(schema, encoder_config, head_config)
    except (InputError, KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ArtifactError(f"{folder} describes no model: {error}") from error
    weights = _read_weights(folder / "model.safetensors", _state(model))
    own = {name.removeprefix(_prefix(model)): value for name, value in weights.items()}
    model.load_state_dict(own, assign=True)  # in place of those without memory
    model.eval()
    provenance = _read_json(folder / "provenance.json")
    membership = read_membership(folder / MEMBERSHIP)
    blend = read_blend(folder / BLEND, expected=version == FORMAT_VERSION)
    if isinstance(model, Encoder):
        return Artifact(model, None, provenance, membership, blend)
    return Artifact(model.encoder, model, provenance, membership, blend)


def _build(
    schema: FeatureSchema, encoder_config: EncoderConfig, head_config: HeadConfig | None
) -> Encoder | Predictor:
    encoder = Encoder(schema, encoder_config)
    model = encoder if head_config is None else Predictor(encoder, head_config)
    if sum(value.numel() for value in model.state_dict().values()) > _MAX_PARAMETERS:
        raise ValueError(f"more than {_MAX_PARAMETERS} parameters")
    return model


def _schema(values: dict[str, Any]) -> FeatureSchema:
    schema = FeatureSchema.from_dict(values)
    for column in (*schema.node_cat, *schema.edge_cat):
        if not (0 <= column.mask < column.size and 0 <= column.self_loop < column.size):
            raise ValueError(f"mask or self loop of column {column.name!r} is none of its ids")
    if not isinstance(schema.options, dict):
        raise TypeError("the schema's options are not an object")
    return schema


def _head_config(values: dict[str, Any] | None) -> HeadConfig | None:
    if values is None:
        return None
    tasks = values["tasks"]
    if not isinstance(tasks, list) or not all(isinstance(task, str) for task in tasks):
        raise ValueError("the head's tasks are not a list of names")
    if len(set(tasks)) < len(tasks):
        raise ValueError("two tasks of the head have the same name")
    return HeadConfig.from_dict({**values, "tasks": tuple(tasks)})


def _prefix(model: Encoder | Predictor) -> str:
    return "encoder." if isinstance(model, Encoder) else ""


def _state(model: Encoder | Predictor) -> dict[str, Tensor]:
    """Return the weights under the same names for an encoder alone and within a predictor."""
    return {_prefix(model) + name: value for name, value in model.state_dict().items()}


def _check_files(folder: Path) -> None:
    if folder.is_file():
        raise ArtifactError(
            f"{folder} is a file; a graftwork model is a directory of {', '.join(FILES)}.",
            "Turn a checkpoint of another program into one with graftwork convert.",
        )
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ArtifactError(
            f"{folder} is not a graftwork model: {', '.join(missing)} missing.",
            "Give the directory that pretrain or finetune wrote, or a name from graftwork models.",
        )


def _read_weights(path: Path, expected: dict[str, Tensor]) -> dict[str, Tensor]:
    size = sum(value.numel() * value.element_size() for value in expected.values())
    actual = path.stat().st_size
    header = _MAX_HEADER_BYTES + _MAX_HEADER_BYTES_PER_WEIGHT * len(expected)
    if not size <= actual <= size + header:
        raise ArtifactError(
            f"{path} has {actual} bytes; its configuration asks for {size}.",
            "The file is truncated, too large, or belongs to another model.",
        )
    try:
        with safe_open(path, framework="pt") as file:
            names = set(file.keys())
            if names != set(expected):
                raise ArtifactError(
                    f"{path}: missing weights {sorted(set(expected) - names)[:3]}, "
                    f"unknown weights {sorted(names - set(expected))[:3]}."
                )
            weights = {name: file.get_tensor(name) for name in sorted(names)}
    except SafetensorError as error:
        raise ArtifactError(f"{path} is not a safetensors file: {error}.") from error
    for name, value in weights.items():
        wanted = expected[name]
        if value.shape != wanted.shape or value.dtype != wanted.dtype:
            raise ArtifactError(
                f"{path}: {name} is {value.dtype} {tuple(value.shape)}, "
                f"expected {wanted.dtype} {tuple(wanted.shape)}."
            )
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise ArtifactError(f"{path}: {name} holds NaN or infinity.")
    return weights


def _read_json(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MAX_JSON_BYTES:
        raise ArtifactError(f"{path} has {path.stat().st_size} bytes, more than any of ours.")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} is not JSON: {error}.") from error
    if not isinstance(values, dict):
        raise ArtifactError(f"{path} does not hold an object.")
    return values


def _write_json(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=1, sort_keys=True) + "\n", encoding="utf-8")
