"""What a benchmark compares: checkpoints, the same architectures from scratch, baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields as fields_of
from dataclasses import replace
from pathlib import Path
from typing import Any

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.data.places import file_hash
from graftwork.errors import InputError
from graftwork.evaluation.auto import AUTO
from graftwork.evaluation.baselines import BASELINES
from graftwork.evaluation.benchmark.auto_models import NETWORK, blends, checked_kinds
from graftwork.evaluation.benchmark.model_spec import BLEND, MORE_ROWS, ModelSpec
from graftwork.evaluation.benchmark.settings import BenchmarkConfig
from graftwork.evaluation.peers import PEERS
from graftwork.graph.schema import FeatureSchema
from graftwork.nn.artifact import load_artifact
from graftwork.nn.checkpoints import DEFAULT, bundled, find_model

ALL = "all"


def models_named(
    checkpoints: Sequence[str],
    baselines: Sequence[str] | None,
    config: BenchmarkConfig,
    *,
    network: bool = False,
    kinds: Sequence[str] = (NETWORK,),
) -> list[ModelSpec]:
    """Return the models of a table: baselines, architectures from scratch, checkpoints, blends.

    Parameters
    ----------
    checkpoints
        As `checkpoint` takes them; without any, the architecture of the settings from scratch.
    baselines
        Their names, those of peers too. ``NAME+val`` learns from the validation part, too. ``all``,
        or None, is all baselines that read such data, beside blends in both ways, but no peer:
        these need libraries of their own.
    config
        Names the architecture.
    network
        Whether the rows are nodes of networks.
    kinds
        ``network`` for the networks, ``auto`` for a blend with each checkpoint (without any, with
        the architecture from scratch) and one without a network.

    Raises
    ------
    InputError
        If two checkpoints have one name, a model does not read such data, there is none of a name,
        or a peer's library is not installed; and see `checkpoint`.
    """
    checked_kinds(kinds, network=network)
    found = [checkpoint(text) for text in checkpoints]
    by_name: dict[str, ModelSpec] = {}
    for model in found:
        if by_name.setdefault(model.name, model) != model:
            raise InputError(
                f"Two checkpoints are called {model.name!r}: {by_name[model.name].path} and "
                f"{model.path}.",
                "Name them: --checkpoints NAME=PATH.",
            )
    scratch = [scratch_of(model) for model in found] or [scratch_model(config, network=network)]
    networks = [*{model.name: model for model in scratch}.values(), *by_name.values()]
    models = [
        *_baselines(baselines, scratch, network=network, blended=AUTO in kinds),
        *(networks if NETWORK in kinds else []),
        *(blends(list(by_name.values()) or scratch) if AUTO in kinds else []),
    ]
    for model in reversed(models):  # a checkpoint before its shape from scratch
        if not model.fits(network=network):
            raise InputError(
                f"{model.name} does not read {'networks' if network else 'molecules'}.",
                "Leave it out; without a checkpoint there is --checkpoints none.",
            )
    return models


def checkpoint(text: str) -> ModelSpec:
    """Read ``NAME=PATH`` or ``PATH`` (a bundled name, an artifact, a run directory).

    Raises
    ------
    ArtifactError
        If it cannot be loaded.
    InputError
        If the name cannot be used.
    """
    name, separator, place = text.partition("=")
    if not separator or Path(text).exists():
        name, place = "", text
    folder = find_model(place)
    artifact = load_artifact(folder)
    encoder = _shape(artifact.encoder.config)
    schema = artifact.schema
    return ModelSpec(
        name=checked_name(name or _default_name(place, folder)),
        role="pretrained",
        encoder=encoder,
        schema=schema.to_dict(),
        path=str(folder.resolve()),
        weights=file_hash(folder / "model.safetensors"),
        scratch=scratch_name(encoder, schema),
    )


def scratch_of(model: ModelSpec) -> ModelSpec:
    """Return a checkpoint's architecture from scratch; checkpoints of one shape share it."""
    return ModelSpec(str(model.scratch), "scratch", model.encoder, model.schema)


def scratch_model(config: BenchmarkConfig, *, network: bool = False) -> ModelSpec:
    """Return the architecture that the settings name, for a benchmark without checkpoints."""
    shape = EncoderConfig(
        conv=config.conv,
        num_layers=config.num_layers,
        dim=config.dim,
        jumping_knowledge=config.jumping_knowledge,
    )
    encoder = _shape(shape)
    if network:
        name = f"scratch:{config.conv}-{config.num_layers}x{config.dim}-network"
        own = network_options(config.hops, config.max_nodes)
        if own != network_options():
            name += f"-{config.hops}-hops-{config.max_nodes}-nodes"
        return ModelSpec(name, "scratch", encoder, own)
    schema = SCHEMAS[config.featurizer]
    return ModelSpec(scratch_name(encoder, schema), "scratch", encoder, schema.to_dict())


