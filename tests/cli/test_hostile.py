"""Hostile input and arguments: an exit code and one clear sentence, never a traceback."""

from __future__ import annotations

import json
import os
import time

import numpy as np
import pandas as pd
import pytest

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".parquet", ".smi", ".sdf")
PLACES = ("/proc/nowhere/x.csv", "/dev/null/x.csv")


@pytest.fixture(scope="module", params=SUFFIXES)
def hostile(request, tmp_path_factory, hostile_rows, write_table):
    """A hostile table in every format, and its rows."""
    return write_table(tmp_path_factory.mktemp("hostile"), request.param, hostile_rows)


def _read(path):
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, keep_default_na=False)


@pytest.mark.parametrize("output", ["p.csv", "p.tsv.gz", "p.parquet"])
def test_predict_gives_a_row_per_row(cli, finetuned, hostile, hostile_rows, tmp_path, output):
    done = cli("predict", "-m", finetuned, "-i", hostile, "-o", tmp_path / output)
    assert done.code == 0, done.err
    if output == "p.tsv.gz":
        frame = pd.read_csv(tmp_path / output, sep="\t", keep_default_na=False)
    else:
        frame = _read(tmp_path / output)
    assert len(frame) == len(hostile_rows)
    ok = frame["status"] == "ok"
    assert set(frame["status"]) == {"ok", "rejected"}
    assert (frame["reason"].fillna("") != "").equals(~ok)
    assert np.isfinite(pd.to_numeric(frame.loc[ok, "pred_y"])).all()
    assert pd.to_numeric(frame.loc[~ok, "pred_y"], errors="coerce").isna().all()
    assert frame["status"].iloc[-1] == "ok"  # CCO
    if hostile.suffix not in (".smi", ".sdf"):
        assert frame["smiles"].fillna("").tolist() == hostile_rows
        assert frame["id"].tolist() == [f"m{i}" for i in range(len(frame))]
        assert set(frame["note"]) == {'x, "y"\nz;\té'}
        elements = frame["smiles"].isin([r for r in hostile_rows if r.startswith("[")])
        assert ok[elements].all()


def test_embed_gives_a_row_per_row(cli, pretrained, hostile, hostile_rows, tmp_path):
    for name in ("v.npy", "v.csv"):
        assert cli("embed", "-m", pretrained, "-i", hostile, "-o", tmp_path / name).code == 0
    vectors, frame = np.load(tmp_path / "v.npy"), _read(tmp_path / "v.csv")
    assert len(vectors) == len(frame) == len(hostile_rows)
    assert np.array_equal(np.isnan(vectors).any(1), frame["status"] == "rejected")
    assert np.array_equal(np.isnan(vectors).all(1), frame["status"] == "rejected")


def test_check_data_counts_every_row(cli, hostile, hostile_rows, tmp_path):
    done = cli("check-data", "-i", hostile, "-o", tmp_path / "findings.csv")
    assert done.code == 0
    assert f"{len(hostile_rows)} rows, " in done.out
    assert "unusable" in set(pd.read_csv(tmp_path / "findings.csv")["kind"])
    assert "\x1b" not in done.out


def test_pretrain_marks_what_it_leaves_out(cli, hostile, hostile_rows, tmp_path):
    run = tmp_path / "run"
    done = cli("pretrain", "-i", hostile, "-o", run, "--dim=8", "--num-layers=1", "--batch-size=64")
    assert done.code == 0, done.err
    rejects = pd.read_csv(run / "rejects.csv")
    assert f"{len(hostile_rows) - len(rejects)} graphs; {len(rejects)} rows rejected" in done.err


