"""Settings as frozen dataclasses, read strictly from JSON."""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal, Self, get_args

from graftwork.errors import InputError

JumpingKnowledge = Literal["last", "sum", "mean", "max"]
Norm = Literal["batch", "layer", "none"]
Kind = Literal["classification", "regression", "multiclass"]
"""What the labels are: 0 and 1, numbers, or the number of one class out of several."""
TASKS = ("auto", *get_args(Kind))
"""What a user may say that targets are."""


@dataclass(frozen=True)
class Config:
    """Base of all settings: to a dictionary and back, without guessing.

    A subclass says in ``limits`` the lowest and highest value of a number, in ``choices`` the
    known names of a setting, and in ``whole`` which optional numbers are whole; anything else is
    an :class:`InputError`.
    """

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {}
    choices: ClassVar[Mapping[str, Collection[str]]] = {}
    whole: ClassVar[Collection[str]] = ()

    def __post_init__(self) -> None:
        for item in fields(self):
            if isinstance(item.default, bool | tuple):
                value, wanted = getattr(self, item.name), type(item.default)
                if not isinstance(value, wanted):
                    raise InputError(
                        f"{item.name} = {value!r} cannot be used.", f"Expected a {wanted.__name__}."
                    )
        for name, (lowest, highest) in self.limits.items():
            value, default = getattr(self, name), type(self).__dataclass_fields__[name].default
            if value is None and default is None:
                continue
            whole = isinstance(default, int) or name in self.whole
            kind = numbers.Integral if whole else numbers.Real
            comparable: Any = value if isinstance(value, kind) else math.nan
            if not lowest <= comparable <= highest:
                number = "a whole number" if whole else "a number"
                top = "" if math.isinf(highest) else f" and at most {highest:g}"
                raise InputError(
                    f"{name} = {value!r} cannot be used.",
                    f"Expected {number} of at least {lowest:g}{top}.",
                )
        for name, known in self.choices.items():
            value = getattr(self, name)
            if not isinstance(value, str) or value not in known:
                what = "encoder" if name == "conv" else name.replace("_", " ")
                raise InputError(
                    f"No {what} is called {value!r}.",
                    f"Known: {', '.join(known)}.",
                )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read settings; a missing or unknown key is an :class:`InputError`."""
        known = {item.name for item in fields(cls)}
        if set(values) != known:
            raise InputError(
                f"{cls.__name__} has missing keys {sorted(known - set(values))} and unknown keys "
                f"{sorted(set(values) - known)}.",
                "The file was written by another version, or changed by hand.",
            )
        return cls(**values)


@dataclass(frozen=True)
class EncoderConfig(Config):
    """The shape of an encoder."""

    conv: str = "gin"
    """Message-passing layer."""
    num_layers: int = 5
    """Number of message-passing layers."""
    dim: int = 256
    """Width of the node embeddings."""
    jumping_knowledge: JumpingKnowledge = "last"
    """How the layers' outputs combine into the node embedding."""
    dropout: float = 0.0
    """Dropout after every layer while training."""
    norm: Norm = "batch"
    """What follows each layer: batch or layer normalisation, or none."""
    residual: bool = False
    """Whether each layer from the second on adds what it read."""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary, without ``residual`` where no layer has one."""
        values = super().to_dict()
        if not self.residual:
            del values["residual"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read settings; ``norm`` may be missing, as in files that are older than it."""
        return super().from_dict({"norm": "batch", "residual": False, **values})


@dataclass(frozen=True)
class HeadConfig(Config):
    """The shape of what sits on the encoder in a predictor."""

    pooling: str = "mean"
    """How node embeddings become a graph embedding."""
    hidden_layers: int = 1
    """Hidden layers of the head; 0 is a linear head."""
    dropout: float = 0.1
    """Dropout before every layer of the head while training."""
    kind: Kind = "regression"
    """What the targets are."""
    tasks: tuple[str, ...] = ()
    """Names of the targets."""
    classes: int = 0
    """Number of classes of a multiclass target; 0 for other kinds."""
    members: int = 1
    """Networks of this shape whose predictions are averaged."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read settings; those that are younger than a file may be missing in it."""
        return super().from_dict({"classes": 0, "members": 1, **values})
