"""Pre-training: resumable after a kill, to the bit."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from safetensors.torch import load_file

from graftwork.data.corpus import Corpus
from graftwork.data.membership import Membership
from graftwork.data.store import GraphStore
from graftwork.errors import GraftworkError, InputError, RunError, SchemaMismatchError
from graftwork.nn.artifact import load_artifact
from graftwork.training.budget import Budget
from graftwork.training.checkpoint import read_values
from graftwork.training.pretrain import PretrainConfig, pretrain
from made_networks import write_proteins

CONFIG = PretrainConfig(
    num_layers=2,
    dim=16,
    batch_size=8,
    epochs=30,
    dropout=0.1,
    options={"attribute-masking": {"edges": True}},
    seed=3,
)
QUICK = replace(CONFIG, epochs=1)
EVERY = 5
STEPS = 30 * 20  # 160 molecules in batches of 8


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, nci):
    """A SMILES file of 160 usable molecules and two rows that are none."""
    path = tmp_path_factory.mktemp("corpus") / "corpus.smi"
    path.write_text("\n".join([*nci[1000:1080], "C1CC", "xyz", *nci[1080:1160]]) + "\n")
    return path


def run_pretrain(corpus, folder, config=CONFIG, **more):
    return pretrain(corpus, folder, config, **{"device": "cpu", "checkpoint_every": EVERY, **more})


@pytest.fixture(scope="module")
def whole(corpus, tmp_path_factory):
    """The run that nobody interrupted."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    run_pretrain(corpus, folder)
    return folder


def weights(folder):
    return (folder / "model" / "model.safetensors").read_bytes()


def log_rows(folder):
    with (folder / "logs" / "metrics.csv").open(newline="") as file:
        return [row for row in csv.reader(file) if row[1] != "graphs_per_second"]


def provenance(folder):
    return json.loads((folder / "model" / "provenance.json").read_text())


def record_of(folder):
    return Membership.from_bytes(load_artifact(folder / "model").membership)


COMMAND = """
import json, sys
from pathlib import Path
from graftwork.training.pretrain import PretrainConfig, pretrain
config = PretrainConfig.from_dict(json.loads(sys.argv[3]))
pretrain(sys.argv[1], sys.argv[2], config, device="cpu", checkpoint_every=int(sys.argv[4]))
"""


def kill_when(corpus, folder, step):
    """Start pre-training in a process of its own and kill it once it has checkpointed ``step``."""
    checkpoint = folder / "checkpoint.safetensors"
    said = folder.with_name("stderr.txt")
    with said.open("wb") as stderr:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", COMMAND, str(corpus), str(folder)),
                *(json.dumps(CONFIG.to_dict()), str(EVERY)),
            ],
            stderr=stderr,
        )
    try:
        until = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < until:
            if checkpoint.is_file() and read_values(checkpoint)["step"] >= step:
                break
            time.sleep(0.005)
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL, said.read_text()[-2000:]
    return read_values(checkpoint)["step"]


def test_a_killed_run_goes_on_to_the_same_weights_and_log(corpus, whole, tmp_path):
    folder = tmp_path / "killed"
    first = kill_when(corpus, folder, 60)
    second = kill_when(corpus, folder, max(first + EVERY, 120))  # and again
    assert 60 <= first < second < STEPS
    assert not (folder / "model").exists()
    run_pretrain(corpus, folder)
    assert weights(folder) == weights(whole)
    assert log_rows(folder) == log_rows(whole)
    assert [row[0] for row in log_rows(whole) if row[1] == "loss"] == [
        *map(str, range(50, STEPS, 50)),
        str(STEPS),
    ]
    theirs, ours = provenance(whole), provenance(folder)
    assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}


def test_running_a_finished_run_again_changes_nothing(corpus, whole, monkeypatch):
    before = (provenance(whole), log_rows(whole), weights(whole))
    monkeypatch.setattr(Budget, "seconds", 1e6)  # however long it takes to find that out
    run_pretrain(corpus, whole)
    assert (provenance(whole), log_rows(whole), weights(whole)) == before


