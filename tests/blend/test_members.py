"""The models beside the network: real molecules, missing labels, seeds."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem
from sklearn.ensemble import ExtraTreesRegressor

from counted import real_molecules
from graftwork.blend import Forest, Molecules, forest, molecules
from graftwork.blend.fingerprints import Fingerprints
from graftwork.blend.kernels import FINGERPRINTS, gram, scale_of
from graftwork.blend.members import MEMBERS, fit_member
from graftwork.blend.process import predicted
from graftwork.data.featurize import SCHEMAS
from graftwork.data.featurize.counts import COUNTS, DESCRIPTOR_NAMES, Described


@pytest.fixture(scope="module")
def table(nci):
    found = [m for m in map(Chem.MolFromSmiles, nci[:160]) if m is not None]
    weight = np.array([[m.GetNumHeavyAtoms() / 10 for m in found]]).T
    rings = np.array([[float(m.GetRingInfo().NumRings()) for m in found]]).T
    embedding = np.random.default_rng(0).normal(size=(len(found), 4)) + weight
    return real_molecules(found, embedding.astype(np.float32)), np.hstack([weight, rings])


def fitted(name, table, y, seed=0, unknown=0.0):
    return fit_member(name, table, y, np.arange(len(y)) % 5, seed, unknown)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_learns_size_and_rings(name, table):
    molecules, y = table
    rows = np.random.default_rng(0).permutation(len(y))
    train, test = rows[40:], rows[:40]
    predicted = fitted(name, molecules.take(train), y[train]).predict(molecules.take(test))
    assert predicted.shape == (40, 2)
    error = np.square(predicted - y[test]).mean(0) / y[test].var(0)
    assert error[0] < 0.5
    assert name == "embedding-gp" or error[1] < 0.5  # the embedding knows nothing of rings


@pytest.mark.parametrize("name", MEMBERS)
def test_one_row_is_predicted_as_among_many(name, table):
    molecules, y = table
    model = fitted(name, molecules, y)
    together = model.predict(molecules)
    for row in (0, 7, 100):
        np.testing.assert_allclose(
            model.predict(molecules.take([row]))[0], together[row], rtol=1e-9, atol=1e-12
        )
    assert model.predict(molecules.take([])).shape == (0, 2)


@pytest.mark.parametrize("name", MEMBERS)
def test_each_target_is_fitted_on_its_own_labels(name, table):
    molecules, y = table
    missing = y.copy()
    missing[5:60, 0] = np.nan
    missing[:, 1] = np.nan
    model = fitted(name, molecules, np.hstack([missing, np.ones((len(y), 1))]), unknown=0.5)
    predicted = model.predict(molecules)
    assert (predicted[:, 1] == 0.5).all()
    assert (predicted[:, 2] == 1.0).all()
    assert predicted[:, 0].std() > 0.1
    if name == "fingerprint-gp":  # whose kernel knows nothing of the rows without a label
        keep = ~np.isnan(missing[:, 0])
        folds = (np.arange(len(y)) % 5)[keep]
        alone = fit_member(name, molecules.take(keep), missing[keep, :1], folds, 0, 0.0)
        np.testing.assert_allclose(alone.predict(molecules)[:, 0], predicted[:, 0], rtol=1e-6)


def test_processes_of_the_same_rows_share_kernels_and_say_what_they_say_alone(table, monkeypatch):
    molecules, y = table
    counted = []

    def counting(kernel, left, right, scale):
        counted.append((kernel, len(left), len(right)))
        return gram(kernel, left, right, scale)

    monkeypatch.setattr("graftwork.blend.kernels.gram", counting)
    monkeypatch.setattr("graftwork.blend.process.gram", counting)
    monkeypatch.setattr("graftwork.blend.process._CHUNK", 50)
    shared = molecules.take(range(90))
    names = ["fingerprint-gp", "molecule-gp", "joint-gp"]
    together = {name: fitted(name, shared, y[:90]) for name in names}
    assert len(counted) == 3  # one of each kernel, not six
    said = predicted(together, molecules.take(range(90, 150)))
    assert len(counted) == 3 + 2 * 3  # once for each part of the rows
    for name in names:
        alone = fitted(name, molecules.take(range(90)), y[:90])
        np.testing.assert_array_equal(alone.predict(molecules.take(range(90, 150))), said[name])
    other = predicted({"a": together["joint-gp"], "b": alone}, molecules.take([3]))  # other tables
    np.testing.assert_array_equal(other["a"], other["b"])


def test_the_forest_is_that_of_scikit_learn(table, monkeypatch):
    molecules, y = table
    made = []

    class Kept(ExtraTreesRegressor):
        def fit(self, x, y):
            made.append((super().fit(x, y), x))
            return self

    monkeypatch.setattr("sklearn.ensemble.ExtraTreesRegressor", Kept)
    model = Forest.fitted(molecules, y, 3)
    (trees, x), *others = made
    assert not others  # both targets share them
    expected = trees.predict(x) * y.std(0) + y.mean(0)
    np.testing.assert_allclose(model.predict(molecules), expected, rtol=1e-6, atol=1e-9)
    again, other = (Forest.fitted(molecules, y, seed).predict(molecules) for seed in (3, 4))
    np.testing.assert_array_equal(again, model.predict(molecules))
    assert (other != again).any()


def test_a_forest_knows_which_labels_are_missing(table):
    molecules, y = table
    y = np.column_stack([y, np.full(len(y), 3.0), np.full(len(y), np.nan)])
    y[::3, 0] = np.nan
    y[:40] = np.nan
    model = Forest.fitted(molecules, y, 0, unknown=0.5)
    assert len(model.leaf) == len(y) - 40
    predicted = model.predict(molecules)
    np.testing.assert_allclose(predicted[:, 2:], [[3.0, 0.5]] * len(y))
    kept = ~np.isnan(y[:, 0])
    assert np.nanmin(y[:, 0]) <= predicted[:, 0].min() < predicted[:, 0].max() <= np.nanmax(y[:, 0])
    assert np.corrcoef(predicted[kept, 0], y[kept, 0])[0, 1] > 0.9
    nothing = Forest.fitted(molecules, np.full((len(y), 2), np.nan), 0, unknown=0.5)
    np.testing.assert_array_equal(nothing.predict(molecules), 0.5)


def test_a_forest_is_the_kernel_of_shared_leaves(table, monkeypatch):
    molecules, y = table
    y = np.column_stack([y > np.median(y, 0), y])
    y[::3, 0] = np.nan
    model = Forest.fitted(molecules, y, 0)
    monkeypatch.setattr("graftwork.blend.forest._TARGETS", 3)  # one of them alone in a part
    found = model.predict(molecules)
    same = model.leaf[:, None, :] == model.leaf[None, :, :]
    weights = (same / same.sum(0)).sum(2)  # of each leaf that a row reaches, equal shares
    known = ~np.isnan(y)
    expected = weights @ np.where(known, y, 0) / (weights @ known)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_forest_of_many_targets_learns_each(table):
    molecules, y = table
    rng = np.random.default_rng(0)
    values = y @ rng.normal(size=(2, 40))
    many = (values > np.median(values, 0)).astype(np.float64)
    model = Forest.fitted(molecules, many, 0)
    assert model.roots.shape == (forest.TREES,)
    predicted = model.predict(molecules)
    assert predicted.min() >= 0
    assert predicted.max() <= 1
    ranks = [np.corrcoef(predicted[:, t], many[:, t])[0, 1] for t in range(40)]
    assert min(ranks) > 0.5
    leaves = np.unique(model.leaf[:, 0], return_counts=True)[1]
    assert leaves.min() >= 6  # classes


def test_a_sum_of_kernels_is_a_kernel_with_one_on_the_diagonal(table):
    found, _ = table
    for kernel in (FINGERPRINTS, "descriptors", "embedding"):
        values = gram(kernel, found, found, scale_of(kernel, found))
        np.testing.assert_allclose(np.diag(values), 1)
        np.testing.assert_allclose(values, values.T, atol=1e-12)
        assert np.linalg.eigvalsh(values).min() > -1e-9
    mean = sum(found.fingerprints[name].minmax_gram() for name in COUNTS) / 5
    np.testing.assert_allclose(gram(FINGERPRINTS, found, found, None), mean)


def test_a_constant_or_a_wild_descriptor_harms_nothing(table):
    found, y = table
    values = found.numbers["descriptors"].copy()
    values[:, 0], values[0, 1] = 3.0, 1e6
    odd = Molecules(found.fingerprints, {"descriptors": values})
    predicted = fitted("molecule-gp", odd, y).predict(odd)
    assert np.isfinite(predicted).all()
    values[:, 0] = 4.0  # never seen to vary, so it cannot count
    moved = Molecules(found.fingerprints, {"descriptors": values})
    np.testing.assert_array_equal(fitted("molecule-gp", odd, y).predict(moved), predicted)


def test_described_in_worker_processes_as_here(nci, table):
    texts = [text for text in nci[:160] if Chem.MolFromSmiles(text) is not None]
    texts.insert(3, "C1CC")
    found = molecules.describe(SCHEMAS["default"], texts)
    here = table[0]
    keep = [i for i in range(len(texts)) if i != 3]
    np.testing.assert_array_equal(
        found.take(keep).numbers["descriptors"], here.numbers["descriptors"]
    )
    for name in COUNTS:
        np.testing.assert_array_equal(
            found.take(keep).fingerprints[name].folded(64), here.fingerprints[name].folded(64)
        )
        assert found.take([3]).fingerprints[name].folded(64).sum() == 0
    assert Described.empty(2).descriptors.shape == (2, len(DESCRIPTOR_NAMES))
    assert (
        len(set(DESCRIPTOR_NAMES)) == len(DESCRIPTOR_NAMES) == found.numbers["descriptors"].shape[1]
    )


def test_a_forest_reads_no_more_than_it_says(table):
    found, y = table
    model = Forest.fitted(found, y, 0)
    lean = found.only(forest.TABLES)
    np.testing.assert_array_equal(model.predict(lean), model.predict(found))


def test_tables_below_each_other_are_one_table(table):
    table = table[0]
    parts = [table.take(np.arange(20)), table.take(np.arange(20, len(table)))]
    # a table of few rows knows fewer substructures
    parts[0] = Molecules(
        {name: Fingerprints.joined([part]) for name, part in parts[0].fingerprints.items()},
        parts[0].numbers,
    )
    joined = Molecules.joined(parts)
    for name, expected in table.fingerprints.items():
        found = joined.fingerprints[name]
        np.testing.assert_allclose(found.minmax_gram(), expected.minmax_gram())
        assert len(parts[0].fingerprints[name].ids) < len(expected.ids)
    for name, numbers in table.numbers.items():
        np.testing.assert_array_equal(joined.numbers[name], numbers)