def test_finetune_of_a_hostile_table(cli, pretrained, hostile, hostile_rows, tmp_path):
    run = tmp_path / "run"
    done = cli(
        *("finetune", "-i", hostile, "-t", "y", "--from", pretrained, "-o", run),
        *("--split", "random", "--num-seeds", 1, "--epochs", 1),
    )
    if hostile.suffix == ".smi":  # it has no labels
        assert done.code == 2
        assert "'y'" in done.error
        return
    assert done.code == 0, done.err
    usable = len(pd.read_csv(run / "predictions.csv"))
    rejected = (pd.read_csv(run / "rejects.csv")["status"] == "rejected").sum()
    assert usable + rejected == len(hostile_rows)


FILES = {
    "empty.csv": b"",
    "header.csv": b"smiles,y\n",
    "blank.csv": b"\n \n\n",
    "binary.csv": bytes(range(256)) * 20,
    "binary.smi": bytes(range(256)) * 20,
    "binary.sdf": bytes(range(256)) * 20,
    "binary.parquet": b"PAR1" + bytes(range(256)),
    "binary.csv.gz": bytes(range(256)),
    "cut.csv.gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b",
    "gzip.csv": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b",
    "workbook.csv": b"PK\x03\x04",
    "workbook.xlsx": b"PK\x03\x04",
    "noheader.csv": b"CCO,1\nCCC,2\n",
    "bad.csv": b"smiles,y\nC1CC,1\n,2\nxx,3\n",
    "quote.csv": b'smiles,y\n"CCO,1\nCCC,2\n',
    "empty.smi": b"",
    "blank.smi": b"\n\n",
    "empty.sdf": b"",
    "junk.sdf": b"junk\n$$$$\n$$$$\n",
    "empty.parquet": b"",
    "noSuffix": b"smiles,y\nCCO,1\n",
    "missing.csv": None,
    "folder.csv": "folder",
}


@pytest.mark.parametrize("command", ["predict", "embed", "check-data", "finetune", "pretrain"])
@pytest.mark.parametrize("name", FILES)
def test_input_without_a_usable_row(cli, request, tmp_path, command, name):
    path = tmp_path / name
    if FILES[name] == "folder":
        path.mkdir()
    elif FILES[name] is not None:
        path.write_bytes(FILES[name])
    output = tmp_path / ("out.npy" if command == "embed" else "out.csv")
    arguments = {
        "predict": ["-m", "finetuned", "-o", output],
        "embed": ["-m", "pretrained", "-o", output],
        "check-data": [],
        "finetune": ["-t", "y", "--from", "pretrained", "-o", tmp_path / "run"],
        "pretrain": ["-o", tmp_path / "run"],
    }[command]
    arguments = [
        request.getfixturevalue(a) if a in ("finetuned", "pretrained") else a for a in arguments
    ]
    done = cli(command, "-i", path, *arguments)
    assert done.code == 2
    assert str(path) in done.error
    assert len(done.error) < 1500
    if name in ("header.csv", "bad.csv", "quote.csv", "blank.smi", "junk.sdf"):  # rows, none good
        count = {"header.csv": 0, "bad.csv": 3, "quote.csv": 1, "blank.smi": 2, "junk.sdf": 2}[name]
        if command == "predict":
            assert _read(output)["status"].tolist() == ["rejected"] * count
        if command == "embed":
            vectors = np.load(output)
            assert vectors.shape == (count, 16)
            assert np.isnan(vectors).all()


