"""graftwork check-data --against: what a model has seen of a table."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from graftwork.data.membership import Membership, record_membership
from graftwork.nn.artifact import load_artifact, save_artifact
from graftwork.nn.record import MEMBERSHIP

TABLE = "smiles,y\nOCC,1\nCc1ccccc1,2\nCC[NH3+].[Cl-],3\nCCCC,4\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def model(tmp_path, tiny_encoder):
    record = record_membership(["CCO", "NCC", "Oc1ccccc1"], [True, False, False])
    save_artifact(tmp_path / "run" / "model", tiny_encoder(), {}, record.to_bytes())
    return tmp_path / "run"


def test_the_overlap_is_told_and_listed(cli, table, model, tmp_path):
    done = cli("check-data", "-i", table, "--against", model, "-o", tmp_path / "findings.csv")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[1] == (
        f"Against {model}: 2 of 4 molecules (50 %) were in the pre-training corpus, 1 of them with "
        "labels; 25 % share a scaffold with it."
    )
    assert "     2  in corpus: " in done.out
    found = pd.read_csv(tmp_path / "findings.csv")
    rows = {kind: group["row"].tolist() for kind, group in found.groupby("kind")}
    assert rows == {
        "in corpus": [0, 2], "in labelled corpus": [0], "scaffold in corpus": [1],
        "mixture": [2],
    }  # fmt: skip


def test_a_model_without_a_record_is_a_warning(cli, table, model):
    (model / "model" / MEMBERSHIP).unlink()
    done = cli("check-data", "-i", table, "--against", model)
    assert (done.code, done.err) == (0, "")
    assert f"Warning: {model} carries no record of its training molecules" in done.out
    assert "mixture" in done.out
    assert "corpus" not in done.out


def test_a_damaged_record_or_no_model_is_one_sentence(cli, table, model, tmp_path):
    path = model / "model" / MEMBERSHIP
    path.write_bytes(path.read_bytes().replace(b"molecules", b"molecoles"))
    done = cli("check-data", "-i", table, "--against", model)
    assert done.code == 2
    assert str(path) in done.error
    done = cli("check-data", "-i", table, "--against", tmp_path / "nowhere")
    assert done.code == 2
    assert "no model" in done.error


def test_a_fine_tuned_model_has_seen_its_table(cli, model, tmp_path, labelled):
    run = tmp_path / "finetuned"
    done = cli(
        *("finetune", "-i", labelled, "-t", "y", "--from", model, "-o", run),
        *("--num-seeds", 1, "--epochs", 1, "--baselines", "none"),
    )
    assert done.code == 0, done.err
    assert "test molecules was in the pre-training corpus" in done.err
    shared = json.loads((run / "metrics.json").read_text())["protocol"]["overlap_with_pretraining"]
    assert shared["all"]["molecules"] == 40
    record = Membership.from_bytes(load_artifact(run / "model").membership)
    assert record.count == 40 + 3
    done = cli("check-data", "-i", labelled, "-t", "y", "--against", run)
    assert "40 of 40 molecules (100 %) were in the pre-training corpus, 40 of them" in done.out