def test_it_learns_and_notes_how_it_was_made(whole):
    losses = [float(value) for _, name, value in log_rows(whole)[1:] if name == "loss"]
    assert losses[-1] < 0.7 * losses[0]
    noted = provenance(whole)
    assert noted["graphs"] == 160
    assert noted["steps"] == STEPS
    assert noted["final"]["loss"] == losses[-1]
    assert noted["settings"] == CONFIG.to_dict()
    assert load_artifact(whole / "model").encoder.config.dim == 16
    with (whole / "rejects.csv").open(newline="") as file:
        rejects = list(csv.DictReader(file))
    assert [(r["row"], r["value"]) for r in rejects] == [("80", "C1CC"), ("81", "xyz")]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 4},
        {"epochs": 31},
        {"dim": 32},
        {"options": {"attribute-masking": {"rate": 0.2}}},
        {"max_steps": 3},
    ],
)
def test_other_settings_in_the_same_folder_are_refused(corpus, whole, change):
    before = weights(whole)
    with pytest.raises(InputError, match=r"other settings.*--overwrite"):
        run_pretrain(corpus, whole, replace(CONFIG, **change))
    assert weights(whole) == before


def test_another_corpus_in_the_same_folder_is_refused(corpus, whole, tmp_path):
    other = tmp_path / "other.smi"
    other.write_text(corpus.read_text() + "CCO\n")
    with pytest.raises(InputError, match="another corpus"):
        run_pretrain(other, whole)


def test_the_store_of_a_run_that_failed_early_is_not_taken_for_another_corpus(tmp_path, nci):
    """Ended before its first checkpoint, it left a store; a new corpus makes a new one."""
    first, second = tmp_path / "first.smi", tmp_path / "second.smi"
    first.write_text("C\n")  # one molecule: the run ends after its store is written
    second.write_text("\n".join(nci[:20]) + "\n")
    with pytest.raises(InputError, match="at least two"):
        run_pretrain(first, tmp_path / "run", QUICK)
    assert len(GraphStore.open(tmp_path / "run" / "store")) == 1
    run_pretrain(second, tmp_path / "run", QUICK)
    assert provenance(tmp_path / "run")["graphs"] > 15


def test_overwrite_starts_anew(corpus, tmp_path):
    run_pretrain(corpus, tmp_path / "run", QUICK)
    first = weights(tmp_path / "run")
    other = replace(QUICK, seed=9)
    run_pretrain(corpus, tmp_path / "run", other, overwrite=True)
    assert weights(tmp_path / "run") != first
    assert provenance(tmp_path / "run")["settings"]["seed"] == 9


def test_files_that_are_no_run_of_ours_survive(corpus, tmp_path):
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(InputError, match="precious"):
            run_pretrain(corpus, folder, QUICK, overwrite=overwrite)
    assert [p.name for p in folder.iterdir()] == ["thesis.txt"]


def test_a_damaged_checkpoint_is_a_run_error(corpus, tmp_path):
    run_pretrain(corpus, tmp_path / "run", QUICK)
    path = tmp_path / "run" / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RunError, match="--overwrite"):
        run_pretrain(corpus, tmp_path / "run", QUICK)


def test_going_on_from_an_artifact(corpus, whole, tmp_path):
    """Under the artifact's shape; with no learning to speak of, its weights stay."""
    config = replace(QUICK, learning_rate=1e-12, num_layers=5, dim=300)
    run_pretrain(corpus, tmp_path / "more", config, start_from=str(whole))
    old, new = (load_file(f / "model" / "model.safetensors") for f in (whole, tmp_path / "more"))
    assert set(old) == set(new)
    trained = [n for n in old if "running" not in n and "num_batches" not in n]
    assert all((old[n] - new[n]).abs().max() < 1e-6 for n in trained)
    assert provenance(tmp_path / "more")["start_from"] == str(whole)


def test_a_graph_store_is_a_corpus_too(corpus, whole, tmp_path):
    run_pretrain(corpus, tmp_path / "file", QUICK)
    run_pretrain(whole / "store", tmp_path / "store", QUICK)
    assert weights(tmp_path / "store") == weights(tmp_path / "file")
    with pytest.raises(SchemaMismatchError):
        run_pretrain(whole / "store", tmp_path / "hu", replace(QUICK, featurizer="hu2020"))


