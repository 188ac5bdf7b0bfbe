"""Recipes: a chain of pre-training stages in one YAML file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import yaml

from graftwork import console
from graftwork.data.catalog import CATALOG, resolve_input
from graftwork.data.corpus import Corpus
from graftwork.data.isolate import Pool
from graftwork.data.places import make_folder
from graftwork.data.suites import resolve_inputs
from graftwork.errors import InputError
from graftwork.nn.ranks import barrier, rank
from graftwork.training.presets import PRETRAIN_PRESETS, preset, preset_options
from graftwork.training.pretrain import pretrain
from graftwork.training.pretrain_config import PretrainConfig

MARK = "recipe.txt"
_CORPUS = {item.name for item in fields(Corpus)} - {"path"}
_SETTINGS = {item.name for item in fields(PretrainConfig)}
_STAGE = {"name", "corpus", "licence", *_CORPUS, *_SETTINGS}
_RECIPE = {"description", "preset", "start_from", "stages"}


@dataclass(frozen=True)
class Stage:
    """One pre-training run of a chain.

    Parameters
    ----------
    name
        Its folder in the run directory.
    corpus
        What it learns from; its files may be names of the catalog.
    config
        How.
    licence
        Of the corpus.
    """

    name: str
    corpus: Corpus
    config: PretrainConfig
    licence: str = "not stated"


@dataclass(frozen=True)
class Recipe:
    """A chain of stages; each starts from the encoder that the one before left.

    Parameters
    ----------
    description
        What it is for.
    stages
        At least one.
    start_from
        A checkpoint that the first stage continues, or None.
    """

    description: str
    stages: tuple[Stage, ...]
    start_from: str | None = None


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    InputError
        If the file is no YAML mapping, or a key or value cannot be used; the message names it.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} is no recipe: {error}.", "Expected a YAML file.") from error
    _check_keys(values, _RECIPE, f"{path}")
    stages = values.get("stages")
    if not isinstance(stages, list) or not stages:
        raise InputError(f"{path} has no stages.", "Expected a list under 'stages'.")
    name = values.get("preset", "default")
    settings = preset(PRETRAIN_PRESETS, name)
    read = tuple(_stage(path, stage, name, settings) for stage in stages)
    if len({stage.name for stage in read}) < len(read):
        raise InputError(f"{path}: two stages have the same name.")
    return Recipe(str(values.get("description", "")), read, values.get("start_from"))


def run_recipe(
    recipe: Recipe,
    output: Path,
    *,
    overwrite: bool = False,
    checkpoint_every: int = 500,
    device: str = "auto",
    pool: Pool | None = None,
) -> Path:
    """Run the stages one after the other and return the last one's artifact, ``output/model``.

    A run that was killed goes on where it stopped; finished stages are not run again.

    Raises
    ------
    InputError
        See :func:`graftwork.training.pretrain.pretrain`.
    """
    _claim(output)
    parent = recipe.start_from
    for number, stage in enumerate(recipe.stages, start=1):
        console.say(f"Stage {number} of {len(recipe.stages)}: {stage.name}")
        folder = output / stage.name
        model = pretrain(
            _resolved(stage.corpus),
            folder,
            stage.config,
            start_from=parent,
            overwrite=overwrite,
            checkpoint_every=checkpoint_every,
            device=device,
            licence=stage.licence,
            pool=pool,
        )
        parent = str(folder)
    final = output / "model"
    if not rank():
        _replace(final, model)
    barrier()
    return final


def _replace(final: Path, model: Path) -> None:
    """Make ``final`` a copy of an artifact."""
    partial = final.with_name(".model.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(model, partial)
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)


def _claim(output: Path) -> None:
    """Mark the folder as a recipe's; refuse one that holds something else."""
    make_folder(output)
    mark = output / MARK
    if any(output.iterdir()) and not mark.is_file():
        raise InputError(
            f"{output} is not empty and holds no earlier run of a recipe.", "Choose another -o."
        )
    mark.write_text("Stages of a recipe, and in model/ what the last one left.\n")


def _resolved(corpus: Corpus) -> Corpus:
    measurements = corpus.measurements
    return replace(
        corpus,
        path=resolve_input(str(corpus.path)),
        also=tuple(resolve_input(str(path)) for path in corpus.also),
        measurements=None if measurements is None else resolve_input(str(measurements)),
        exclude=resolve_inputs(str(path) for path in corpus.exclude),
    )


def _stage(path: Path, values: Any, name_of_preset: str, settings: Mapping[str, Any]) -> Stage:
    name = values.get("name") if isinstance(values, dict) else None
    where = f"{path}, stage {name!r}"
    _check_keys(values, _STAGE, where)
    named = isinstance(name, str) and name.isidentifier() and name != "model"
    if not isinstance(name, str) or not named or "corpus" not in values:
        raise InputError(
            f"{where} cannot be used.",
            "A stage needs a 'corpus' and a 'name' of letters, other than 'model'.",
        )
    for key in ("targets", "features", "unlabelled_groups", "also", "exclude"):
        listed = values.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            raise InputError(f"{where}: {key} is {listed!r}.", "Expected a list of names.")
    corpus = {key: values[key] for key in _CORPUS & values.keys()}
    for key in ("targets", "features"):
        corpus[key] = tuple(_beside(path, name) for name in values.get(key, ()))
    corpus["unlabelled_groups"] = tuple(values.get("unlabelled_groups", ()))
    for key in ("also", "exclude"):
        corpus[key] = tuple(Path(name) for name in values.get(key, ()))
    if corpus.get("measurements") is not None:
        corpus["measurements"] = Path(corpus["measurements"])
    config = {**settings, **{key: values[key] for key in _SETTINGS & values.keys()}}
    if isinstance(config.get("options", {}), dict) and isinstance(config.get("objective", ""), str):
        config["options"] = preset_options(
            name_of_preset,
            config.get("objective", PretrainConfig.objective),
            config.get("options", {}),
        )
    return Stage(
        name=name,
        corpus=Corpus(Path(values["corpus"]), **corpus),
        config=PretrainConfig(**config),
        licence=str(values.get("licence", _licence(values["corpus"]))),
    )


def _beside(recipe: Path, column: str) -> str:
    """Return the path of a list of columns that lies beside the recipe, or the column itself."""
    listed = recipe.parent / column
    return str(listed) if listed.is_file() else column


def _licence(corpus: str) -> str:
    return CATALOG[corpus].licence if corpus in CATALOG else "not stated"


def _check_keys(values: Any, known: set[str], where: str) -> None:
    names = ", ".join(sorted(known))
    if not isinstance(values, dict):
        raise InputError(f"{where} is no mapping.", f"Expected the keys {names}.")
    unknown = sorted(set(map(str, values)) - known)
    if unknown:
        raise InputError(f"{where} has unknown keys {unknown}.", f"Known: {names}.")
