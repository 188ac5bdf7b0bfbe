"""A blend as one safetensors file: arrays and a JSON header, nothing that runs on load."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save
from scipy import sparse

from graftwork.blend.fingerprints import Fingerprints
from graftwork.blend.forest import COLUMNS, Forest
from graftwork.blend.kernels import FINGERPRINTS, SHARES, Scale, tables_read
from graftwork.blend.model import NETWORK, Blend
from graftwork.blend.molecules import DESCRIPTORS, Molecules
from graftwork.blend.process import Process
from graftwork.blend.reader import Reader
from graftwork.config import Kind
from graftwork.data.featurize.counts import COUNTS, DESCRIPTOR_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Array = npt.NDArray[Any]

_SPEC, _FROZEN, _ROWS = "blend", "frozen.", "rows."
_MOST_COLUMNS = 100_000
_MOST_COUNTS = 1 << 26  # of substructures in the training rows: each takes a few bytes


def _columns_of(blend: Blend) -> int:
    for member in blend.members.values():
        return len(member.mean)
    return len(blend.weights[NETWORK])


def blend_to_bytes(blend: Blend) -> bytes:
    """Return the content of ``blend.safetensors``."""
    arrays: dict[str, Array] = {f"{_FROZEN}{k}": v for k, v in blend.frozen.items()}
    members: dict[str, list[str] | None] = {}
    for name, weights in blend.weights.items():
        arrays[f"weights.{name}"] = weights
    for name, member in blend.members.items():
        if isinstance(member, Forest):
            members[name] = None
            found = {k: getattr(member, k) for k in _FOREST}
        else:
            members[name] = list(member.scales)
            found = _process_arrays(member)
            arrays |= _table_arrays(member.rows)
        arrays |= {f"{name}.{key}": value for key, value in found.items()}
    spec = {
        "kind": blend.kind,
        "members": members,
        "columns": _columns_of(blend),
        "descriptors": list(DESCRIPTOR_NAMES),
    }
    contiguous = {key: np.asarray(value, order="C") for key, value in arrays.items()}
    return save(contiguous, {_SPEC: json.dumps(spec)})


def blend_from_bytes(data: bytes, where: str, kind: Kind, targets: int) -> Blend:
    """Read what :func:`blend_to_bytes` wrote, strictly.

    Parameters
    ----------
    where
        Named in errors.
    kind, targets
        Of the network beside it: what its targets are, and how many.

    Raises
    ------
    ArtifactError
        If an array is missing, unknown, misshapen, not finite or out of range, or if the blend is
        for another network, or for other descriptors than this version computes.
    """
    reader = Reader(_loaded(data, where), where)
    spec = _spec(data, reader)
    reader.require(spec.get("kind") == kind and kind in get_args(Kind), "is for another network")
    members = spec.get("members")
    if not isinstance(members, dict) or not all(map(_known_member, members.values())):
        raise reader.error("names models that this version does not know")
    columns = spec.get("columns")
    if not isinstance(columns, int) or not 0 < columns <= _MOST_COLUMNS:
        raise reader.error(f"says that it predicts {columns!r} columns")
    reader.require(kind == "multiclass" or columns == targets, "is for other targets")
    known = list(DESCRIPTOR_NAMES)
    reader.require(spec.get("descriptors") == known, "reads other descriptors than this version")
    weights = {name: reader.numbers(f"weights.{name}", targets) for name in (NETWORK, *members)}
    total = np.sum(list(weights.values()), axis=0)
    good = all((w >= 0).all() for w in weights.values()) and np.allclose(total, 1, atol=1e-6)
    reader.require(good, "has weights that do not sum to one")
    rows = _rows(reader, members)
    scales: dict[str, Scale] = {}
    read = {
        name: _forest(reader, name, columns)
        if kernels is None
        else _process(reader, name, kernels, columns, rows, scales)
        for name, kernels in members.items()
    }
    frozen = reader.rest(_FROZEN)
    return Blend(kind, weights, read, frozen)


_FOREST = ("column", "threshold", "right", "roots", "leaf", "labels", "known", "mean")


def _known_member(kernels: Any) -> bool:
    return kernels is None or (
        isinstance(kernels, list) and bool(kernels) and set(kernels) <= set(SHARES)
    )


def _process_arrays(process: Process) -> dict[str, Array]:
    arrays: dict[str, Array] = {"mean": process.mean}
    for kernel, scale in process.scales.items():
        arrays[f"{kernel}.coefficients"] = process.coefficients[kernel]
        if scale is not None:
            arrays[f"{kernel}.centre"], arrays[f"{kernel}.factor"] = scale.centre, scale.factor
            arrays[f"{kernel}.length"] = np.array([scale.length])
    return arrays


def _table_arrays(rows: Molecules) -> dict[str, Array]:
    arrays: dict[str, Array] = {f"{_ROWS}{name}": table for name, table in rows.numbers.items()}
    for name, table in rows.fingerprints.items():
        used, indices = np.unique(table.counts.indices, return_inverse=True)
        arrays[f"{_ROWS}{name}.ids"] = table.ids[used]
        arrays[f"{_ROWS}{name}.indices"] = indices.astype(np.int32)
        arrays[f"{_ROWS}{name}.indptr"] = table.counts.indptr.astype(np.int64)
        arrays[f"{_ROWS}{name}.counts"] = table.counts.data.astype(np.int32)
    return arrays


def _rows(reader: Reader, members: Mapping[str, list[str] | None]) -> Molecules:
    """Take the training rows that the processes share."""
    firsts = [f"{name}.{kernels[0]}.coefficients" for name, kernels in members.items() if kernels]
    shape = reader.shape(firsts[0]) if firsts else ()
    count = shape[0] if shape else 0
    kernels = {kernel for member in members.values() for kernel in member or ()}
    numbers = {
        kernel: reader.numbers(
            f"{_ROWS}{kernel}",
            count,
            len(DESCRIPTOR_NAMES) if kernel == DESCRIPTORS else None,
            dtype=np.float32,
        )
        for kernel in sorted(kernels - {FINGERPRINTS})
    }
    counted = COUNTS if FINGERPRINTS in kernels else ()
    return Molecules({k: _fingerprints(reader, f"{_ROWS}{k}", count) for k in counted}, numbers)


def _process(
    reader: Reader,
    name: str,
    kernels: list[str],
    columns: int,
    rows: Molecules,
    scales: dict[str, Scale],
) -> Process:
    """Take a process; ``scales`` are those of earlier ones, which share their rows with it."""
    coefficients = {}
    for kernel in kernels:
        key = f"{name}.{kernel}"
        coefficients[kernel] = reader.numbers(f"{key}.coefficients", len(rows), columns)
        if kernel != FINGERPRINTS:
            found = _scale(reader, key, rows.numbers[kernel].shape[1])
            first = scales.setdefault(kernel, found)
            reader.require(first.equals(found), f"has another scale in {key}")
    mean = reader.numbers(f"{name}.mean", columns)
    mine = {kernel: scales.get(kernel) for kernel in kernels}
    return Process(rows.only(tables_read(tuple(kernels))), mine, coefficients, mean)


def _scale(reader: Reader, key: str, width: int) -> Scale:
    length = float(reader.numbers(f"{key}.length", 1)[0])
    reader.require(length > 0, f"has a length of {length} in {key}")
    centre = reader.numbers(f"{key}.centre", width)
    return Scale(centre, reader.numbers(f"{key}.factor", width), length)


def _fingerprints(reader: Reader, key: str, rows: int) -> Fingerprints:
    ids = reader.whole(f"{key}.ids", None, dtype=np.int64)
    indptr = reader.whole(f"{key}.indptr", rows + 1, dtype=np.int64)
    indices = reader.whole(f"{key}.indices", None, below=len(ids))
    counts = reader.whole(f"{key}.counts", len(indices), least=1)
    ordered = bool((np.diff(ids) > 0).all() and (np.diff(indptr) >= 0).all())
    few = int(counts.sum(dtype=np.int64)) <= _MOST_COUNTS
    ordered = ordered and indptr[0] == 0 and indptr[-1] == len(indices)
    reader.require(ordered and few, f"breaks {key}")
    matrix = sparse.csr_array((counts.astype(np.int64), indices, indptr), shape=(rows, len(ids)))
    return Fingerprints(matrix, ids)


def _forest(reader: Reader, name: str, columns: int) -> Forest:
    width = COLUMNS + len(DESCRIPTOR_NAMES)
    column = reader.whole(f"{name}.column", None, least=-1, below=width)
    nodes = len(column)
    threshold = reader.numbers(f"{name}.threshold", nodes, dtype=np.float32)
    right = reader.whole(f"{name}.right", nodes, below=nodes)
    roots = reader.whole(f"{name}.roots", None, below=nodes)
    ends = reader.whole(f"{name}.leaf", None, len(roots), below=nodes)
    labels = reader.numbers(f"{name}.labels", len(ends), columns, dtype=np.float32)
    known = reader.whole(f"{name}.known", len(ends), columns, dtype=np.uint8, below=2)
    mean = reader.numbers(f"{name}.mean", columns)
    forward = right > np.arange(nodes) + 1  # so that every walk ends, within the arrays
    reader.require(bool((forward | (column < 0)).all()), f"has a tree without an end in {name}")
    leaf = column < 0
    reader.require(bool((right[leaf] == np.flatnonzero(leaf)).all()), f"breaks a leaf of {name}")
    reader.require(bool(leaf[ends].all()), f"has a row outside of the leaves of {name}")
    return Forest(column, threshold, right, roots, ends, labels, known, mean)


def _loaded(data: bytes, where: str) -> Mapping[str, Array]:
    try:
        return load(data)
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise Reader({}, where).error(f"is not a safetensors file: {error}") from error


def _spec(data: bytes, reader: Reader) -> dict[str, Any]:
    size = int.from_bytes(data[:8], "little")
    try:
        spec = json.loads(json.loads(data[8 : 8 + size])["__metadata__"][_SPEC])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise reader.error(f"has no description of its models: {error}") from error
    if not isinstance(spec, dict):
        raise reader.error("has no description of its models")
    return spec
