"""Fine-tuning one predictor."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from graftwork.errors import InputError
from graftwork.metrics import score
from graftwork.training.fit import fit
from graftwork.training.fit_config import FitConfig
from graftwork.training.fitted import together
from graftwork.training.freeze import STRATEGIES
from graftwork.training.lesson import WholeNetwork, predict_rows

CONFIG = FitConfig(strategy="full", epochs=3, batch_size=8, device="cpu", learning_rate=1e-3)
TRAIN, VAL, TEST = np.arange(24), np.arange(24, 34), np.arange(34, 44)
NONE = np.array([], np.int64)


@pytest.fixture(scope="module")
def store(make_store, nci):
    found = make_store(nci[300:350])
    assert len(found) >= 44
    return found


@pytest.fixture(scope="module")
def y(store):
    """Something that can be learned: the share of atoms that are not carbon, and noise."""
    ids = store.graphs.node_cat[:, 0]
    shares = [
        float((ids[a:b] != 5).mean())
        for a, b in zip(store.graphs.node_ptr[:-1], store.graphs.node_ptr[1:], strict=True)
    ]
    return np.array(shares)[:, None] + np.random.default_rng(0).normal(0, 0.02, (len(store), 1))


def run(store, y, encoder, config=CONFIG, train=TRAIN, val=VAL, kind="regression", **more):
    tasks = tuple(f"t{i}" for i in range(y.shape[1]))
    return fit(store, y, train, val, encoder, config, kind, tasks, **{"seed": 1, **more})


def same(one, other):
    a, b = one.predictor.state_dict(), other.predictor.state_dict()
    return list(a) == list(b) and all(a[name].equal(b[name]) for name in a)


def test_the_same_seed_gives_the_same_weights_and_another_others(store, y, tiny_encoder):
    encoder = tiny_encoder()
    first = run(store, y, encoder)
    torch.manual_seed(123)  # the state of torch's own generator plays no part
    second = run(store, y, encoder)
    assert same(first, second)
    assert first.losses == second.losses
    assert first.scores == second.scores
    assert not same(first, run(store, y, encoder, seed=2))


def test_an_ensemble_says_the_mean_of_networks_that_differ(store, y, tiny_encoder):
    encoder, reached = tiny_encoder(), []
    alone = run(store, y, encoder)
    found = run(store, y, encoder, replace(CONFIG, ensemble=3), on_epoch=reached.append)
    first, *others = members = found.predictor.members
    assert (len(members), found.predictor.head.config.members) == (3, 3)
    for name, value in alone.predictor.state_dict().items():
        assert value.equal(first.state_dict()[name])
        if name.endswith("weight") and "head" in name:
            assert not any(value.equal(other.state_dict()[name]) for other in others)
    said = [predict_rows(other, store, TEST) for other in others]
    said.append(predict_rows(alone.predictor, store, TEST))
    np.testing.assert_allclose(predict_rows(found.predictor, store, TEST), np.mean(said, 0), 1e-5)
    assert (found.losses, found.scores) == (alone.losses, alone.scores)
    before = torch.get_rng_state()
    together([alone, alone])  # while another thread may be drawing weights
    assert torch.get_rng_state().equal(before)
    assert reached == pytest.approx([i / 9 for i in range(1, 10)])
    last = found.at_last_epoch().members[0].state_dict()
    assert all(value.equal(last[name]) for name, value in alone.last_weights.items())


@pytest.mark.parametrize("strategy", ["frozen", "linear-probe"])
def test_a_frozen_encoder_computed_once_trains_the_same_head(
    store, y, tiny_encoder, monkeypatch, strategy
):
    config = replace(CONFIG, strategy=strategy, precision="32-true")
    encoder = tiny_encoder()
    once = run(store, y, encoder, config)
    monkeypatch.setattr("graftwork.training.fit.HeadAlone", lambda *a: WholeNetwork(*a[:3]))
    again = run(store, y, encoder, config)
    np.testing.assert_allclose(once.losses, again.losses, rtol=1e-4)
    np.testing.assert_allclose(once.scores, again.scores, rtol=1e-4)
    states = once.predictor.state_dict(), again.predictor.state_dict()
    for name, value in states[0].items():
        torch.testing.assert_close(value, states[1][name], rtol=1e-3, atol=1e-5)
    for name, value in encoder.state_dict().items():
        assert value.equal(once.predictor.encoder.state_dict()[name])
    rows = predict_rows(once.predictor, store, VAL)
    assert score(y[VAL], rows, "rmse") == pytest.approx(min(once.scores), rel=1e-4)


def test_few_rows_leave_a_pretrained_encoder_alone(store, y, tiny_encoder):
    encoder = tiny_encoder()
    auto = replace(CONFIG, strategy="auto")
    assert same(
        run(store, y, encoder, auto), run(store, y, encoder, replace(auto, strategy="frozen"))
    )
    scratch = run(store, y, encoder, auto, scratch=True)
    assert same(scratch, run(store, y, encoder, CONFIG, scratch=True))


def test_labels_of_test_rows_change_nothing(store, y, tiny_encoder):
    encoder = tiny_encoder()
    other = y.copy()
    other[TEST] = np.random.default_rng(9).normal(1e6, 1, other[TEST].shape)
    other[TEST[:3]] = np.nan
    assert same(run(store, y, encoder), run(store, other, encoder))
    other[TRAIN[0]] += 1
    assert not same(run(store, y, encoder), run(store, other, encoder))


def test_labels_of_validation_rows_only_choose_the_epoch(store, y, tiny_encoder):
    encoder = tiny_encoder()
    other = y.copy()
    other[VAL] += 5
    first, second = run(store, y, encoder), run(store, other, encoder)
    assert first.losses == second.losses
    assert first.scores != second.scores


def test_the_encoder_given_is_not_changed(store, y, tiny_encoder):
    encoder = tiny_encoder()
    before = copy.deepcopy(encoder.state_dict())
    run(store, y, encoder)
    assert all(before[name].equal(value) for name, value in encoder.state_dict().items())


def test_scratch_ignores_the_weights_and_pretrained_does_not(store, y, tiny_encoder):
    one, other = tiny_encoder(seed=1), tiny_encoder(seed=2)
    assert same(run(store, y, one, scratch=True), run(store, y, other, scratch=True))
    assert not same(run(store, y, one), run(store, y, other))
    assert not same(run(store, y, one), run(store, y, one, scratch=True))


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_the_best_validation_epoch_is_kept(store, y, tiny_encoder, kind):
    """The predictor left scores on the validation rows what the best epoch scored."""
    rng = np.random.default_rng(4)
    noise = rng.normal(size=y.shape)  # nothing to learn: the best epoch comes early
    labels = (noise > 0).astype(float) if kind == "classification" else noise
    config = replace(CONFIG, epochs=12, learning_rate=1e-2, dropout=0.0)
    fitted = run(store, labels, tiny_encoder(), config, kind=kind)
    pick = np.argmax if kind == "classification" else np.argmin
    assert fitted.best_epoch == int(pick(fitted.scores)) + 1
    assert fitted.best_epoch < len(fitted.scores)
    metric = "roc_auc" if kind == "classification" else "rmse"
    found = score(labels[VAL], predict_rows(fitted.predictor, store, VAL), metric)
    assert found == pytest.approx(fitted.scores[fitted.best_epoch - 1], rel=1e-6)
    assert not fitted.predictor.training


def test_patience_ends_the_run(store, tiny_encoder, y):
    noise = np.random.default_rng(4).normal(size=y.shape)
    config = replace(CONFIG, epochs=30, patience=2, learning_rate=1e-2)
    fitted = run(store, noise, tiny_encoder(), config)
    assert len(fitted.scores) == fitted.best_epoch + 2 < 30


def test_one_class_in_validation_lets_the_squared_error_choose(store, y, tiny_encoder):
    labels = (y > np.median(y)).astype(float)
    labels[VAL] = 1.0
    config = replace(CONFIG, epochs=4, dropout=0.0)
    fitted = run(store, labels, tiny_encoder(), config, kind="classification")
    assert np.isnan(fitted.scores).all()
    errors = []
    for epochs in range(1, 5):
        part = run(
            store,
            labels,
            tiny_encoder(),
            config,
            val=NONE,
            kind="classification",
            stop_after=epochs,
        )
        errors.append(((predict_rows(part.predictor, store, VAL) - labels[VAL]) ** 2).mean())
    assert fitted.best_epoch == int(np.argmin(errors)) + 1


def test_without_validation_rows_the_last_epoch_counts(store, y, tiny_encoder):
    fitted = run(store, y, tiny_encoder(), val=NONE, stop_after=2)
    assert (fitted.best_epoch, len(fitted.losses), fitted.scores) == (2, 2, [])


def test_stopping_early_is_a_prefix_of_the_same_schedule(store, y, tiny_encoder):
    encoder = tiny_encoder()
    whole = run(store, y, encoder, val=NONE)
    part = run(store, y, encoder, val=NONE, stop_after=2)
    assert whole.losses[:2] == part.losses
    assert not same(whole, part)


def test_looking_at_validation_rows_does_not_disturb_training(store, y, tiny_encoder):
    encoder, config = tiny_encoder(), replace(CONFIG, dropout=0.3)
    seen = run(store, y, encoder, config)
    assert seen.losses == run(store, y, encoder, config, val=NONE).losses
    assert len(seen.scores) == len(seen.losses) == 3


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_overfits_sixteen_molecules(store, y, tiny_encoder, kind):
    labels = np.random.default_rng(1).integers(0, 2, y.shape).astype(float)
    if kind == "regression":
        labels = 50 + 10 * labels
    config = replace(CONFIG, epochs=60, learning_rate=1e-2, dropout=0.0, batch_size=16)
    fitted = run(store, labels, tiny_encoder(dim=32), config, TRAIN[:16], NONE, kind)
    predicted = predict_rows(fitted.predictor, store, TRAIN[:16])
    if kind == "classification":
        assert score(labels[:16], predicted, "roc_auc") == 1
    else:
        assert score(labels[:16], predicted, "rmse") < 1


def test_a_linear_probe_leaves_the_encoder_bit_for_bit(store, y, tiny_encoder):
    encoder = tiny_encoder()
    fitted = run(store, y, encoder, replace(CONFIG, strategy="linear-probe"))
    after = fitted.predictor.encoder.state_dict()
    assert all(value.equal(after[name]) for name, value in encoder.state_dict().items())
    assert fitted.predictor.head.config.hidden_layers == 0
    assert fitted.losses[-1] < fitted.losses[0]


def test_missing_labels_and_a_task_without_any(store, y, tiny_encoder):
    labels = np.concatenate([y, y[::-1], np.full_like(y, np.nan)], 1)
    labels[TRAIN[::2], 1] = np.nan
    labels[VAL, 1] = np.nan
    fitted = run(store, labels, tiny_encoder())
    assert np.isfinite(fitted.scores).all()
    assert np.isfinite(predict_rows(fitted.predictor, store, TEST)).all()


def test_predictions_keep_the_order_of_the_rows(store, y, tiny_encoder):
    fitted = run(store, y, tiny_encoder())
    order = np.random.default_rng(0).permutation(len(store))
    shuffled = predict_rows(fitted.predictor, store, order)
    np.testing.assert_allclose(
        shuffled, predict_rows(fitted.predictor, store, np.arange(len(store)))[order], atol=1e-5
    )
    assert np.std(shuffled) > 0


def test_a_time_limit_ends_the_run_after_an_epoch(store, y, tiny_encoder):
    config = replace(CONFIG, epochs=10_000, patience=10_000)
    fitted = run(store, y, tiny_encoder(), config, time_limit=0.5)
    assert 1 <= len(fitted.losses) < 10_000
    assert 1 <= fitted.best_epoch <= len(fitted.losses)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"strategy": "half"}, "'half'.*" + ", ".join(STRATEGIES)),
        ({"pooling": "median"}, "'median'"),
        ({"dropout": 1.5}, "1.5"),
        ({"epochs": 0}, "epochs = 0"),
        ({"batch_size": 0}, "batch_size = 0"),
        ({"learning_rate": -1.0}, "learning_rate = -1.0"),
        ({"hidden_layers": -1}, "hidden_layers = -1"),
    ],
)
def test_impossible_settings_are_refused(store, y, tiny_encoder, change, said):
    with pytest.raises(InputError, match=said):
        run(store, y, tiny_encoder(), replace(CONFIG, **change))


def test_a_delayed_encoder_stands_still_for_the_first_half_and_then_learns(store, y, tiny_encoder):
    encoder = tiny_encoder()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    config = replace(CONFIG, strategy="delayed", epochs=4, patience=4)

    def moved(epochs):
        fitted = run(store, y, encoder, config, val=NONE, stop_after=epochs)
        after = fitted.predictor.encoder.state_dict()
        return {name for name, value in before.items() if not value.equal(after[name])}

    assert moved(2) == set()
    assert "norms.0.running_mean" in moved(3)
    assert moved(3) == moved(4) == set(before)


def test_patience_does_not_end_a_delayed_run_before_the_encoder_learns(store, tiny_encoder):
    noise = np.random.default_rng(0).normal(size=(len(store), 1))
    for seed in range(4):
        encoder = tiny_encoder()
        config = replace(CONFIG, strategy="delayed", epochs=9, patience=1, learning_rate=1e-9)
        fitted = run(store, noise, encoder, config, seed=seed)
        assert len(fitted.losses) > 5  # it stands still in the first five
        before, after = encoder.state_dict(), fitted.last_weights
        assert not before["norms.0.running_mean"].equal(after["encoder.norms.0.running_mean"])
