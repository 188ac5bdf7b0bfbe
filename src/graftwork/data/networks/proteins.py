"""Protein networks of several species with Gene Ontology terms as labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graftwork.data.networks.layout import Layout
from graftwork.data.networks.network import Array, Network, both_directions
from graftwork.data.networks.npz import npz_names, read_npz
from graftwork.data.networks.terms import wanted_terms
from graftwork.data.networks.topology import DESCRIPTORS, topology
from graftwork.errors import InputError
from graftwork.graph.schema import FeatureSchema

MIN_SCORE = 700
"""STRING's bound of high confidence: edges whose combined score is lower are left out."""

FEATURES = tuple(name for name in DESCRIPTORS if name != "degree")
_COMBINED = "combined_score"


def read_proteins(
    path: Path, targets: Sequence[str] | None = None, features: Sequence[str] = ()
) -> Network:
    """Read the networks of all species in a file, side by side.

    For every species ``S`` the file holds ``S_proteins``, ``S_edges`` (pairs of positions, each
    once) and ``S_propagated`` (pairs of a protein and a term of ``terms``: annotations with all
    ancestors). Where a file has ``channels``, ``S_edge_scores`` holds a score for each edge and
    channel, in thousandths. Only edges whose ``combined_score`` is at least ``MIN_SCORE`` are read,
    and the other channels, each a kind of evidence, are their features, from 0 to 1.

    The group of a node is its species. Features say what the network alone says of a node
    (:func:`graftwork.data.networks.topology.topology` without the plain degree), and what is known
    of it where ``features`` ask for that: they mean the same in every species, and no node can be
    told by its name. A protein without a term it is
    annotated with counts as a negative, as is usual; one without any annotation is unknown.

    Parameters
    ----------
    path
        An ``.npz`` file.
    targets
        Terms, or files that list them (see :func:`wanted_terms`); ``*`` takes all. None reads no
        labels.
    features
        Terms, or files that list them, whose known annotations are features: 1 or 0 for each. A
        term cannot be both feature and label.

    Raises
    ------
    InputError
        If the file is damaged, or a target or feature is neither a term nor a file, or is both.
    """
    terms = [str(term) for term in read_npz(path, ["terms"])["terms"].ravel()]
    chosen = wanted_terms(targets or (), terms, path)
    known = wanted_terms(features, terms, path)
    if both := sorted(set(chosen) & set(known)):
        raise InputError(
            f"{path}: {terms[both[0]]} would be a feature and a label.",
            "Take it out of one of the two.",
        )
    species = [_read_species(path, name, chosen + known, len(terms)) for name in _species(path)]
    offset = np.cumsum([0, *(len(one.names) for one in species)])
    pairs = [one.pairs + start for one, start in zip(species, offset, strict=False)]
    nodes = int(offset[-1])
    edges, origin = both_directions(np.concatenate(pairs), nodes)
    channels = _channels(path)
    y = np.concatenate([one.y for one in species])
    bare = Network(
        schema=FeatureSchema(featurizer="network", node_cat=(), edge_cat=(), edge_x=channels),
        names=[name for one in species for name in one.names],
        group=[one.name for one in species for _ in one.names],
        node_cat=np.zeros((nodes, 0), np.uint8),
        node_x=np.zeros((nodes, 0), np.float32),
        edge_index=edges,
        edge_cat=np.zeros((len(edges), 0), np.uint8),
        edge_x=np.concatenate([one.evidence for one in species])[origin],
        y=y[:, : len(chosen)],
        tasks=tuple(terms[i] for i in chosen),
        kind="classification",
        split=[""] * nodes,
    )
    return _with_features(bare, [terms[i] for i in known], np.nan_to_num(y[:, len(chosen) :]))


def asked_terms(path: Path, schema: FeatureSchema) -> list[str]:
    """Return the terms of a file that are features of a schema, in its order."""
    terms = set(map(str, read_npz(path, ["terms"])["terms"].ravel()))
    return [name for name in schema.node_x if name in terms]


@dataclass(frozen=True)
class _Species:
    name: str
    names: list[str]
    pairs: npt.NDArray[np.int64]
    evidence: npt.NDArray[np.float32]
    y: npt.NDArray[np.float32]