def test_the_record_and_its_counts_go_from_stage_to_stage(whole, tmp_path):
    first = record_of(whole)
    assert provenance(whole)["membership"] == first.summary()
    assert first.summary()["molecules"] > 100
    assert (first.summary()["labelled"], first.complete) == (0, True)
    card = (whole / "model" / "README.md").read_text()
    assert f"records {first.summary()['molecules']} molecules (0 with labels)" in card
    # a graph store that says nothing of its molecules
    unknown = shutil.copytree(whole / "store", tmp_path / "store")
    (unknown / "membership.safetensors").unlink()
    run_pretrain(unknown, tmp_path / "alone", QUICK)
    assert not (tmp_path / "alone" / "model" / "membership.safetensors").exists()
    assert provenance(tmp_path / "alone")["membership"] is None
    run_pretrain(unknown, tmp_path / "next", QUICK, start_from=str(whole))
    assert record_of(tmp_path / "next").summary() == {**first.summary(), "complete": False}
    assert provenance(tmp_path / "next")["membership"]["complete"] is False


@pytest.mark.parametrize("text", ["CCO\n", "C1CC\nxyz\n"])
def test_too_small_a_corpus_is_refused(tmp_path, text):
    path = tmp_path / "small.smi"
    path.write_text(text)
    with pytest.raises(InputError, match="at least two"):
        run_pretrain(path, tmp_path / "run", QUICK)


def test_a_corpus_that_is_not_there_is_refused(tmp_path):
    for path in (tmp_path / "no.smi", tmp_path):
        with pytest.raises(InputError, match=str(path)):
            run_pretrain(path, tmp_path / "run", QUICK)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"objective": "guessing"},
        {"featurizer": "ecfp"},
        {"conv": "transformer"},
        {"schedule": "sawtooth"},
        {"max_steps": 0},
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": 0.0},
    ],
    ids=str,
)
def test_impossible_settings_are_refused(corpus, tmp_path, change):
    with pytest.raises(GraftworkError, match=str(next(iter(change.values())))):
        run_pretrain(corpus, tmp_path / "run", replace(QUICK, **change))


def test_a_time_limit_ends_the_run_with_an_artifact(corpus, tmp_path):
    config = replace(QUICK, epochs=100_000, time_limit=1.0)
    run_pretrain(corpus, tmp_path / "run", config)
    noted = provenance(tmp_path / "run")
    assert 0 < noted["steps"] < 20 * 100_000
    assert load_artifact(tmp_path / "run" / "model").predictor is None
    run_pretrain(corpus, tmp_path / "run", config)  # its time is spent
    assert provenance(tmp_path / "run")["steps"] == noted["steps"]


def test_a_store_without_its_record_is_built_again(corpus, tmp_path):
    run_pretrain(corpus, tmp_path / "run", QUICK)
    expected = (tmp_path / "run" / "store" / "membership.safetensors").read_bytes()
    shutil.rmtree(tmp_path / "run" / "model")
    for name in ("checkpoint.safetensors", "rejects.csv", "store/membership.safetensors"):
        (tmp_path / "run" / name).unlink()
    run_pretrain(corpus, tmp_path / "run", QUICK)
    assert load_artifact(tmp_path / "run" / "model").membership == expected
    assert (tmp_path / "run" / "rejects.csv").is_file()


def test_a_run_does_not_go_on_from_a_parent_that_was_replaced(corpus, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    run_pretrain(corpus, first, QUICK)
    run_pretrain(corpus, second, QUICK, start_from=str(first))
    run_pretrain(corpus, second, QUICK, start_from=str(first))
    shutil.copytree(first, tmp_path / "moved")
    run_pretrain(corpus, second, QUICK, start_from=str(tmp_path / "moved"))
    run_pretrain(corpus, first, replace(QUICK, seed=4), overwrite=True)
    with pytest.raises(InputError, match="other settings or another corpus"):
        run_pretrain(corpus, second, QUICK, start_from=str(first))


def test_a_list_of_labels_counts_by_its_content(tmp_path, monkeypatch):
    network, listed = write_proteins(tmp_path / "proteins.npz"), tmp_path / "terms.txt"
    listed.write_text("GO:1\nGO:2\n")
    config = replace(QUICK, objective="supervised", options={}, dropout=0.0)
    monkeypatch.chdir(tmp_path)
    for name in (str(listed), "terms.txt"):
        run_pretrain(Corpus(network, targets=(name,)), tmp_path / "run", config)
    told = load_artifact(tmp_path / "run" / "model").provenance
    assert told["labels"] == ["GO:1", "GO:2"]
    assert told["graphs_seen"] == told["graphs"] == 24
    listed.write_text("GO:1\nGO:3\n")
    with pytest.raises(InputError, match="other settings or another corpus"):
        run_pretrain(Corpus(network, targets=("terms.txt",)), tmp_path / "run", config)
