"""``--model auto`` from end to end: what is left behind, and what it predicts."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

import graftwork
from graftwork.blend import NETWORK
from graftwork.blend.storage import blend_to_bytes
from graftwork.data.cmet import write_cmet
from graftwork.errors import ArtifactError
from graftwork.nn.artifact import load_artifact, save_artifact

TINY = {"epochs": 2, "num_seeds": 2, "batch_size": 16, "device": "cpu", "baselines": ()}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cmet")
    frame = pd.read_csv(write_cmet(folder / "all.csv"))[::5].reset_index(drop=True)
    frame.loc[5, "smiles"] = "C1CC"
    frame["active"] = (frame["pIC50"] > 7).astype(float).where(frame.index % 3 > 0)
    frame["level"] = np.digitize(frame["pIC50"], [6, 8])
    frame.to_csv(folder / "cmet.csv", index=False)
    return folder / "cmet.csv"


@pytest.fixture(scope="module")
def run(table, start, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    return graftwork.finetune(table, "pIC50", folder, start_from=start, **TINY)


def numbers(run):
    return json.loads((run.folder / "metrics.json").read_text())


def test_the_blend_stands_beside_the_others(run):
    found = numbers(run)
    assert {row["model"] for row in found["results"]} == {"auto", "pretrained", "scratch"}
    assert {row["split"] for row in found["results"] if row["model"] == "auto"} == {"test"}
    models = {model["model"]: model for model in found["blend"]["models"]}
    assert set(models) == {
        *("network", "fingerprint-gp", "molecule-gp", "embedding-gp", "joint-gp"),
        *("extra-trees", "auto"),
    }
    weights = [m["weights"][0] for name, m in models.items() if name != "auto"]
    assert sum(weights) == pytest.approx(1)
    assert models["network"]["weights"] == [0.0]  # two epochs of a tiny network teach nothing
    best = min(m["scores"][0] for name, m in models.items() if name != "auto")
    assert models["auto"]["scores"][0] <= best * 1.02  # nearly even weights: the rows are few
    assert found["intervals"]["auto"]["estimate"] < found["intervals"]["scratch"]["estimate"]
    compared = {(c["model"], c["against"]) for c in found["comparisons"]}
    assert compared == {("pretrained", "scratch"), ("auto", "pretrained"), ("auto", "scratch")}
    assert run.verdict == next(
        c["verdict"] for c in found["comparisons"] if c["against"] == "scratch"
    )


def test_the_report_and_the_card_say_what_is_in_the_blend(run):
    sentence = numbers(run)["blend"]["sentence"]
    assert "its weight is 0" in sentence
    report = (run.folder / "report.html").read_text()
    assert "its weight is 0" in report
    for text in ("molecule-gp", "embedding-gp", "Out of fold"):
        assert text in report
    assert "its weight is 0" in (run.folder / "model" / "README.md").read_text()


def test_the_model_left_behind_predicts_in_order(run, table):
    frame = pd.read_csv(table)
    texts = frame["smiles"][:20].tolist()
    model = graftwork.load(run.folder)
    found = model.predict(texts)
    assert found["status"].tolist() == ["ok"] * 5 + ["rejected"] + ["ok"] * 14
    kept = np.arange(20) != 5
    error = found["pred_pIC50"][kept] - frame["pIC50"][:20][kept]
    assert np.sqrt((error**2).mean()) < 0.7 * frame["pIC50"].std()
    alone = pd.concat([model.predict(text) for text in texts])
    np.testing.assert_allclose(alone["pred_pIC50"], found["pred_pIC50"], rtol=1e-6)
    backwards = model.predict(texts[::-1])
    np.testing.assert_allclose(backwards["pred_pIC50"][::-1], found["pred_pIC50"], rtol=1e-6)
    assert model.embed(texts).shape == (20, model.width)


def test_a_model_of_the_split_says_what_was_measured(table, start, tmp_path):
    """Also where network and embedding have weights: then everything is computed."""
    settings = {**TINY, "start_from": start, "num_seeds": 1, "refit": False, "split": "random"}
    run = graftwork.finetune(table, "pIC50", tmp_path / "run", **settings)
    rows = pd.read_csv(run.folder / "predictions.csv")
    found = graftwork.load(run.folder).predict(rows["smiles"].tolist())
    np.testing.assert_allclose(found["pred_pIC50"], rows["auto_pIC50"], atol=1e-4)


def test_a_network_without_weight_is_not_computed(run, start, tmp_path, monkeypatch):
    from graftwork.blend import Blend
    from graftwork.blend.members import fit_member
    from graftwork.evaluation.auto_tables import MoleculeTables

    data = run.experiment.data
    frozen = load_artifact(graftwork.nn.checkpoints.find_model(start)).encoder
    tables = MoleculeTables(data, frozen).take(np.arange(len(data.y)))
    member = fit_member("embedding-gp", tables, data.y, np.arange(len(data.y)) % 5, 0, 0.0)
    state = {k: v.numpy() for k, v in frozen.state_dict().items()}
    worth = {NETWORK: np.zeros(1), "embedding-gp": np.ones(1)}
    blend = Blend("regression", worth, {"embedding-gp": member}, state)
    predictor = load_artifact(run.folder / "model").predictor
    save_artifact(tmp_path / "model", predictor, {}, None, blend_to_bytes(blend))
    model = graftwork.load(tmp_path / "model")
    monkeypatch.setattr(model, "_predict_batch", lambda *_, **__: pytest.fail("was asked"))
    found = model.predict(data.structures)["pred_pIC50"]
    np.testing.assert_allclose(found, member.predict(tables)[:, 0], rtol=1e-4)


@pytest.mark.parametrize("embedding", [True, False])
def test_the_network_and_the_frozen_encoder_take_part(run, start, tmp_path, embedding):
    from graftwork.blend import Blend
    from graftwork.blend.members import fit_member
    from graftwork.evaluation.auto_tables import MoleculeTables
    from graftwork.training.lesson import predict_rows

    data = run.experiment.data
    frozen = load_artifact(graftwork.nn.checkpoints.find_model(start)).encoder
    tables = MoleculeTables(data, frozen).take(np.arange(len(data.y)))
    name = "embedding-gp" if embedding else "molecule-gp"
    member = fit_member(name, tables, data.y, np.arange(len(data.y)) % 5, 0, 0.0)
    state = {k: v.numpy() for k, v in frozen.state_dict().items()} if embedding else {}
    half = np.array([0.5])
    blend = Blend("regression", {NETWORK: half, name: half}, {name: member}, state)
    predictor = load_artifact(run.folder / "model").predictor
    save_artifact(tmp_path / "model", predictor, {}, None, blend_to_bytes(blend))
    found = graftwork.load(tmp_path / "model").predict(data.structures)["pred_pIC50"]
    network = predict_rows(predictor, data.store, np.arange(len(data.y)))
    expected = (network + member.predict(tables)) / 2
    np.testing.assert_allclose(found, expected[:, 0], rtol=1e-4)


@pytest.mark.parametrize(
    ("target", "task"), [("active", "classification"), ("level", "multiclass")]
)
def test_classes_are_blended_too(table, start, tmp_path, target, task):
    settings = {**TINY, "start_from": start, "num_seeds": 1, "task": task, "split": "random"}
    run = graftwork.finetune(table, target, tmp_path / "run", **settings)
    frame = pd.read_csv(table)
    found = graftwork.load(run.folder).predict(frame["smiles"].tolist())[f"pred_{target}"]
    known = found.notna() & frame[target].notna()
    hit = (found.round() == frame[target])[known]
    assert hit.mean() > 0.8
    if task == "multiclass":
        assert set(found.dropna()) <= {0.0, 1.0, 2.0}
    else:
        assert found.dropna().between(0, 1).all()
        assert (found % 1 > 0).mean() > 0


def test_several_targets_have_weights_of_their_own(table, start, tmp_path):
    frame = pd.read_csv(table)
    frame["pair"] = np.where(frame.index % 2 > 0, 20 * frame["pIC50"], np.nan)
    frame.to_csv(tmp_path / "two.csv", index=False)
    settings = {**TINY, "start_from": start, "num_seeds": 1, "task": "regression"}
    run = graftwork.finetune(tmp_path / "two.csv", ["pIC50", "pair"], tmp_path / "run", **settings)
    weights = np.array([m["weights"] for m in numbers(run)["blend"]["models"][:-1]])
    np.testing.assert_allclose(weights.sum(0), 1)
    found = graftwork.load(run.folder).predict(frame["smiles"].tolist())
    assert found["pred_pair"].corr(frame["pair"]) > 0.6
    assert found["pred_pIC50"].corr(frame["pIC50"]) > 0.6


@pytest.mark.parametrize("one_fold", [False, True])
def test_of_many_rows_trees_learn_from_more_than_processes(run, monkeypatch, one_fold):
    from graftwork.blend import Forest
    from graftwork.evaluation import auto, auto_rows
    from graftwork.evaluation.auto_tables import MoleculeTables

    for name, rows in (("_TREES_ROWS", 90), ("_PROCESS_ROWS", 40), ("_LEAST_ROWS", 40)):
        monkeypatch.setattr(auto_rows, name, rows)
    if one_fold:
        monkeypatch.setattr(auto, "_ONE_FOLD", 100)
    data, every = run.experiment.data, np.arange(len(run.experiment.data.y))
    device = torch.device("cpu")
    found = auto.fit_auto(
        data, MoleculeTables(data, None), every, every, "regression", None, seed=0, device=device
    )
    for blend in (found.blend, found.refitted(data, every, seed=1)):
        sizes = {
            len(member.leaf if isinstance(member, Forest) else member.rows)
            for member in blend.members.values()
        }
        assert sizes == {90, 40}
    assert found.rows == 40


def test_of_many_rows_a_rare_class_is_learnt_from(run, monkeypatch):
    from graftwork.evaluation import auto, auto_rows
    from graftwork.evaluation.auto_tables import MoleculeTables

    for name, rows in (("_PROCESS_ROWS", 60), ("_LEAST_ROWS", 60)):
        monkeypatch.setattr(auto_rows, name, rows)
    data, every = run.experiment.data, np.arange(len(run.experiment.data.y))
    rare = (data.y > np.sort(data.y, axis=0)[-20]).astype(float)
    data = replace(data, y=rare)
    drawn = auto_rows.for_processes(every, rare, "classification", 0)
    assert rare[drawn.rows].sum() == rare.sum() == 19
    assert len(np.unique(auto_rows.for_processes(every, rare, "multiclass", 0).importance)) == 1
    found = auto.fit_auto(
        data,
        MoleculeTables(data, None),
        every,
        every,
        "classification",
        None,
        seed=0,
        device=torch.device("cpu"),
    )
    assert found.rows == 60
    processes = [m for m in found.blend.members.values() if hasattr(m, "coefficients")]
    assert processes
    for process in processes:  # not the mean of the drawn rows, a third of which are rare
        assert process.mean[0] == pytest.approx(rare.mean(), rel=0.1)


def test_two_runs_leave_the_same_blend(run, table, start, tmp_path):
    again = graftwork.finetune(table, "pIC50", tmp_path / "run", start_from=start, **TINY)
    for name in ("metrics.json", "predictions.csv", "model/blend.safetensors"):
        assert (again.folder / name).read_bytes() == (run.folder / name).read_bytes(), name


def test_a_blend_and_its_format_belong_together(run, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(run.folder / "model", folder)
    assert json.loads((folder / "config.json").read_text())["format_version"] == 3
    (folder / "blend.safetensors").rename(tmp_path / "blend.safetensors")
    with pytest.raises(ArtifactError, match="missing"):
        graftwork.load(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "format_version": 1}))
    assert graftwork.load(folder).blended is None  # the network alone, as older versions wrote it
    (tmp_path / "blend.safetensors").rename(folder / "blend.safetensors")
    with pytest.raises(ArtifactError, match="is there"):
        graftwork.load(folder)


def test_rows_are_described_when_they_are_asked_for(run, start):
    from graftwork.evaluation.auto_tables import MoleculeTables

    data = run.experiment.data
    frozen = load_artifact(graftwork.nn.checkpoints.find_model(start)).encoder
    whole = MoleculeTables(data, frozen).take(np.arange(len(data.y)))
    tables = MoleculeTables(data, frozen)
    for rows in ([3, 1, 4], [1, 5, 9, 3], [], [2]):
        part, expected = tables.take(np.array(rows, np.int64)), whole.take(rows)
        for name, numbers in expected.numbers.items():
            np.testing.assert_allclose(part.numbers[name], numbers, rtol=1e-4, atol=1e-5)
        for name, counts in expected.fingerprints.items():
            np.testing.assert_allclose(part.fingerprints[name].minmax_gram(), counts.minmax_gram())


def test_the_one_fold_of_many_rows_is_not_that_of_the_largest_scaffold(run, monkeypatch):
    from graftwork.evaluation import auto
    from graftwork.evaluation.auto_tables import MoleculeTables

    data = run.experiment.data
    tables = MoleculeTables(data, None)
    rows = np.flatnonzero(~np.isnan(data.y[:, 0]))
    groups = np.where(np.arange(len(data.y)) < 0.7 * len(rows), 0, np.arange(len(data.y)))
    monkeypatch.setattr(auto, "_ONE_FOLD", 10)
    found = auto.fit_auto(
        data, tables, rows, groups, "regression", None, seed=0, device=torch.device("cpu")
    )
    assert 0 < found.rows < 0.2 * len(rows)
