"""``torchrun -m graftwork pretrain``: two processes on the command line."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time

import pytest

from graftwork.cli import main
from graftwork.training import pretrain_job
from graftwork.training.checkpoint import read_values, save_state
from graftwork.training.pretrain import PretrainConfig, pretrain
from graftwork.training.recipe import load_recipe, run_recipe

CONFIG = PretrainConfig(
    num_layers=2, dim=16, batch_size=9, epochs=6, seed=3, clip=0.0, precision="32-true"
)
SHAPE = ["--num-layers", "2", "--dim", "16", "--batch-size", "9", "--epochs", "6", "--seed", "3"]
SETTINGS = [*SHAPE, "--clip", "0", "--precision", "32-true", "--device", "cpu"]
STEPS = 6 * 12  # 101 molecules: the last of 12 batches holds two
STAGE = "{{name: {}, corpus: {}, objective: {}, num_layers: 2, dim: 16, precision: 32-true}}"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, nci):
    path = tmp_path_factory.mktemp("corpus") / "corpus.smi"
    path.write_text("\n".join(nci[1000:1101]) + "\n")
    return path


def start(*arguments):
    """Start ``graftwork pretrain`` in two processes."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return subprocess.Popen(
        [sys.executable, *torchrun, "-m", "graftwork", "pretrain", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    """Wait for the end; return the exit code and what was said, torchrun's own lines included."""
    try:
        said, complained = process.communicate(timeout=120)
    finally:
        process.terminate()  # torchrun then ends its processes
    return process.returncode, said, complained


def losses(folder):
    with (folder / "logs" / "metrics.csv").open(newline="") as file:
        rows = [row for row in csv.reader(file) if row[1] == "loss"]
    return [int(step) for step, _, _ in rows], [float(value) for _, _, value in rows]


@pytest.mark.slow
def test_a_run_goes_on_with_another_number_of_processes(corpus, tmp_path, monkeypatch):
    folder, checkpoint = tmp_path / "run", tmp_path / "run" / "checkpoint.safetensors"

    def save_and_end(*arguments):
        save_state(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pretrain_job, "save_state", save_and_end)
        with pytest.raises(KeyboardInterrupt):
            pretrain(corpus, folder, CONFIG, device="cpu", checkpoint_every=10)
    process = start("-i", corpus, "-o", folder, *SETTINGS, "--checkpoint-every", 2)
    until = time.monotonic() + 100
    while process.poll() is None and time.monotonic() < until:
        if read_values(checkpoint)["step"] >= 20:
            break
        time.sleep(0.005)
    process.terminate()
    _, _, complained = finish(process)
    assert 20 <= read_values(checkpoint)["step"] < STEPS, complained
    assert f"Going on from step 10 of {STEPS}" in complained
    pretrain(corpus, folder, CONFIG, device="cpu")
    pretrain(corpus, tmp_path / "alone", CONFIG, device="cpu")
    steps, found = losses(folder)
    assert steps == [50, STEPS]
    assert (steps, pytest.approx(found, rel=1e-3)) == losses(tmp_path / "alone")


@pytest.mark.slow
def test_a_recipe(corpus, tmp_path):
    stages = [("one", "attribute-masking"), ("two", "context-prediction+infomax")]
    recipe = tmp_path / "recipe.yaml"
    listed = [f"  - {STAGE.format(name, corpus, text)}\n" for name, text in stages]
    recipe.write_text("stages:\n" + "".join(listed))
    status, said, complained = finish(
        start("--config", recipe, "-o", tmp_path / "shared", "--device", "cpu")
    )
    assert status == 0, complained
    assert said.count("Checkpoint") == said.count("Next: graftwork finetune") == 1
    assert complained.count("Stage 2 of 2: two") == 1
    run_recipe(load_recipe(recipe), tmp_path / "alone", device="cpu")
    told = [
        json.loads((tmp_path / run / "model" / "provenance.json").read_text())
        for run in ("shared", "alone")
    ]
    for name in ("graphs", "graphs_seen", "steps", "membership", "settings", "corpus_sha256"):
        assert told[0][name] == told[1][name], name
    assert told[0]["final"]["loss"] == pytest.approx(told[1]["final"]["loss"], rel=0.02)
    assert losses(tmp_path / "shared" / "one")[0] == losses(tmp_path / "alone" / "one")[0]


@pytest.mark.slow
def test_an_error_is_said_once_and_ends_all(corpus, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    status, said, complained = finish(start("-i", corpus, "-o", tmp_path, *SETTINGS))
    assert status != 0
    assert said == ""
    assert complained.count(f"Error: {tmp_path} is not empty") == 1  # the other one is waiting
    assert complained.count("Traceback") == 1  # torchrun's own


@pytest.mark.parametrize(("rank", "seconds"), [(0, []), (1, [3.0])])
def test_an_error_of_all_is_left_to_the_first(rank, seconds, tmp_path, monkeypatch, capsys):
    """The others wait, and torchrun ends them meanwhile; alone in their trouble they speak."""
    told = {"RANK": rank, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "LOCAL_RANK": rank}
    for name, value in told.items():
        monkeypatch.setenv(name, str(value))
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    for command in (["pretrain", "-i", str(tmp_path / "no.smi")], ["embed", "-m", "default"]):
        monkeypatch.setattr(sys, "argv", ["graftwork", *command, "-o", str(tmp_path / "run")])
        with pytest.raises(SystemExit, match="2"):
            main()
    assert waited == seconds * 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "no.smi" in lines[0]
    assert "only pretrain shares its work" in lines[1]