def _species(path: Path) -> list[str]:
    suffix = "_proteins"
    found = sorted(n.removesuffix(suffix) for n in npz_names(path) if n.endswith(suffix))
    if not found:
        raise InputError(f"{path} has no array of proteins.", "Expected e.g. 'SC_proteins'.")
    return found


def _read_species(path: Path, name: str, chosen: list[int], terms: int) -> _Species:
    keys = {key: f"{name}_{key}" for key in ("proteins", "edges", "propagated")}
    scored = f"{name}_edge_scores" in npz_names(path)
    if scored:
        keys |= {"scores": f"{name}_edge_scores", "channels": "channels"}
    arrays = read_npz(path, list(keys.values()))
    proteins = [str(protein) for protein in arrays[keys["proteins"]].ravel()]
    limits = {"edges": (len(proteins), len(proteins)), "propagated": (len(proteins), terms)}
    for key, limit in limits.items():
        _check_pairs(path, keys[key], arrays[keys[key]], limit)
    pairs = arrays[keys["edges"]].astype(np.int64)
    evidence = np.zeros((len(pairs), 0), np.float32)
    if scored:
        combined, evidence = _scores(path, arrays, keys)
        pairs, evidence = pairs[combined >= MIN_SCORE], evidence[combined >= MIN_SCORE]
    y = _labels(arrays[keys["propagated"]], proteins, chosen)
    return _Species(name, proteins, pairs, evidence, y)


def _channels(path: Path) -> tuple[str, ...]:
    """Return the kinds of evidence that a file has for its edges."""
    if "channels" not in npz_names(path):
        return ()
    channels = map(str, read_npz(path, ["channels"])["channels"].ravel())
    return tuple(name for name in channels if name != _COMBINED)


def _scores(
    path: Path, arrays: dict[str, Array], keys: dict[str, str]
) -> tuple[Array, npt.NDArray[np.float32]]:
    """Return the combined score of each edge, and its evidence: ``[pairs, channels]``, to 1."""
    scores, channels = arrays[keys["scores"]], arrays["channels"].tolist()
    if _COMBINED not in channels or scores.shape != (len(arrays[keys["edges"]]), len(channels)):
        raise InputError(
            f"{path}: array {keys['scores']!r} has shape {scores.shape} for channels {channels}.",
            f"Expected a row per edge and a column per channel, {_COMBINED!r} among them.",
        )
    combined = channels.index(_COMBINED)
    evidence = np.delete(scores, combined, axis=1) / np.float32(1000)
    return scores[:, combined], evidence.astype(np.float32)


def _labels(pairs: Array, proteins: list[str], chosen: list[int]) -> npt.NDArray[np.float32]:
    y = np.zeros((len(proteins), len(chosen)), np.float32)
    y[np.setdiff1d(np.arange(len(proteins)), pairs[:, 0])] = np.nan
    order = np.argsort(chosen)
    among = np.searchsorted(np.asarray(chosen, np.int64)[order], pairs[:, 1])
    inside = np.isin(pairs[:, 1], chosen)
    y[pairs[inside, 0], order[among[inside]]] = 1
    return y


def _with_features(network: Network, terms: Sequence[str], annotated: Array) -> Network:
    kept = [DESCRIPTORS.index(name) for name in FEATURES]
    node_x = np.concatenate([topology(network)[:, kept], annotated], axis=1).astype(np.float32)
    schema = replace(network.schema, node_x=(*FEATURES, *terms))
    return replace(network, schema=schema, node_x=node_x)


def _check_pairs(path: Path, name: str, pairs: Array, limits: tuple[int, int]) -> None:
    whole = pairs.ndim == 2 and pairs.shape[1] == 2 and pairs.dtype.kind in "iu"
    if not whole or (pairs.size and (pairs.min() < 0 or (pairs.max(0) >= limits).any())):
        raise InputError(
            f"{path}: array {name!r} does not hold pairs below {limits}.", "The file is damaged."
        )


GO2PPI = Layout(frozenset({"species", "terms", "term_namespace"}), read_proteins, asked_terms)
STRING12 = Layout(frozenset({"channels", "terms"}), read_proteins, asked_terms)
