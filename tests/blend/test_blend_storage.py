"""A blend as a file: the same predictions, and typed errors for whatever is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest
from rdkit import Chem
from safetensors.numpy import load, save

from counted import real_molecules
from graftwork.blend import NETWORK, Blend, process
from graftwork.blend.members import MEMBERS, fit_member
from graftwork.blend.storage import blend_from_bytes, blend_to_bytes
from graftwork.errors import ArtifactError


@pytest.fixture(scope="module")
def molecules(nci):
    found = [m for m in map(Chem.MolFromSmiles, nci[:60]) if m is not None]
    embedding = np.random.default_rng(0).normal(size=(len(found), 4)).astype(np.float32)
    return real_molecules(found, embedding)


@pytest.fixture(scope="module")
def make_blend(molecules):
    def make(kind="regression", columns=2):
        rng = np.random.default_rng(1)
        y = rng.normal(size=(len(molecules), columns))
        if kind != "regression":
            y = (y > 0).astype(float)
        folds = np.arange(len(y)) % 5
        members = {name: fit_member(name, molecules, y, folds, 0, 0.0) for name in MEMBERS}
        share = np.full(1 if kind == "multiclass" else columns, 1 / (1 + len(members)))
        frozen = {"layer.weight": rng.normal(size=(3, 2)).astype(np.float32)}
        return Blend(kind, dict.fromkeys((NETWORK, *members), share), members, frozen)

    return make


@pytest.mark.parametrize(
    ("kind", "columns", "targets"),
    [("regression", 2, 2), ("classification", 1, 1), ("multiclass", 3, 1)],
)
def test_a_loaded_blend_predicts_the_same_bit_for_bit(
    make_blend, molecules, kind, columns, targets
):
    blend = make_blend(kind, columns)
    network = np.random.default_rng(2).random((len(molecules), columns))
    read = blend_from_bytes(blend_to_bytes(blend), "file", kind, targets)
    expected = blend.predict(network, molecules)
    assert expected.shape == (len(molecules), targets)
    np.testing.assert_array_equal(read.predict(network, molecules), expected)
    np.testing.assert_array_equal(read.frozen["layer.weight"], blend.frozen["layer.weight"])
    assert blend_to_bytes(read) == blend_to_bytes(blend)
    if kind != "regression":
        assert ((expected >= 0) & (expected <= max(1, columns - 1))).all()


def test_training_rows_are_kept_once_and_kernels_computed_once(make_blend, molecules, monkeypatch):
    blend = make_blend()
    read = blend_from_bytes(blend_to_bytes(blend), "file", "regression", 2)
    computed = []
    gram = process.gram
    monkeypatch.setattr(process, "gram", lambda k, *rest: computed.append(k) or gram(k, *rest))
    read.predict(np.zeros((len(molecules), 2)), molecules)
    assert sorted(computed) == ["descriptors", "embedding", "fingerprints"]


def test_a_blend_is_the_weighted_mean_of_what_its_models_say(make_blend, molecules):
    blend = make_blend()
    network = np.random.default_rng(2).normal(size=(len(molecules), 2))
    said = [network, *(member.predict(molecules) for member in blend.members.values())]
    np.testing.assert_allclose(blend.predict(network, molecules), np.mean(said, 0))


def changed(blend, name, change):
    """The file with one array changed, or left out."""
    data = blend_to_bytes(blend)
    size = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + size])["__metadata__"]
    arrays = load(data)
    if name == "spec":
        spec = json.loads(metadata["blend"])
        change(spec)
        metadata = {"blend": json.dumps(spec)}
    else:
        arrays[name] = change(arrays.get(name))
    return save({k: v for k, v in arrays.items() if v is not None}, metadata)


def put(position, value):
    def change(array):
        array = array.copy()
        array[position] = value
        return array

    return change


FAULTS = {
    "a missing array": ("molecule-gp.mean", lambda _: None),
    "an unknown array": ("surprise", lambda _: np.zeros(3)),
    "another shape": ("molecule-gp.mean", lambda a: a[:1]),
    "another type": ("extra-trees.labels", lambda a: a.astype(np.float64)),
    "a NaN": ("fingerprint-gp.fingerprints.coefficients", put((0, 0), np.nan)),
    "an infinite weight of the frozen encoder": ("frozen.layer.weight", put((0, 0), np.inf)),
    "weights that sum to more": ("weights.network", put(0, 0.9)),
    "a negative weight": ("weights.network", put(0, -0.2)),
    "a column that there is not": ("extra-trees.column", put(0, 10**6)),
    "a tree that never ends": ("extra-trees.right", put(0, 0)),
    "a root outside": ("extra-trees.roots", put(0, 10**8)),
    "a row in no leaf": ("extra-trees.leaf", put((0, 0), 0)),
    "a label both there and not": ("extra-trees.known", put((0, 0), 2)),
    "a leaf that goes on": ("extra-trees.right", put(-1, 0)),
    "an identifier outside": ("rows.ecfp4.indices", put(0, 10**8)),
    "more substructures than memory": ("rows.ecfp4.counts", put(0, 2**28)),
    "two scales of the same rows": ("joint-gp.descriptors.length", put(0, 123.0)),
    "a negative count": ("rows.ecfp4.counts", put(0, -1)),
    "identifiers out of order": ("rows.ecfp4.ids", lambda a: a[::-1].copy()),
    "rows that overlap": ("rows.ecfp4.indptr", put(1, 10**8)),
    "no length": ("molecule-gp.descriptors.length", put(0, 0.0)),
    "another kind": ("spec", lambda s: s.update(kind="classification")),
    "an unknown kernel": ("spec", lambda s: s["members"].update({"molecule-gp": ["moon"]})),
    "members that are a list": ("spec", lambda s: s.update(members=[1])),
    "other descriptors": ("spec", lambda s: s.update(descriptors=["logP"])),
    "more columns": ("spec", lambda s: s.update(columns=3)),
    "columns that are no number": ("spec", lambda s: s.update(columns="two")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_file_is_refused(make_blend, fault):
    data = changed(make_blend(), *FAULTS[fault])
    with pytest.raises(ArtifactError, match="file"):
        blend_from_bytes(data, "file", "regression", 2)


def test_bytes_that_are_no_file_are_refused(make_blend):
    data = blend_to_bytes(make_blend())
    for wrong in (b"", b"nonsense" * 9, data[:-5], save({"a": np.zeros(1)})):
        with pytest.raises(ArtifactError):
            blend_from_bytes(wrong, "file", "regression", 2)
    with pytest.raises(ArtifactError, match="other targets"):
        blend_from_bytes(data, "file", "regression", 1)
