"""What a benchmark was asked for, and how a table grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from graftwork.errors import InputError
from graftwork.evaluation.benchmark.data_spec import DataSpec
from graftwork.evaluation.benchmark.folder import Folder, read_json, write_json
from graftwork.evaluation.benchmark.model_spec import ModelSpec
from graftwork.evaluation.benchmark.plan import CELL_FORMAT, Cell, check_strategies

FORMAT = [2, CELL_FORMAT]


@dataclass(frozen=True)
class Request:
    """All cells that belong to a table, under one protocol.

    Parameters
    ----------
    protocol
        The settings that all cells share.
    data, models
        By name.
    cells
        What was asked for so far.
    """

    protocol: dict[str, Any]
    data: dict[str, DataSpec] = field(default_factory=dict)
    models: dict[str, ModelSpec] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON types."""
        return {
            "format": FORMAT,
            "protocol": self.protocol,
            "data": [spec.to_dict() for spec in self.data.values()],
            "models": [spec.to_dict() for spec in self.models.values()],
            "cells": [{k: v for k, v in asdict(c).items() if k != "spec"} for c in self.cells],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Request:
        """Read what :meth:`to_dict` gave, through JSON."""
        data = [DataSpec.from_dict(spec) for spec in values["data"]]
        models = [ModelSpec(**spec) for spec in values["models"]]
        return cls(
            values["protocol"],
            {spec.name: spec for spec in data},
            {spec.name: spec for spec in models},
            [Cell(**cell) for cell in values["cells"]],
        )


def grow(
    folder: Folder,
    protocol: dict[str, Any],
    data: Sequence[DataSpec],
    models: Sequence[ModelSpec],
    cells: Sequence[Cell],
) -> Request:
    """Add cells to the table in ``folder``, or begin it, and write what it now consists of.

    Raises
    ------
    InputError
        If the table there has another protocol, or comes from a version with other numbers, or a
        name stands for something else there.
    """
    old = Request(protocol)
    if folder.request.is_file():
        text = read_json(folder.request)
        if text.get("format") != FORMAT:
            raise InputError(
                f"{folder.request} has format {text.get('format')!r}, and this version writes "
                f"{FORMAT}: with the same settings it would give other numbers.",
                "Choose another -o.",
            )
        old = Request.from_dict(text)
    elif folder.root.is_dir() and any(p.name != ".lock" for p in folder.root.iterdir()):
        raise InputError(
            f"{folder.root} is not empty and holds no benchmark.", "Choose another -o."
        )
    # through JSON, as the old one came
    changed = {
        k: (old.protocol.get(k), v) for k, v in protocol.items() if old.protocol.get(k) != v
    } | {k: (v, None) for k, v in old.protocol.items() if k not in protocol}
    if changed:
        name, (was, now) = next(iter(changed.items()))
        raise InputError(
            f"{folder.root} holds a benchmark with other settings: {name} was {was!r}, now "
            f"{now!r}.",
            "One table has one protocol: repeat its settings, or choose another -o.",
        )
    for kind, known, new in (("data set", old.data, data), ("model", old.models, models)):
        _check_names(folder, kind, known, new)
    there = set(map(_place, old.cells))
    request = Request(
        protocol,
        old.data | {spec.name: spec for spec in data},
        old.models | {spec.name: spec for spec in models},
        [*old.cells, *(cell for cell in cells if _place(cell) not in there)],
    )
    check_strategies(
        {cell.strategy for cell in request.cells if request.models[cell.model].weights is not None}
    )
    write_json(folder.request, request.to_dict())
    return request


def _place(cell: Cell) -> tuple[str, ...]:
    """Two names may stand for the same weights: one cell then, in two places of the table."""
    return (cell.id, cell.dataset, cell.model)


def _check_names(folder: Folder, kind: str, known: dict[str, Any], new: Sequence[Any]) -> None:
    for spec in new:
        if spec.name in known and known[spec.name].identity != spec.identity:
            raise InputError(
                f"In {folder.root} the {kind} {spec.name!r} is another one: its file, columns, "
                "split or weights differ.",
                "Give it another name, or choose another -o.",
            )