@pytest.mark.parametrize(
    "content",
    [
        b"smiles,y\r\nCCO,1\r\nCCC,2\r\n",
        b"smiles,y\rCCO,1\rCCC,2\r",
        b"\xef\xbb\xbfsmiles,y\nCCO,1\nCCC,2",
        "smiles;y\nCCO;1\nCCC;2\n".encode("utf-16"),
        "smiles,name\nCCO,é\nCCC,ü\n".encode("latin-1"),
        b"smiles,y,y,smiles\nCCO,1,2,C\nCCC,1,2,C\n",
        b"smiles,y,z\nCCO\nCCC,2,3,4,5\n",
        b"smiles,y\n\nCCO,1\n\n\nCCC,2\n",
        b"anything\nCCO\nCCC\n",
        b"smiles,y\nCCO,1\nC\x00C,2\n",
    ],
)
def test_odd_but_usable_files(cli, finetuned, tmp_path, content):
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    done = cli("predict", "-m", finetuned, "-i", path, "-o", tmp_path / "out.csv")
    assert done.code == 0, done.err
    frame = _read(tmp_path / "out.csv")
    assert len(frame) == 2
    assert frame.loc[0, "status"] == "ok"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_instead_of_waited_for(cli, finetuned, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    done = cli("predict", "-m", finetuned, "-i", tmp_path / "pipe.csv", "-o", tmp_path / "o.csv")
    assert done.code == 2
    assert "no regular file" in done.error


def test_names_that_no_file_system_takes(cli, finetuned, labelled, tmp_path):
    long = "x" * 300
    for arguments in (
        ["-m", finetuned, "-i", tmp_path / f"{long}.csv"],
        ["-m", tmp_path / long, "-i", labelled],
        ["-m", finetuned, "-i", labelled, "-o", tmp_path / f"{long}.csv"],
    ):
        done = cli("predict", *arguments)
        assert done.code == 2
        assert long in done.error


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", ["predict", "check-data", "finetune", "pretrain"])
def test_output_where_nothing_can_be_written(cli, finetuned, pretrained, labelled, command, place):
    arguments = {
        "predict": ["-m", finetuned],
        "check-data": [],
        "finetune": ["-t", "y", "--from", pretrained],
        "pretrain": [],
    }[command]
    done = cli(command, "-i", labelled, "-o", place, *arguments)
    assert done.code == 2
    assert os.path.dirname(place) in done.error  # noqa: PTH120  (a plain string)


@pytest.mark.parametrize(
    "arguments",
    [
        *("--epochs 0", "--epochs -3", f"--epochs {10**400}", "--patience 0", "--batch-size 0"),
        *("--batch-size 1", "--batch-size -1", "--learning-rate nan", "--learning-rate inf"),
        *("--learning-rate 0", "--learning-rate -1", "--num-seeds 0", "--num-seeds -1"),
        *("--seed -1", "--data-seed -1", "--split nonsense", "--split column", "--task nonsense"),
        *("--splits-column nope", "--split-sizes 0.5 0.5 0.5", "--split-sizes nan 0.5 0.5"),
        *("--split-sizes 1 0 0", "--split-sizes 1.5 -0.25 -0.25", "--strategy nonsense"),
        *("--pooling nonsense", "--time-limit 0", "--time-limit -5", "--time-limit nan"),
        *("--precision nonsense", "--precision 64-true", "--device nonsense", "--from nonsense"),
        *("-s nope", "-s y", "--from /dev/null"),
    ],
)
def test_finetune_flags(cli, pretrained, labelled, tmp_path, arguments):
    done = cli(
        *("finetune", "-i", labelled, "-t", "y", "--from", pretrained, "-o", tmp_path / "run"),
        *arguments.split(),
    )
    assert done.code == 2
    assert done.error.endswith(".")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        *("--epochs 0", "--batch-size 0", "--batch-size 1", "--learning-rate nan", "--seed -1"),
        *(
            "--option rate=2",
            "--option rate=0",
            "--option rate=nan",
            "--option rate=high",
            "--dim 0",
            "--dim 100000",
        ),
        *("--num-layers 0", "--time-limit 0", "--precision nonsense", "--device nonsense"),
        *("--encoder x", "--featurizer x", "--jumping-knowledge x", "--objective x"),
        *("--checkpoint-every 0", "--checkpoint-every -1", "--from nonsense"),
        *("--limit -5", "--limit 0", "--min-labels 0", "--clip inf"),
    ],
)
def test_pretrain_flags(cli, corpus, tmp_path, arguments):
    done = cli("pretrain", "-i", corpus, "-o", tmp_path / "run", *arguments.split())
    assert done.code == 2
    assert done.error.endswith(".")
    assert not (tmp_path / "run").exists()


