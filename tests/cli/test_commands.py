"""Every command: its help, its exit codes, what it prints and what it writes."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

COMMANDS = ("demo", "finetune", "predict", "embed", "check-data", "pretrain", "convert", "models")


def test_help_lists_every_command(cli):
    shown = cli("--help")
    assert shown.code == 0
    assert all(f"\n  {command} " in shown.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_of_a_command(cli, command, flag):
    shown = cli(command, flag)
    assert shown.code == 0
    assert f"graftwork {command}" in shown.out


def test_python_m_graftwork():
    done = subprocess.run(
        [sys.executable, "-m", "graftwork", "--version"], capture_output=True, text=True, check=True
    )
    import graftwork

    assert done.stdout.strip() == graftwork.__version__


def test_a_failure_in_a_process_of_its_own(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "graftwork", "check-data", "-i", tmp_path / "no.csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert "does not exist" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["predict"],
        ["predict", "-m", "x"],
        ["finetune", "--frm", "none"],
        ["models", "extra"],
        ["finetune", "-i", "x.csv", "--epochs", "many"],
    ],
)
def test_wrong_arguments_are_exit_code_2(cli, arguments):
    assert cli(*arguments).code == 2


def test_predict(cli, finetuned, labelled, cmet, tmp_path):
    output = tmp_path / "new" / "folder" / "p.csv"
    done = cli("predict", "-m", finetuned, "-i", labelled, "-o", output)
    assert done.code == 0
    assert f"40 rows done, 0 rejected; written to {output}" in done.err
    frame = pd.read_csv(output)
    assert list(frame.columns) == ["id", "smiles", "y", "pred_y", "status", "reason"]
    assert list(frame["smiles"]) == list(cmet["smiles"])
    assert set(frame["status"]) == {"ok"}
    assert np.isfinite(frame["pred_y"]).all()


def test_run_folder_and_artifact_are_the_same_model(cli, finetuned, labelled, tmp_path):
    for name, model in (("a", finetuned), ("b", finetuned / "model")):
        assert cli("predict", "-m", model, "-i", labelled, "-o", tmp_path / f"{name}.csv").code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_predict_keeps_columns_that_bear_its_names(cli, finetuned, tmp_path):
    (tmp_path / "t.csv").write_text("smiles,pred_y,status,reason\nCCO,1,2,3\n")
    done = cli("predict", "-m", finetuned, "-i", tmp_path / "t.csv", "-o", tmp_path / "o.csv")
    assert done.code == 0
    frame = pd.read_csv(tmp_path / "o.csv")
    assert frame.loc[0, ["pred_y_input", "status_input", "reason_input"]].tolist() == [1, 2, 3]
    assert frame.loc[0, "status"] == "ok"


def test_a_checkpoint_without_a_head_cannot_predict(cli, pretrained, labelled, tmp_path):
    done = cli("predict", "-m", pretrained, "-i", labelled, "-o", tmp_path / "p.csv")
    assert done.code == 2
    assert "Fine-tune it first" in done.error


@pytest.mark.parametrize("model", ["pretrained", "finetuned"])
def test_embed_formats_agree(cli, request, model, labelled, tmp_path):
    model = request.getfixturevalue(model)
    for name in ("v.npy", "v.csv", "v.parquet"):
        assert cli("embed", "-m", model, "-i", labelled, "-o", tmp_path / name).code == 0
    vectors = np.load(tmp_path / "v.npy")
    assert vectors.shape == (40, 16)
    assert vectors.dtype == np.float32
    names = [f"e{i}" for i in range(16)]
    parquet = pd.read_parquet(tmp_path / "v.parquet")
    assert np.array_equal(parquet[names].to_numpy(), vectors)
    assert list(parquet.columns) == ["id", "smiles", "y", *names, "status", "reason"]
    assert np.allclose(pd.read_csv(tmp_path / "v.csv")[names], vectors, rtol=1e-6)


def test_embed_atoms(cli, pretrained, tmp_path):
    (tmp_path / "t.smi").write_text("CCO\nC1CC\nO\n")
    output = tmp_path / "atoms.parquet"
    done = cli("embed", "-m", pretrained, "-i", tmp_path / "t.smi", "-o", output, "--level", "node")
    assert done.code == 0
    assert "2 rows done, 1 rejected" in done.err
    frame = pd.read_parquet(output)
    assert frame["row"].tolist() == [0, 0, 0, 2]
    assert frame["atom"].tolist() == [0, 1, 2, 0]
    assert list(frame.columns) == ["row", "atom", *(f"e{i}" for i in range(16))]


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (["-o", "x.npz"], "cannot write a table with this suffix"),
        (["-o", "x.npy", "--level", "node"], "Write X.parquet or X.csv"),
        (["-o", "x.csv", "--level", "bond"], "No level is called 'bond'"),
        (["-o", "/proc/x.npy"], ": cannot "),
        (["-o", "/dev/null/x.npy"], "cannot make this folder"),
    ],
)
def test_embed_refuses(cli, pretrained, labelled, tmp_path, monkeypatch, extra, said):
    monkeypatch.chdir(tmp_path)
    done = cli("embed", "-m", pretrained, "-i", labelled, *extra)
    assert done.code == 2
    assert said in done.error
    assert list(tmp_path.iterdir()) == []


def test_check_data(cli, tmp_path):
    (tmp_path / "t.csv").write_text(
        "smiles,y\nCCO,1\nOCC,2\nC1CC,1\nCC(=O)O.[Na],x\n[NH4+],\nCCO,inf\n"
    )
    done = cli(
        "check-data", "-i", tmp_path / "t.csv", "-t", "y", "-o", tmp_path / "findings.parquet"
    )
    assert done.code == 0
    assert "6 rows, 5 usable" in done.out
    found = pd.read_parquet(tmp_path / "findings.parquet")
    kinds = ("unusable", "label", "no label", "mixture", "charged", "duplicate", "conflict")
    assert set(kinds) <= set(found["kind"])
    assert found.loc[found["kind"] == "unusable", ["row", "line"]].to_numpy().tolist() == [[2, 4]]


def test_check_data_of_a_clean_table(cli, tmp_path):
    (tmp_path / "t.csv").write_text("smiles,y\nCCO,1\nCCC,2\n")
    done = cli("check-data", "-i", tmp_path / "t.csv")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == ["2 rows, 2 usable", "Nothing to complain about."]


@pytest.mark.parametrize("command", ["predict", "embed", "node", "check-data"])
def test_the_input_is_never_replaced(cli, finetuned, cmet, tmp_path, command):
    table = tmp_path / "t.csv"
    cmet.to_csv(table, index=False)
    before = table.read_bytes()
    model = [] if command == "check-data" else ["-m", finetuned]
    level = ["--level", "node"] if command == "node" else []
    command = "embed" if command == "node" else command
    done = cli(command, *model, "-i", table, "-o", tmp_path / "." / "t.csv", *level)
    assert done.code == 2
    assert "is the input" in done.error
    assert table.read_bytes() == before


def test_models(cli):
    done = cli("models")
    assert done.code == 0
    assert "objective" in done.out


def test_finetune_leaves_the_files_of_the_contract(finetuned):
    names = {path.name for path in finetuned.iterdir()}
    assert names == {
        *("config.json", "logs", "metrics.json", "model", "predictions.csv", "rejects.csv"),
        *("report.html", "split.json"),
    }
    metrics = json.loads((finetuned / "metrics.json").read_text())
    assert metrics["verdict"] in ("helps", "no evidence", "hurts")
    assert set(metrics["intervals"]) >= {"pretrained", "scratch", "ecfp-rf", "fingerprint-gp"}


def test_pretrain_goes_on_only_with_the_same_corpus(cli, corpus, tmp_path):
    arguments = ("-o", tmp_path / "run", "--dim", 8, "--num-layers", 1, "--batch-size", 32)
    done = cli("pretrain", "-i", corpus, *arguments)
    assert done.code == 0
    assert done.out.splitlines() == [
        f"Checkpoint {tmp_path / 'run' / 'model'}",
        f"Next: graftwork finetune -i table.csv -t TARGET --from {tmp_path / 'run'}",
    ]
    assert "Going on from step" in cli("pretrain", "-i", corpus, *arguments).err
    (tmp_path / "other.smi").write_text("CCO\nCCC\nCCN\n")
    refused = cli("pretrain", "-i", tmp_path / "other.smi", *arguments)
    assert refused.code == 2
    assert "--overwrite" in refused.error
    assert (
        "3 graphs" in cli("pretrain", "-i", tmp_path / "other.smi", *arguments, "--overwrite").err
    )


def test_a_crash_before_the_first_checkpoint_leaves_no_stale_store(cli, corpus, tmp_path):
    arguments = ("-o", tmp_path / "run", "--dim", 8, "--num-layers", 1, "--batch-size", 32)
    assert cli("pretrain", "-i", corpus, *arguments).code == 0
    (tmp_path / "run" / "checkpoint.safetensors").unlink()
    (tmp_path / "other.smi").write_text("CCO\nCCC\nCCN\n")
    assert "3 graphs" in cli("pretrain", "-i", tmp_path / "other.smi", *arguments).err


def test_pretrain_never_removes_other_files(cli, corpus, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    for flags in ([], ["--overwrite"]):
        done = cli("pretrain", "-i", corpus, "-o", tmp_path, *flags)
        assert done.code == 2
        assert "is not empty" in done.error
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_overwrite_keeps_a_corpus_that_lies_in_the_run(cli, corpus, tmp_path):
    run = tmp_path / "run"
    arguments = ("-o", run, "--dim", 8, "--num-layers", 1, "--overwrite")
    assert cli("pretrain", "-i", corpus, *arguments).code == 0
    inside = run / "corpus.smi"
    inside.write_bytes(corpus.read_bytes())
    assert "lies in it" in cli("pretrain", "-i", inside, *arguments).error
    assert "lies in it" in cli("pretrain", "-i", corpus, "--from", run, *arguments).error
    assert inside.exists()


def test_finetune_refuses_a_start_that_has_seen_the_labels(cli, finetuned, labelled, tmp_path):
    start = ("finetune", "-t", "y", "--from", finetuned, "--num-seeds", 1, "--epochs", 1)
    done = cli(*start, "-i", labelled, "-o", tmp_path / "run")
    assert done.code == 2
    assert "fine-tuned on this very table" in done.error
    other = tmp_path / "other.csv"
    other.write_text(labelled.read_text() + "\n")
    done = cli(*start, "-i", other, "-o", tmp_path / "run", "--baselines", "none")
    assert done.code == 0
    assert "Warning" in done.err
    assert "the test part is not new to it" in done.err


def test_a_further_stage_does_not_wash_labels_off(cli, finetuned, labelled, corpus, tmp_path):
    chain = tmp_path / "chain"
    done = cli("pretrain", "-i", corpus, "--from", finetuned, "-o", chain, "--max-steps", 1)
    assert done.code == 0, done.err
    done = cli("finetune", "-t", "y", "-i", labelled, "--from", chain, "-o", tmp_path / "run")
    assert done.code == 2
    assert "fine-tuned on this very table" in done.error


def test_a_recipe_touches_no_folder_of_another_kind_and_takes_no_other_settings(
    cli, finetuned, corpus, tmp_path
):
    import shutil

    recipe = tmp_path / "recipe.yaml"
    stage = f"{{name: one, corpus: {corpus}, max_steps: 1, dim: 8, num_layers: 1, batch_size: 8}}"
    recipe.write_text(f"stages:\n  - {stage}\n")
    shutil.copytree(finetuned, tmp_path / "run")
    before = (tmp_path / "run" / "model" / "model.safetensors").read_bytes()
    done = cli("pretrain", "--config", recipe, "-o", tmp_path / "run")
    assert done.code == 2
    assert "holds no earlier run of a recipe" in done.error
    assert (tmp_path / "run" / "model" / "model.safetensors").read_bytes() == before
    for _ in range(2):
        assert cli("pretrain", "--config", recipe, "-o", tmp_path / "new").code == 0
    done = cli("pretrain", "--config", recipe, "-o", tmp_path / "new", "--exclude", corpus)
    assert done.code == 2
    assert "--exclude would be forgotten" in done.error
    assert "Give either" not in cli("pretrain", "--config", recipe, "-i", corpus, "-o", "x").error


def test_finetune_replaces_its_own_run_and_nothing_else(
    cli, finetuned, pretrained, labelled, tmp_path
):
    import shutil

    run = tmp_path / "run"
    shutil.copytree(finetuned, run)
    common = ("finetune", "-i", labelled, "-t", "y", "-o", run, "--num-seeds", 1, "--epochs", 1)
    assert "very table" in cli(*common, "--from", run).error
    (run / "notes.txt").write_text("precious")
    assert "notes.txt" in cli(*common, "--from", pretrained).error
    assert (run / "notes.txt").read_text() == "precious"
    (run / "split.json").unlink()
    assert "no earlier fine-tuning run" in cli(*common, "--from", pretrained).error