def network_options(hops: int = 2, max_nodes: int = 256) -> dict[str, Any]:
    """Return what stands for the schema of the network at hand, cut out in this way."""
    return {"network": {"hops": hops, "max_nodes": max_nodes}}


def _baselines(
    names: Sequence[str] | None, networks: Sequence[ModelSpec], *, network: bool, blended: bool
) -> list[ModelSpec]:
    """Return baselines; one that reads the features of networks once per kind of these."""
    fitting = [n for n in BASELINES if ModelSpec(n, "baseline").fits(network=network)]
    fitting += [name + MORE_ROWS for name in fitting if blended]
    wanted = [ALL] if names is None else names
    chosen = [n for name in wanted for n in (fitting if name == ALL else [name])]
    found = [_baseline(name) for name in dict.fromkeys(chosen)]
    inputs = {_input_name(model): model.schema or {} for model in networks}
    every: dict[str, ModelSpec] = {}
    for model in found:
        if not network or model.name in PEERS or BASELINES[model.method].reads != "features":
            every[model.name] = model
            continue
        for suffix, schema in inputs.items():
            name, own = model.name + suffix, network_options() if "network" in schema else schema
            every[name] = replace(model, name=name, schema=own, baseline=model.method)
    return list(every.values())


def _baseline(name: str) -> ModelSpec:
    if name in PEERS:
        return ModelSpec(name, "baseline", version=PEERS[name].version())
    method = name.removesuffix(MORE_ROWS)
    if method not in BASELINES:
        known = ", ".join([*BASELINES, *(own + MORE_ROWS for own in BASELINES), *PEERS])
        raise InputError(f"No baseline is called {name!r}.", f"Known: {known}.")
    if method == name:
        return ModelSpec(name, "baseline")
    return ModelSpec(name, "baseline", baseline=method, validation=True)


def _input_name(model: ModelSpec) -> str:
    """Name what a network reads: nothing for a network's own features."""
    schema = model.schema or {}
    return "" if "network" in schema else f"-{FeatureSchema.from_dict(schema).hash[:6]}"


def scratch_name(encoder: dict[str, Any], schema: FeatureSchema) -> str:
    """Name an architecture by what differs from the defaults.

    Examples
    --------
    >>> scratch_name(EncoderConfig(num_layers=5, dim=300).to_dict(), SCHEMAS["hu2020"])
    'scratch:gin-5x300-hu2020'
    >>> scratch_name(EncoderConfig(norm="layer", residual=True).to_dict(), SCHEMAS["default"])
    'scratch:gin-5x256-layer-residual'
    """
    shape = EncoderConfig.from_dict(encoder)
    parts = [f"{shape.conv}-{shape.num_layers}x{shape.dim}"]
    for item in fields_of(EncoderConfig):
        if item.name not in ("conv", "num_layers", "dim", "dropout"):
            value = getattr(shape, item.name)
            said = item.name if value is True else str(value)
            parts += [] if value == item.default else [said]
    if schema.featurizer != "default":
        parts.append(schema.featurizer)
    usual = SCHEMAS.get(schema.featurizer)
    if usual is None or usual.hash != schema.hash:
        parts.append(schema.hash[:6])
    return "scratch:" + "-".join(parts)


def checked_name(name: str) -> str:
    """Return a name that can stand in a table, or raise :class:`InputError`."""
    wrong = not name or len(name) > 80 or not name.isprintable() or set(name) & set("|<>\\")
    taken = name.removesuffix(MORE_ROWS) in {*BASELINES, *PEERS, "none"}
    if wrong or taken or name.startswith(("scratch:", BLEND)):
        raise InputError(
            f"A model cannot be called {name!r}.",
            "Give another name, as in --checkpoints NAME=PATH.",
        )
    return name


def _shape(config: EncoderConfig) -> dict[str, Any]:
    """Return the encoder's settings; dropout is one of the protocol's."""
    return {**config.to_dict(), "dropout": 0.0}


def _default_name(place: str, folder: Path) -> str:
    if place == "default":
        return DEFAULT
    if place in bundled():
        return place
    resolved = folder.resolve()
    return resolved.parent.name if resolved.name == "model" else resolved.name
