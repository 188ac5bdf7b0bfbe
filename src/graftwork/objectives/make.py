"""From the names and options that a user gives to an objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from graftwork.config import EncoderConfig
from graftwork.errors import InputError
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.tasks import TaskSet
from graftwork.objectives import OBJECTIVES
from graftwork.objectives.joint import JointObjective
from graftwork.objectives.objective import Objective, ObjectiveSettings

Options = Mapping[str, Mapping[str, Any]]
"""Settings by objective: ``{"attribute-masking": {"rate": 0.25}}``."""

_TRUTH = {"yes": True, "true": True, "no": False, "false": False}


def make_objective(
    text: str,
    options: Options,
    schema: FeatureSchema,
    encoder: EncoderConfig,
    tasks: TaskSet | None = None,
    targets: Mapping[str, TaskSet] | None = None,
) -> Objective:
    """Build one objective, or a joint one.

    Parameters
    ----------
    text
        A name of ``OBJECTIVES``, or several joined with ``+``.
    options
        Settings that differ from the defaults, by objective.
    schema
        Of the graphs.
    encoder
        The shape of the encoder that will be trained.
    tasks
        What the label columns are; None for a corpus without labels.
    targets
        What the columns of the corpus' computed targets are, by name.

    Raises
    ------
    InputError
        If a name, an option or a value is unknown; the message lists what is known.

    Examples
    --------
    >>> from graftwork.data.featurize import SCHEMAS
    >>> shape = EncoderConfig(dim=8)
    >>> type(make_objective("infomax", {}, SCHEMAS["default"], shape)).__name__
    'Infomax'
    """
    parts: dict[str, Objective] = {}
    for name, settings in _settings(text, options).items():
        kind = OBJECTIVES[name]
        columns = tasks if kind.computed is None else (targets or {}).get(kind.computed)
        parts[name] = kind(schema, encoder, settings, columns)
    return next(iter(parts.values())) if len(parts) == 1 else JointObjective(parts)


def computed_targets(text: str) -> tuple[str, ...]:
    """Return which computed targets the objectives in ``text`` predict.

    Examples
    --------
    >>> computed_targets("attribute-masking+descriptors+motifs")
    ('descriptors', 'motifs')
    """
    found = (OBJECTIVES[name].computed for name in _names(text))
    return tuple(name for name in found if name is not None)


def tasks_in_batches(text: str, options: Options) -> tuple[int, int] | None:
    """Return how batches are filled with tasks, or None where any graph will do.

    Returns
    -------
    tuple of int
        Most graphs of one task, and the labels that a task needs.

    Examples
    --------
    >>> tasks_in_batches("deep-kernel+supervised", {"deep-kernel": {"per_task": 32}})
    (32, 16)
    """
    for name, settings in _settings(text, options).items():
        if OBJECTIVES[name].by_task:
            values = settings.to_dict()
            return values["per_task"], values["least"]
    return None


def resolved_options(text: str, options: Options) -> dict[str, dict[str, Any]]:
    """Return every setting of every objective in ``text``, ready for JSON.

    Raises
    ------
    InputError
        As :func:`make_objective`.

    Examples
    --------
    >>> resolved_options("attribute-masking", {"attribute-masking": {"rate": 0.25}})
    {'attribute-masking': {'weight': 1.0, 'rate': 0.25, 'edges': False, 'predict': 'all'}}
    """
    return {name: settings.to_dict() for name, settings in _settings(text, options).items()}


def parse_options(text: str, pairs: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read ``key=value`` pairs, or ``objective.key=value`` where several train jointly.

    A value takes the type of the setting's default; the last of two equal keys wins.

    Raises
    ------
    InputError
        If a pair cannot be read, or names what is not known.

    Examples
    --------
    >>> parse_options("attribute-masking", ["rate=0.25", "edges=yes"])
    {'attribute-masking': {'rate': 0.25, 'edges': True}}
    >>> parse_options("attribute-masking+infomax", ["infomax.weight=0.5"])
    {'infomax': {'weight': 0.5}}
    """
    names = _names(text)
    options: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        place, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not place or not value:
            raise InputError(
                f"The option {pair!r} cannot be read.",
                "Expected KEY=VALUE, for instance weight=0.5.",
            )
        name, dot, key = place.rpartition(".")
        if not dot:
            if len(names) > 1:
                raise InputError(
                    f"The option {pair!r} does not say which objective it is for.",
                    f"Write for instance {names[0]}.{pair}; this run has {', '.join(names)}.",
                )
            name = names[0]
        default = _defaults(name, names)[_known_key(name, key, names)]
        options.setdefault(name, {})[key] = _typed(f"{name}.{key}", value, default)
    return options


def _settings(text: str, options: Options) -> dict[str, ObjectiveSettings]:
    """Return the checked settings of each objective in ``text``, in its order."""
    names = _names(text)
    for name, values in options.items():
        _defaults(name, names)
        if not isinstance(values, Mapping):
            raise InputError(
                f"The options of {name} are {values!r}.", "Expected settings by their names."
            )
        for key in values:
            _known_key(name, key, names)
    return {name: OBJECTIVES[name].Settings(**options.get(name, {})) for name in names}


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split("+")]
    for name in names:
        if name not in OBJECTIVES:
            raise InputError(
                f"No objective is called {name!r}.",
                f"Known: {', '.join(OBJECTIVES)}; join several with +.",
            )
    if len(set(names)) < len(names):
        raise InputError(f"The objective {text!r} names one part twice.", "Name each once.")
    return names


def _defaults(name: str, names: Sequence[str]) -> dict[str, Any]:
    if name not in names:
        raise InputError(
            f"An option is for {name!r}, which is not trained here.",
            f"This run has {', '.join(names)}.",
        )
    return {item.name: item.default for item in fields(OBJECTIVES[name].Settings)}


def _known_key(name: str, key: str, names: Sequence[str]) -> str:
    known = _defaults(name, names)
    if key not in known:
        raise InputError(f"{name} has no option {key!r}.", f"Known: {', '.join(known)}.")
    return key


def _typed(place: str, value: str, default: Any) -> bool | int | float | str:
    if isinstance(default, bool):
        if value.lower() not in _TRUTH:
            raise InputError(f"{place} = {value!r} cannot be used.", "Expected yes or no.")
        return _TRUTH[value.lower()]
    if isinstance(default, str):
        return value
    kind = type(default)
    try:
        return kind(value)
    except ValueError as error:
        number = "a whole number" if kind is int else "a number"
        raise InputError(f"{place} = {value!r} cannot be used.", f"Expected {number}.") from error
