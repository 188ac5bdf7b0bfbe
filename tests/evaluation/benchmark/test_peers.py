"""Models of other libraries on our rows; those that are not installed say how to get them."""

from __future__ import annotations

import numpy as np
import pytest

from graftwork.errors import InputError
from graftwork.evaluation import benchmark as bench
from graftwork.evaluation.benchmark.verdicts import table_verdicts
from graftwork.evaluation.peers import PEERS, Labelled, Peer

MODULES = {"chemprop": "chemprop", "torch-molecule": "torch_molecule"}


@pytest.fixture(scope="module")
def rows(nci):
    """Ninety molecules, and how many atoms each has."""
    from rdkit import Chem

    molecules = [m for m in map(Chem.MolFromSmiles, nci[:120]) if m is not None][:90]
    sizes = np.array([[float(m.GetNumAtoms())] for m in molecules])
    return [Chem.MolToSmiles(m) for m in molecules], sizes


def fitted(name, rows, y, kind, seed=0):
    pytest.importorskip(MODULES[name])
    train, val = (Labelled(rows[0][part], y[part]) for part in (slice(0, 60), slice(60, 75)))
    return PEERS[name]().fit(train, val, kind, seed).predict(rows[0][75:])


def test_a_library_that_is_not_there_is_named_with_its_extra():
    class Absent(Peer):
        package = "graftwork-no-such-library"
        kinds = ("regression",)

    with pytest.raises(InputError, match=r"is not installed.*graftwork\[peers\]"):
        Absent.version()


def test_no_peer_is_among_all(config):
    names = {m.name for m in bench.models_named([], None, config)}
    assert names == {m.name for m in bench.models_named([], ["all"], config)}
    assert not names & set(PEERS)
    for name in PEERS:
        with pytest.raises(InputError, match="cannot be called"):
            bench.models_named([f"{name}=default"], [], config)


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_learns_and_its_seed_counts(name, rows):
    found = fitted(name, rows, rows[1], "regression")
    assert found.shape == (15, 1)
    truth = rows[1][75:]
    assert np.corrcoef(found[:, 0], truth[:, 0])[0, 1] > 0.8
    np.testing.assert_array_equal(found, fitted(name, rows, rows[1], "regression"))
    assert not np.array_equal(found, fitted(name, rows, rows[1], "regression", seed=1))


@pytest.mark.parametrize("name", PEERS)
def test_several_tasks_with_gaps_have_probabilities(name, rows):
    y = np.concatenate([rows[1] > 12, rows[1] % 2 > 0], axis=1).astype(float)
    y[::7, 1] = np.nan
    found = fitted(name, rows, y, "classification")
    assert found.shape == (15, 2)
    assert ((found[:, 0] > 0.5) == (y[75:, 0] > 0.5)).mean() > 0.6
    assert found.min() >= 0
    assert found.max() <= 1


def test_chemprop_has_classes(rows):
    found = fitted("chemprop", rows, np.digitize(rows[1], [8, 14]).astype(float), "multiclass")
    assert set(found.ravel()) <= {0.0, 1.0, 2.0}
    assert "multiclass" not in PEERS["torch-molecule"].kinds


def test_chemprop_has_the_settings_of_its_own_command_line():
    pytest.importorskip("chemprop")
    from chemprop.cli.train import add_train_args
    from configargparse import ArgumentParser

    from graftwork.evaluation.peers import chemprop

    usual = add_train_args(ArgumentParser()).parse_args(["--data-path", "x"])
    assert (usual.epochs, usual.aggregation_norm) == (chemprop.EPOCHS, chemprop.AGGREGATION_NORM)
    assert usual.aggregation == "norm"
    assert (usual.patience, usual.grad_clip, usual.batch_norm) == (None, None, False)
    assert usual.tracking_metric == "val_loss"
    model = chemprop._network("classification", np.eye(2), None)
    assert (model.init_lr, model.max_lr, model.final_lr, model.warmup_epochs) == (
        usual.init_lr,
        usual.max_lr,
        usual.final_lr,
        usual.warmup_epochs,
    )
    assert [model.message_passing.depth] == usual.depth
    assert [model.message_passing.W_i.out_features] == usual.message_hidden_dim
    assert model.predictor.hparams["n_layers"] == usual.ffn_num_layers
    assert [model.predictor.hparams["hidden_dim"]] == usual.ffn_hidden_dim
    assert model.predictor.hparams["dropout"] == usual.dropout


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_is_a_row_of_the_table(name, tmp_path, run_here, checkpoint, config, specs):
    pytest.importorskip(MODULES[name])
    models = bench.models_named([f"tiny={checkpoint}"], [name], config)
    data = bench.with_budgets(specs, [12])
    cells = bench.plan(data, models, ("full",), range(2), config)
    made = run_here(tmp_path / "out", data, models, config, cells)
    for dataset in ("sizes@12", "rings@12"):
        first, second = made.results.group(dataset, name, "")
        assert not np.array_equal(
            first.predictions("test", "last"), second.predictions("test", "last")
        )
        assert first.record["notes"] == [f"{name} {PEERS[name].version()}"]
        assert {s["part"] for s in first.record["scores"]} == {"val", "test"}
    assert {v.against for v in table_verdicts(made.results)} == {"scratch:gin-2x8", name}
