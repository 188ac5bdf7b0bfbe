"""Both baselines: textbook formulas, seeds, missing labels, real data."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from counted import one_fingerprint
from graftwork.blend.kernels import FINGERPRINTS, gram
from graftwork.errors import InputError, RunError
from graftwork.evaluation import BASELINES, Baseline, Fingerprints
from graftwork.evaluation.baselines import (
    ForestBaseline,
    GaussianProcessBaseline,
    Numbers,
    forest,
)
from graftwork.metrics import score
from graftwork.rng import derive_seed

NAN = float("nan")


@pytest.fixture
def few_trees(monkeypatch):
    monkeypatch.setattr(forest, "TREES", 20)


@pytest.fixture
def data(random_counts):
    table = Fingerprints.from_counts(random_counts(90))
    rng = np.random.default_rng(1)
    y = table.folded(64) @ rng.normal(size=(64, 2)) + rng.normal(size=(90, 2))
    return one_fingerprint(table), y


def readable(name, table):
    """Give a baseline of numbers the folded counts."""
    if BASELINES[name].reads == "fingerprints":
        return table
    return Numbers(table.fingerprints["ecfp4"].folded(64))


def test_every_concrete_baseline_is_listed():
    assert set(BASELINES.values()) == set(Baseline.__subclasses__())
    assert all(cls.__doc__ for cls in BASELINES.values())


def test_the_posterior_is_the_textbook_one(cmet, cmet_counts):
    table = one_fingerprint(Fingerprints.from_counts(cmet_counts[::11]))
    y = cmet[1][::11][:70] + np.random.default_rng(2).normal(0, 0.6, size=(70, 1))
    train, test = table.take(range(70)), table.take(range(70, 90))
    model = GaussianProcessBaseline().fit(train, y, "regression", 0)
    found = model.models[0].solution
    signal, noise = found.signal, found.noise * found.signal / y.var()
    signal /= y.var()
    centred = (y[:, 0] - y.mean()) / y.std()
    among = gram(FINGERPRINTS, train, train, None)
    covariance = signal * among + noise * np.eye(70)
    cross = signal * gram(FINGERPRINTS, test, train, None)
    mean = y.mean() + y.std() * cross @ np.linalg.solve(covariance, centred)
    variance = signal + noise - np.einsum("ij,ji->i", cross, np.linalg.solve(covariance, cross.T))
    np.testing.assert_allclose(model.predict(test)[:, 0], mean)
    np.testing.assert_allclose(model.predict_std(test)[:, 0], y.std() * np.sqrt(variance))

    def likelihood(signal):
        covariance = signal * (among + found.noise * np.eye(70))
        quadratic = centred @ np.linalg.solve(covariance, centred)
        return -0.5 * (quadratic + np.linalg.slogdet(covariance)[1])

    assert likelihood(signal) > max(likelihood(signal * 0.9), likelihood(signal * 1.1))


def test_many_rows_are_predicted_in_chunks(data, monkeypatch):
    table, y = data
    model = GaussianProcessBaseline().fit(table, y, "regression", 0)
    mean, std = model.predict(table), model.predict_std(table)
    monkeypatch.setattr("graftwork.evaluation.baselines.gaussian_process._CHUNK", 7)
    np.testing.assert_allclose(model.predict(table), mean)
    np.testing.assert_allclose(model.predict_std(table), std)


def test_the_kernel_of_a_large_table_is_computed_task_by_task(data, monkeypatch):
    table, y = data
    y = np.where(np.random.default_rng(0).random(y.shape) < 0.3, np.nan, y)
    fits = [GaussianProcessBaseline(50).fit(table, y, "regression", 3)]
    monkeypatch.setattr("graftwork.evaluation.baselines.gaussian_process._AT_ONCE", 60)
    fits.append(GaussianProcessBaseline(50).fit(table, y, "regression", 3))
    assert len(fits[0].models[0].rows) == 90
    assert len(fits[1].models[0].rows) == 50
    for said in ([f.predict(table) for f in fits], [f.predict_std(table) for f in fits]):
        np.testing.assert_allclose(*said, rtol=1e-8)


def test_above_the_cap_a_random_subset_is_fitted_and_said(data):
    table, y = data
    fits = [GaussianProcessBaseline(40).fit(table, y, "regression", seed) for seed in (0, 0, 1)]
    assert fits[0].notes[0] == "task 0: fitted on a random 40 of 90 labelled rows"
    assert not fits[0].deterministic
    np.testing.assert_array_equal(fits[0].predict(table), fits[1].predict(table))
    assert (fits[0].predict(table) != fits[2].predict(table)).any()
    assert fits[0].fit(table.take(range(40)), y[:40], "regression", 0).deterministic
    with pytest.raises(InputError, match="at least 2"):
        GaussianProcessBaseline(1)


def test_above_the_cap_a_rare_class_is_fitted_first(data):
    table = data[0]
    y = np.zeros((90, 1))
    y[[3, 40, 77]] = 1
    model = GaussianProcessBaseline(30).fit(table, y, "classification", 0)
    assert model.notes[0].endswith("30 of 90 labelled rows, rare classes first")
    process = model.models[0]
    assert np.isin([3, 40, 77], [row for row in range(90) if is_among(process, table, row)]).all()
    assert process.solution.mean == pytest.approx(3 / 90)
    std = model.predict_std(table)
    among = gram(FINGERPRINTS, process.rows, process.rows, None) + np.diag(process.noises)
    cross = gram(FINGERPRINTS, table, process.rows, None)
    left = 1 - np.einsum("ij,ij->i", cross, np.linalg.solve(among, cross.T).T)
    expected = process.solution.signal * (left + process.solution.noise)
    np.testing.assert_allclose(std[:, 0], np.sqrt(expected), rtol=1e-6)


def is_among(process, table, row):
    similar = gram(FINGERPRINTS, table.take([row]), process.rows, None)
    return similar.max() == pytest.approx(1)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("kind", ["classification", "regression"])
@pytest.mark.usefixtures("few_trees")
def test_equal_seeds_give_equal_predictions_in_range(name, kind, data):
    table, y = data
    table = readable(name, table)
    y = (y > np.median(y, axis=0)).astype(float) if kind == "classification" else y
    one, two = (BASELINES[name]().fit(table, y, kind, 3).predict(table) for _ in range(2))
    assert one.shape == (90, 2)
    assert one.dtype == np.float64
    np.testing.assert_array_equal(one, two)
    if kind == "classification":
        assert one.min() >= 0
        assert one.max() <= 1
        assert score(y, one, "roc_auc") > 0.9


@pytest.mark.parametrize("name", [n for n, c in BASELINES.items() if "multiclass" in c.kinds])
@pytest.mark.usefixtures("few_trees")
def test_classes_are_predicted_by_their_numbers(name, data):
    table, y = data
    table = readable(name, table)
    y = np.digitize(y[:, :1], np.quantile(y[:, 0], [0.3, 0.7])) * 2.0  # classes 0, 2 and 4
    predicted = BASELINES[name]().fit(table, y, "multiclass", 0).predict(table)
    assert set(predicted[:, 0]) == {0.0, 2.0, 4.0}
    assert score(y, predicted, "multiclass_accuracy") > 0.75
    for wrong in (y - 2, y + 0.5):
        with pytest.raises(InputError, match="label in row"):
            BASELINES[name]().fit(table, wrong, "multiclass", 0)


def test_a_gaussian_process_is_not_for_classes(data):
    with pytest.raises(InputError, match="'multiclass'"):
        GaussianProcessBaseline().fit(data[0], np.zeros((90, 1)), "multiclass", 0)


@pytest.mark.usefixtures("few_trees")
def test_only_the_forest_depends_on_the_seed(data):
    table, y = data
    for name, differs in (("ecfp-rf", True), ("fingerprint-gp", False)):
        one, two = (BASELINES[name]().fit(table, y, "regression", s) for s in (1, 2))
        assert (one.predict(table) != two.predict(table)).any() == differs
        assert one.deterministic != differs


@pytest.mark.parametrize("kind", ["classification", "multiclass"])
@pytest.mark.usefixtures("few_trees")
def test_a_forest_of_classes_is_the_one_of_the_dense_table(kind, cmet, cmet_counts):
    table = one_fingerprint(Fingerprints.from_counts(cmet_counts))
    edges = [0.5] if kind == "classification" else [0.3, 0.7]
    y = np.digitize(cmet[1], np.quantile(cmet[1], edges)).astype(float)
    found = ForestBaseline().fit(table, y, kind, 3).predict(table)[:, 0]
    dense = table.fingerprints["ecfp4"].folded(forest.COLUMNS)
    stream = derive_seed(3, "ecfp-rf", 0) % 2**32
    plain = RandomForestClassifier(20, random_state=stream).fit(dense, y[:, 0])
    classes = kind == "multiclass"
    expected = plain.predict(dense) if classes else plain.predict_proba(dense)[:, 1]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.usefixtures("few_trees")
def test_rows_without_a_label_are_as_if_absent(name, data):
    table, y = data
    table = readable(name, table)
    missing = y.copy()
    missing[10:40, 0] = NAN
    keep = np.r_[0:10, 40:90]
    whole = BASELINES[name]().fit(table, missing, "regression", 0)
    part = BASELINES[name]().fit(table.take(keep), missing[keep, :1], "regression", 0)
    np.testing.assert_allclose(whole.predict(table)[:, 0], part.predict(table)[:, 0])


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.usefixtures("few_trees")
def test_a_task_without_anything_to_learn_gets_a_constant_and_a_note(name, data):
    table = readable(name, data[0])
    y = np.full((90, 3), NAN)
    y[:20, 1] = 1.0
    y[:, 2] = np.arange(90) % 2
    model = BASELINES[name]().fit(table, y, "classification", 0)
    predicted = model.predict(table)
    assert (predicted[:, 0] == 0.5).all()
    assert (predicted[:, 1] == 1.0).all()
    assert len(set(predicted[:, 2])) > 1
    assert [note[:6] for note in model.notes[:2]] == ["task 0", "task 1"]
    if isinstance(model, GaussianProcessBaseline):
        std = model.predict_std(table)
        assert np.isnan(std[:, :2]).all()
        assert np.isfinite(std[:, 2]).all()


@pytest.mark.parametrize(
    ("y", "kind", "message"),
    [
        (np.zeros((3, 1)), "regression", "do not fit"),
        (np.zeros(90), "regression", "do not fit"),
        (np.full((90, 1), np.inf), "regression", "row 0, task 0 is inf"),
        (np.full((90, 1), 2.0), "classification", "row 0, task 0 is 2"),
        (np.zeros((90, 1)), "ranking", "ranking"),
    ],
)
def test_labels_that_do_not_fit_are_refused(y, kind, message, data):
    with pytest.raises(InputError, match=message):
        ForestBaseline().fit(data[0], y, kind, 0)


def test_predicting_before_fitting_is_refused(data):
    with pytest.raises(RunError, match="not been fitted"):
        GaussianProcessBaseline().predict(data[0])


def test_both_beat_the_mean_on_real_molecules(cmet, cmet_counts):
    table, y = one_fingerprint(Fingerprints.from_counts(cmet_counts)), cmet[1]
    order = np.random.default_rng(0).permutation(len(y))
    train, test = order[:813], order[813:]
    mean = score(y[test], np.full((len(test), 1), y[train].mean()), "rmse")
    for cls in (ForestBaseline, GaussianProcessBaseline):
        model = cls().fit(table.take(train), y[train], "regression", 0)
        assert score(y[test], model.predict(table.take(test)), "rmse") < 0.7 * mean
        if isinstance(model, GaussianProcessBaseline):
            error = np.abs(model.predict(table.take(test)) - y[test])
            inside = error < 1.645 * model.predict_std(table.take(test))
            assert 0.82 < inside.mean() < 0.98