def test_an_absent_device(cli, pretrained, corpus, labelled, tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has the device")
    for command in (["finetune", "-i", labelled, "--from", pretrained], ["pretrain", "-i", corpus]):
        done = cli(*command, "-o", tmp_path / "run", "--device", "cuda")
        assert done.code == 2
        assert "--device cpu" in done.error
        assert "baseline" not in done.err  # said before any work


@pytest.fixture
def finetune(cli, pretrained, tmp_path):
    """Fine-tune for an epoch on a table, read the run back and predict with it."""

    def run(frame, *arguments, rows=30):
        table, folder = tmp_path / "t.csv", tmp_path / "run"
        frame = frame.head(rows)
        frame.to_csv(table, index=False)
        start = [] if "--from" in arguments else ["--from", pretrained]
        seeds = [] if "--num-seeds" in arguments else ["--num-seeds", 1]
        epochs = [] if "--epochs" in arguments else ["--epochs", 1]
        target = [] if "-t" in arguments else ["-t", "y"]
        done = cli(
            "finetune", "-i", table, "-o", folder, *target, *start, *seeds, *epochs, *arguments
        )
        if done.code:
            return done, None
        assert (folder / "report.html").is_file()
        output = tmp_path / "p.csv"
        assert cli("predict", "-m", folder, "-i", table, "-o", output).code == 0
        predicted = pd.read_csv(output)
        assert len(predicted) == len(frame)
        return done, json.loads((folder / "metrics.json").read_text()) | {"predicted": predicted}

    return run


def _with(cmet, values, name="y"):
    return cmet.assign(**{name: values})


REFUSED = {
    "text": (lambda n: ["active", "inactive"] * (n // 2), "not a number"),
    "missing": (lambda n: [None, "NA"] * (n // 2), "no label"),
    "infinite": (lambda n: ["inf"] * n, "not finite"),
    "beyond single precision": (lambda n: [1e39] * n, "beyond 1e+36"),
    "-1 and 1": (lambda n: [-1, 1] * (n // 2), "--task regression"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_labels_that_cannot_be_used(finetune, cmet, name):
    values, said = REFUSED[name]
    done, _ = finetune(_with(cmet, values(len(cmet))))
    assert done.code == 2
    assert said in done.error
    assert "baseline" not in done.err


ACCEPTED = {
    "one class": (lambda n: [1] * n, "classification", []),
    "constant": (lambda n: [3.7] * n, "regression", []),
    "one infinite": (lambda n: ["inf", *range(n - 1)], "regression", []),
    "one beyond": (lambda n: [1e300, *range(n - 1)], "regression", []),
    "huge": (lambda n: np.linspace(-1e30, 1e30, n), "regression", []),
    "tiny": (lambda n: np.linspace(-1e-30, 1e-30, n), "regression", []),
    "true and false": (lambda n: [True, False] * (n // 2), "classification", []),
    "0 and 1 as numbers": (lambda n: [0, 1] * (n // 2), "regression", ["--task", "regression"]),
    "-1 and 1 as numbers": (lambda n: [-1, 1] * (n // 2), "regression", ["--task", "regression"]),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_labels_that_can_be_used(finetune, cmet, name):
    values, kind, arguments = ACCEPTED[name]
    done, run = finetune(_with(cmet, values(len(cmet))), *arguments)
    assert done.code == 0, done.err
    assert run["protocol"]["kind"] == kind
    assert np.isfinite(run["predicted"]["pred_y"]).all()
    assert "Warning: " not in done.err


def test_classification_of_numbers(finetune, cmet):
    done, _ = finetune(cmet, "--task", "classification")
    assert done.code == 2
    assert "labels 0 and 1" in done.error


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
@pytest.mark.parametrize("split", ["scaffold", "random", "balanced-scaffold"])
def test_too_few_rows(finetune, cmet, rows, split):
    done, _ = finetune(cmet, "--split", split, rows=rows)
    assert done.code == 2
    assert "Give more rows" in done.error


def test_one_molecule_to_train_on(finetune):
    frame = pd.DataFrame({"smiles": ["C", "N", "O"], "y": [1.5, 2.0, 3.0]})
    done, _ = finetune(frame, "--split", "random", "--split-sizes", "0.34", "0.33", "0.33")
    assert done.code == 2
    assert "one molecule to train on" in done.error


def test_single_atoms(finetune):
    frame = pd.DataFrame({"smiles": ["C", "N", "O", "F", "Cl", "S"], "y": [1.5, 2, 3, 4, 5, 6]})
    done, run = finetune(frame, "--split", "random", "--split-sizes", "0.5", "0.25", "0.25")
    assert done.code == 0, done.err
    assert run["protocol"]["split_sizes"]["train"] == 3


@pytest.mark.parametrize(
    "name", ["a,b", 'a "quoted"', "../../a/b", "<b>x</b> {{7*7}} $x^2$", "[red]", "status"]
)
def test_names_of_targets(finetune, cmet, name):
    frame = cmet.rename(columns={"y": name})
    done, run = finetune(frame, "-t", name)
    assert done.code == 0, done.err
    assert run["protocol"]["tasks"] == [name]
    assert np.isfinite(run["predicted"][f"pred_{name}"]).all()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("smiles", "structure column"),
        ("Y", "Did you mean 'y'?"),
        ("", "no column ''"),
        (",", "no column ','"),
        ("mean", "Rename the column"),
    ],
)
def test_targets_that_cannot_be(finetune, cmet, target, said):
    done, _ = finetune(cmet.assign(mean=1.5), "-t", target)
    assert done.code == 2
    assert said in done.error
    assert "baseline" not in done.err


def test_27_tasks_with_missing_labels(finetune, cmet):
    rng = np.random.default_rng(0)
    frame = cmet[["smiles"]].copy()
    for i in range(27):
        frame[f"t{i}"] = np.where(rng.random(len(frame)) < 0.6, np.nan, rng.integers(0, 2))
    frame["t26"] = np.nan
    done, run = finetune(frame, "-t", "*", rows=24)
    assert done.code == 0, done.err
    assert run["protocol"]["tasks"] == [f"t{i}" for i in range(26)]
    assert "no usable label in 't26': left out" in done.err
    assert "RuntimeWarning" not in done.err


VARIANTS = [
    ["--split", "random"],
    ["--split", "balanced-scaffold", "--data-seed", "3"],
    ["--strategy", "linear-probe", "--num-seeds", "2"],
    ["--from", "none"],
    ["--pooling", "sum", "--no-refit"],
    ["--pooling", "max", "--standardize"],
    ["--pooling", "attention", "--precision", "bf16-mixed"],
    ["--time-limit", "5", "--epochs", "100000", "--patience", "100000"],
]


@pytest.mark.parametrize("arguments", VARIANTS, ids=" ".join)
def test_variants(finetune, cmet, arguments):
    started = time.monotonic()
    done, run = finetune(cmet, *arguments, rows=40)
    assert done.code == 0, done.err
    assert np.isfinite(run["predicted"]["pred_y"]).all()
    assert (run["verdict"] is None) == ("none" in arguments)
    assert time.monotonic() - started < 60


def test_splits_column(finetune, cmet):
    parts = ["train"] * 20 + ["Test "] * 10 + ["valid"] * 10
    done, run = finetune(cmet.assign(part=parts), "--splits-column", "part", rows=40)
    assert done.code == 0, done.err
    assert run["protocol"]["split_sizes"] == {"train": 20, "val": 10, "test": 10}
    done, _ = finetune(cmet.assign(part=[*parts[:-1], "other"]), "--splits-column", "part", rows=40)
    assert done.code == 2
    assert "'other' in row 39" in done.error
