"""What a worker process does with the text of one molecule, and how a chunk of results travels."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rdkit import Chem
from safetensors.numpy import load, save

from graftwork.data.featurize.counts import (
    Counted,
    Described,
    count_molecule,
    decode_described,
    encode_counted,
)
from graftwork.data.featurize.featurizer import Hints
from graftwork.data.featurize.identity import digest, parent_molecule, scaffold_of
from graftwork.data.featurize.molecule import (
    MoleculeProperties,
    pack_molecules,
    read_molecule,
)
from graftwork.data.featurize.parse import parse_molecule
from graftwork.data.featurize.targets import TARGETS
from graftwork.graph.pack import PackedGraphs
from graftwork.graph.schema import FeatureSchema


@dataclass(frozen=True)
class Task:
    """A named job on one molecule.

    Parameters
    ----------
    run
        ``(text, schema) -> result``; raises ``UnusableMoleculeError`` with the reason.
    encode, decode
        Turn the results of a chunk into bytes and back; no pickle crosses the pipe.
    """

    run: Callable[[str, FeatureSchema], Any]
    encode: Callable[[Sequence[Any], FeatureSchema], bytes]
    decode: Callable[[bytes], Any]


def _graph(text: str, schema: FeatureSchema) -> MoleculeProperties:
    molecule = parse_molecule(text, schema.options)
    return read_molecule(molecule, schema.featurizer, Hints.of(text))


class Featurized(NamedTuple):
    """Graphs, and the compact rows of what was computed from their molecules, by name."""

    graphs: PackedGraphs
    targets: dict[str, npt.NDArray[Any]]


def _with_targets(names: Sequence[str]) -> Task:
    """Return the task that makes a graph and computes targets from the same molecule."""

    def run(text: str, schema: FeatureSchema) -> tuple[MoleculeProperties, list[Any]]:
        molecule = parse_molecule(text, schema.options)
        read = read_molecule(molecule, schema.featurizer, Hints.of(text))
        return read, [TARGETS[name].row(molecule) for name in names]

    def encode(results: Sequence[Any], schema: FeatureSchema) -> bytes:
        arrays = pack_molecules([read for read, _ in results], schema).arrays()
        for place, name in enumerate(names):
            arrays[f"+{name}"] = TARGETS[name].stack([rows[place] for _, rows in results])
        return save(arrays)

    def decode(data: bytes) -> Featurized:
        arrays = load(data)
        targets = {name: arrays.pop(f"+{name}") for name in names}
        return Featurized(PackedGraphs(**arrays), targets)

    return Task(run, encode, decode)


def _scaffold(text: str, schema: FeatureSchema) -> str:
    """Bemis-Murcko scaffold with chirality, as Hu et al. group molecules; "" without a ring."""
    return scaffold_of(parse_molecule(text, schema.options))


def _described(text: str, schema: FeatureSchema) -> Counted:
    """Count fingerprints and descriptors."""
    return count_molecule(parse_molecule(text, schema.options))


def _molecule(text: str, schema: FeatureSchema) -> tuple[MoleculeProperties, Counted]:
    """Read the graph, and count fingerprints and descriptors."""
    molecule = parse_molecule(text, schema.options)
    graph = read_molecule(molecule, schema.featurizer, Hints.of(text))
    return graph, count_molecule(molecule)


def _encode_molecules(
    molecules: Sequence[tuple[MoleculeProperties, Counted]], schema: FeatureSchema
) -> bytes:
    graphs = pack_molecules([graph for graph, _ in molecules], schema)
    counted = [counted for _, counted in molecules]
    return save({**graphs.arrays(), "described": np.frombuffer(encode_counted(counted), np.uint8)})


def _decode_molecules(data: bytes) -> tuple[PackedGraphs, Described]:
    arrays = load(data)
    described = decode_described(arrays.pop("described").tobytes())
    return PackedGraphs(**arrays), described


def _identity(text: str, schema: FeatureSchema) -> dict[str, Any]:
    """Return what ``check-data`` needs: two canonical names, fragments and charge."""
    molecule = parse_molecule(text, schema.options)
    canonical = Chem.MolToSmiles(molecule)
    return {
        "canonical": canonical,
        "parent": parent_molecule(molecule, canonical)[1],  # ignores salt, charge and stereo
        "fragments": len(Chem.GetMolFrags(molecule)),
        "charge": Chem.GetFormalCharge(molecule),
    }


def _membership(text: str, schema: FeatureSchema) -> list[int]:
    """Return two 64-bit digests: of the parent, and of its scaffold (0 without a ring)."""
    molecule = parse_molecule(text, schema.options)
    parent, name = parent_molecule(molecule, Chem.MolToSmiles(molecule))
    return [digest(name), digest(scaffold_of(parent))]


def _to_json(results: Sequence[Any], _schema: FeatureSchema) -> bytes:
    return json.dumps(list(results)).encode()


TASKS: dict[str, Task] = {
    "graph": Task(
        _graph,
        lambda molecules, schema: save(pack_molecules(molecules, schema).arrays()),
        lambda data: PackedGraphs(**load(data)),
    ),
    "scaffold": Task(_scaffold, _to_json, json.loads),
    "molecule": Task(_molecule, _encode_molecules, _decode_molecules),
    "described": Task(_described, encode_counted, decode_described),
    "identity": Task(_identity, _to_json, json.loads),
    "membership": Task(_membership, _to_json, json.loads),
}


def find_task(name: str) -> Task:
    """Return a task of ``TASKS``, or for ``graph+NAME...`` one that gives ``Featurized``."""
    if "+" not in name:
        return TASKS[name]
    return _with_targets(name.removeprefix("graph+").split("+"))
