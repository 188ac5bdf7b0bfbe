"""Fine-tuning from Python: what a run leaves behind."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

import graftwork
from graftwork.api import new_run_folder
from graftwork.data.cmet import write_cmet
from graftwork.errors import InputError
from graftwork.nn.artifact import load_artifact

TINY = {
    "epochs": 2,
    "num_seeds": 2,
    "batch_size": 16,
    "device": "cpu",
    "model": "network",
    "baselines": (),
    "split": "balanced-scaffold",
    "split_sizes": (0.6, 0.2, 0.2),
}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """150 rows of the c-MET set; one has no label, one no structure."""
    folder = tmp_path_factory.mktemp("cmet")
    frame = pd.read_csv(write_cmet(folder / "all.csv"))[::7].reset_index(drop=True)[:150]
    assert len(frame) >= 140
    frame.loc[3, "pIC50"] = np.nan
    frame.loc[5, "smiles"] = "C1CC"
    frame.to_csv(folder / "cmet.csv", index=False)
    return folder / "cmet.csv"


@pytest.fixture(scope="module")
def run(table, start, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    baselines = ("ecfp-rf", "fingerprint-gp")
    settings = {**TINY, "start_from": start, "baselines": baselines}
    return graftwork.finetune(table, "pIC50", folder, **settings)


def reject_constant(text):
    raise AssertionError(f"{text} is not JSON")


def read_json(path):
    return json.loads(path.read_text(), parse_constant=reject_constant)


def read_csv(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_of_a_run(run):
    names = {path.name for path in run.folder.iterdir()}
    assert names == {
        *("config.json", "logs", "metrics.json", "model", "predictions.csv"),
        *("rejects.csv", "report.html", "split.json"),
    }
    logs = {path.name for path in (run.folder / "logs").iterdir()}
    assert logs == {f"{model}-seed{seed}" for model in ("pretrained", "scratch") for seed in (0, 1)}
    assert len(read_csv(run.folder / "logs" / "pretrained-seed0" / "metrics.csv")) == 4
    report = (run.folder / "report.html").read_text()
    assert "pIC50" in report
    assert "graftwork.finetune" in report


def test_the_split_covers_every_usable_row_once(run, table):
    rows = read_json(run.folder / "split.json")["rows"]
    everything = sorted(rows["train"] + rows["val"] + rows["test"])
    total = len(read_csv(table))
    assert everything == [i for i in range(total) if i not in (3, 5)]
    rejects = read_csv(run.folder / "rejects.csv")
    assert [(r["row"], r["status"]) for r in rejects] == [("3", "rejected"), ("5", "rejected")]


def test_the_metrics_file(run):
    found = read_json(run.folder / "metrics.json")
    assert {"protocol", "results", "verdict"} <= set(found)
    assert found["verdict"] == run.verdict
    assert run.verdict in ("helps", "no evidence", "hurts")
    keys = {"model", "seed", "split", "task", "metric", "value"}
    assert all(keys <= set(row) for row in found["results"])
    assert {row["model"] for row in found["results"]} == {
        *("pretrained", "scratch", "ecfp-rf", "fingerprint-gp")
    }
    assert {row["split"] for row in found["results"]} == {"val", "test"}
    for model in ("pretrained", "scratch"):
        seeds = [row["seed"] for row in found["results"] if row["model"] == model]
        assert set(seeds) == {0, 1}
    protocol = found["protocol"]
    assert protocol["kind"] == "regression"
    assert protocol["tasks"] == ["pIC50"]
    assert protocol["settings"]["epochs"] == 2


def test_the_numbers_follow_from_the_predictions_file(run):
    """For the model without random numbers the file holds its very predictions."""
    test = [r for r in read_csv(run.folder / "predictions.csv") if r["split"] == "test"]
    truth = np.array([float(r["true_pIC50"]) for r in test])
    predicted = np.array([float(r["fingerprint-gp_pIC50"]) for r in test])
    (value,) = [
        row["value"]
        for row in read_json(run.folder / "metrics.json")["results"]
        if (row["model"], row["split"], row["task"], row["metric"])
        == ("fingerprint-gp", "test", "pIC50", "rmse")
    ]
    assert value == pytest.approx(np.sqrt(((truth - predicted) ** 2).mean()), rel=1e-4)


def test_the_model_left_behind_predicts(run, table):
    model = graftwork.load(run.folder)
    assert model.tasks == ("pIC50",)
    frame = model.predict([row["smiles"] for row in read_csv(table)][:10])
    assert frame["status"].tolist() == ["ok"] * 5 + ["rejected"] + ["ok"] * 4
    known = frame["pred_pIC50"].dropna()
    assert known.between(2, 14).all()
    assert model.provenance["trained_on"] == "all labelled rows"
    assert model.provenance["verdict"] == run.verdict


def test_two_runs_leave_the_same_numbers(table, start, tmp_path):
    for name in ("one", "two"):
        graftwork.finetune(table, "pIC50", tmp_path / name, start_from=start, **TINY)
    for name in ("metrics.json", "predictions.csv", "split.json", "model/model.safetensors"):
        one, two = (tmp_path / run / name for run in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), name
    other = graftwork.finetune(
        table, "pIC50", tmp_path / "three", start_from=start, **{**TINY, "seed": 5}
    )
    seeds = {row["seed"] for row in read_json(other.folder / "metrics.json")["results"]}
    assert seeds == {5, 6}


def test_without_refit_the_model_is_one_of_those_measured(table, start, tmp_path):
    settings = {**TINY, "start_from": start, "num_seeds": 1}
    run = graftwork.finetune(table, "pIC50", tmp_path / "run", refit=False, **settings)
    rows = read_csv(run.folder / "predictions.csv")
    frame = graftwork.load(run.folder).predict([row["smiles"] for row in rows])
    measured = [float(row["pretrained_pIC50"]) for row in rows]
    np.testing.assert_allclose(frame["pred_pIC50"], measured, atol=1e-4)
    refit = graftwork.finetune(table, "pIC50", tmp_path / "refit", **settings)
    again = graftwork.load(refit.folder).predict([row["smiles"] for row in rows])
    assert abs(again["pred_pIC50"] - measured).max() > 1e-3
    assert graftwork.load(run.folder).provenance["trained_on"] == "the training part"


def test_standardising_is_part_of_the_model(table, start, tmp_path):
    settings = {**TINY, "start_from": start, "num_seeds": 1}
    run = graftwork.finetune(table, "pIC50", tmp_path / "run", standardize=True, **settings)
    assert load_artifact(run.folder / "model").schema.options["standardize"] is True
    model = graftwork.load(run.folder)
    found = model.predict(["CCC(=O)O", "CCC(=O)[O-].[Na+]", "CCCO"])["pred_pIC50"]
    assert found[0] == pytest.approx(found[1], abs=1e-5)
    assert abs(found[0] - found[2]) > 1e-5
    plain = graftwork.finetune(table, "pIC50", tmp_path / "plain", **settings)
    found = graftwork.load(plain.folder).predict(["CCC(=O)O", "CCC(=O)[O-].[Na+]"])["pred_pIC50"]
    assert abs(found[0] - found[1]) > 1e-5


def test_many_classification_targets_with_missing_labels(nci, start, tmp_path):
    molecules = [m for m in map(Chem.MolFromSmiles, nci[:130]) if m is not None]
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "smiles": [Chem.MolToSmiles(m) for m in molecules],
            "ring": [float(m.GetRingInfo().NumRings() > 1) for m in molecules],
            "nitrogen": [float(any(a.GetSymbol() == "N" for a in m.GetAtoms())) for m in molecules],
        }
    )
    for task in ("ring", "nitrogen"):
        frame.loc[rng.random(len(frame)) < 0.3, task] = np.nan
    frame.to_csv(tmp_path / "table.csv", index=False)
    settings = {**TINY, "split": "random", "start_from": start}
    run = graftwork.finetune(
        tmp_path / "table.csv", ["ring", "nitrogen"], tmp_path / "run", **settings
    )
    found = read_json(run.folder / "metrics.json")
    assert found["protocol"]["kind"] == "classification"
    aucs = {
        row["task"]: row["value"]
        for row in found["results"]
        if (row["model"], row["seed"], row["split"], row["metric"])
        == ("pretrained", 0, "test", "roc_auc")
    }
    assert set(aucs) == {"ring", "nitrogen", "mean"}
    assert aucs["mean"] == pytest.approx((aucs["ring"] + aucs["nitrogen"]) / 2)
    unlabelled = int(frame[["ring", "nitrogen"]].isna().all(axis=1).sum())
    assert len(read_csv(run.folder / "predictions.csv")) == len(frame) - unlabelled
    assert unlabelled > 0
    predicted = graftwork.load(run.folder).predict(frame["smiles"][:20])
    assert predicted[["pred_ring", "pred_nitrogen"]].stack().between(0, 1).all()


def test_from_none_there_is_no_verdict(table, tmp_path):
    settings = {**TINY, "start_from": "none", "num_seeds": 1, "epochs": 1}
    run = graftwork.finetune(table, "pIC50", tmp_path / "run", **settings)
    assert run.verdict is None
    found = read_json(run.folder / "metrics.json")
    assert found["verdict"] is None
    assert {row["model"] for row in found["results"]} == {"scratch"}


def test_a_column_gives_the_split(table, start, tmp_path):
    frame = pd.read_csv(table)
    frame["part"] = ["train", "train", "val", "train", "test"] * (len(frame) // 5) + ["train"] * (
        len(frame) % 5
    )
    frame.to_csv(tmp_path / "table.csv", index=False)
    run = graftwork.finetune(
        tmp_path / "table.csv",
        "pIC50",
        tmp_path / "run",
        splits_column="part",
        **{**TINY, "start_from": start, "num_seeds": 1},
    )
    rows = read_json(run.folder / "split.json")["rows"]
    assert set(rows["test"]) == {i for i in range(len(frame)) if frame["part"][i] == "test"}
    assert read_json(run.folder / "metrics.json")["protocol"]["split"] == "column"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "colour"),
        ({"split": "by-moon"}, "by-moon"),
        ({"strategy": "half"}, "half"),
        ({"task": "ranking"}, "ranking"),
        ({"baselines": ("oracle",)}, "oracle"),
        ({"start_from": "no-such-model"}, "no-such-model"),
        ({"num_seeds": 0}, "0"),
        ({"split_sizes": (0.5, 0.5, 0.5)}, "0.5"),
        ({"task": "classification"}, "0 and 1"),
    ],
    ids=str,
)
def test_impossible_settings_are_refused(table, start, tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        graftwork.finetune(
            table, "pIC50", tmp_path / "run", **{**TINY, "start_from": start, **change}
        )
    assert not (tmp_path / "run" / "model").exists()


@pytest.mark.parametrize("column", ["pIC51", ["pIC50", "nothing"], "smiles"])
def test_columns_that_cannot_be_targets_are_refused(table, start, tmp_path, column):
    with pytest.raises(InputError):
        graftwork.finetune(table, column, tmp_path / "run", start_from=start, **TINY)


def test_a_folder_that_is_not_a_run_is_left_alone(table, start, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="precious"):
        graftwork.finetune(table, "pIC50", precious, start_from=start, **TINY)
    assert [p.name for p in precious.iterdir()] == ["thesis.txt"]


def test_a_run_replaces_an_earlier_run_but_not_what_lies_beside_it(run, table, start, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run.folder, folder)
    settings = {**TINY, "start_from": start, "num_seeds": 1, "epochs": 1}
    graftwork.finetune(table, "pIC50", folder, **settings)
    models = {row["model"] for row in read_json(folder / "metrics.json")["results"]}
    assert models == {"pretrained", "scratch"}  # nothing of the earlier run stays
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt"):
        graftwork.finetune(table, "pIC50", folder, **settings)
    assert (folder / "notes.txt").read_text() == "mine"
    assert read_json(folder / "metrics.json")


def test_a_new_run_folder_is_never_an_old_one(tmp_path):
    seen = []
    for _ in range(3):
        seen.append(new_run_folder(tmp_path / "a.tar.csv", tmp_path / "runs"))
        seen[-1].mkdir(parents=True)
    assert [path.name for path in seen] == ["a", "a-2", "a-3"]
