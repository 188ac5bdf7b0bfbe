"""Labels of many tasks of which each graph has few: only the known ones are kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from graftwork.config import Kind
from graftwork.errors import InputError
from graftwork.graph.tasks import TaskSet

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class SparseLabels:
    """The known labels of every graph, graph by graph.

    ``labels[graphs]`` gives them as float32 ``[graphs, tasks]``, NaN where unknown.

    Parameters
    ----------
    tasks
        What the columns are.
    ptr
        int64 ``[graphs + 1]``: graph ``g`` has the labels ``ptr[g]:ptr[g + 1]``.
    task, value
        int32 and float32 ``[known labels]``.

    Examples
    --------
    >>> graph, task, value = [0, 0, 2], [1, 0, 1], [1.0, 5.5, 0.0]
    >>> labels = SparseLabels.from_triples(graph, task, value, 3, ["ic50", "hit"])
    >>> labels.tasks.kinds
    ('regression', 'classification')
    >>> labels[[2, 0]].tolist()
    [[nan, 0.0], [5.5, 1.0]]
    """

    tasks: TaskSet
    ptr: Array
    task: Array
    value: Array

    def __len__(self) -> int:
        """Return the number of graphs."""
        return len(self.ptr) - 1

    def __getitem__(self, graphs: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return the dense labels of some graphs."""
        index = np.asarray(graphs, np.int64)
        counts = self.ptr[index + 1] - self.ptr[index]
        row = np.repeat(np.arange(len(index)), counts)
        start = np.repeat(self.ptr[index] - (np.cumsum(counts) - counts), counts)
        position = start + np.arange(len(row))
        dense = np.full((len(index), len(self.tasks)), np.nan, np.float32)
        dense[row, self.task[position]] = self.value[position]
        return dense

    @classmethod
    def from_triples(
        cls,
        graph: npt.ArrayLike,
        task: npt.ArrayLike,
        value: npt.ArrayLike,
        num_graphs: int,
        names: Sequence[str],
        min_labels: int = 1,
    ) -> SparseLabels:
        """Collect ``(graph, task, value)`` triples.

        A task whose labels are all 0 or 1 is a classification, any other a regression. Several
        values of one graph and task are averaged (classes: a mean of at least 0.5 is 1).

        Parameters
        ----------
        min_labels
            Tasks with fewer known labels are left out.

        Raises
        ------
        InputError
            If no task is left.
        """
        graphs, tasks = np.asarray(graph, np.int64), np.asarray(task, np.int64)
        values = np.asarray(value, np.float64)
        cells, inverse = np.unique(graphs * len(names) + tasks, return_inverse=True)
        values = np.bincount(inverse, values) / np.maximum(np.bincount(inverse), 1)
        binary = np.ones(len(names), bool)
        np.logical_and.at(binary, tasks, np.isin(np.asarray(value), (0, 1)))
        graphs, tasks = cells // len(names), cells % len(names)
        values = np.where(binary[tasks], values >= 0.5, values)
        count = np.bincount(tasks, minlength=len(names))
        kept = np.flatnonzero(count >= max(1, min_labels))
        if not len(kept):
            raise InputError(
                f"None of {len(names)} tasks has {max(1, min_labels)} usable labels.",
                "Check the target columns, or ask for fewer labels per task.",
            )
        chosen = np.isin(tasks, kept)
        graphs, values = graphs[chosen], values[chosen]
        tasks = np.searchsorted(kept, tasks[chosen])
        return cls(
            tasks=_task_set([names[i] for i in kept.tolist()], binary[kept], tasks, values),
            ptr=np.searchsorted(graphs, np.arange(num_graphs + 1)).astype(np.int64),
            task=tasks.astype(np.int32),
            value=values.astype(np.float32),
        )

    def save(self, path: Path) -> None:
        """Write one safetensors file."""
        arrays = {"ptr": self.ptr, "task": self.task, "value": self.value}
        path.write_bytes(save(arrays, metadata={"tasks": json.dumps(self.tasks.to_dict())}))

    @classmethod
    def open(cls, path: Path) -> SparseLabels:
        """Read what :meth:`save` wrote; a damaged file is an :class:`InputError`."""
        try:
            data = path.read_bytes()
            header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
            tasks = TaskSet.from_dict(json.loads(header["__metadata__"]["tasks"]))
            return cls(tasks, **load(data))
        except (OSError, SafetensorError, KeyError, TypeError, ValueError, InputError) as error:
            raise InputError(
                f"{path} does not hold the labels of a graph store: {error}.", "Build it again."
            ) from error


def _task_set(names: Sequence[str], binary: Array, task: Array, value: Array) -> TaskSet:
    count = np.maximum(np.bincount(task, minlength=len(names)), 1)
    mean = np.bincount(task, value, len(names)) / count
    std = np.sqrt(np.bincount(task, (value - mean[task]) ** 2, len(names)) / count)
    mean[binary], std[binary | (std <= 1e-6 * np.abs(mean))] = 0.0, 1.0
    kinds: list[Kind] = ["classification" if one else "regression" for one in binary]
    return TaskSet(tuple(names), tuple(kinds), tuple(mean.tolist()), tuple(std.tolist()))
