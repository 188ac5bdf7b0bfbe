"""Where models are found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import graftwork
from graftwork.errors import ArtifactError
from graftwork.nn.artifact import load_artifact, save_artifact
from graftwork.nn.checkpoints import DEFAULT, bundled, find_model


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_encoder):
    folder = tmp_path_factory.mktemp("runs") / "first"
    save_artifact(folder / "model", tiny_encoder(), {})
    return folder


def test_a_run_means_its_model(run):
    assert find_model(run) == run / "model"
    assert find_model(str(run)) == run / "model"
    assert load_artifact(find_model(run)).predictor is None


def test_an_artifact_means_itself(run):
    assert find_model(run / "model") == run / "model"


def test_an_unknown_name_is_refused_and_the_known_are_named():
    with pytest.raises(ArtifactError, match=r"'no-such-model'.*Bundled: default, "):
        find_model("no-such-model")


def test_every_bundled_checkpoint_loads():
    for name, path in bundled().items():
        assert find_model(name) == path
        assert load_artifact(path).predictor is None


CHECK = """
import sys
from graftwork.errors import ArtifactError
from graftwork.nn.checkpoints import bundled, find_model
assert bundled().keys() == set(sys.argv[1:]), bundled()
for name in (*sys.argv[1:], *(["default"] if sys.argv[1:] else [])):
    assert find_model(name) == bundled()[sys.argv[1]]
try:
    find_model("default" if not sys.argv[1:] else "other")
except ArtifactError as error:
    print(error)
"""


@pytest.mark.parametrize("names", [[], [DEFAULT]], ids=["none bundled", "one bundled"])
def test_an_installation(names, run, tmp_path):
    """A copy of the package, with and without a bundled checkpoint."""
    source = Path(graftwork.__file__).parent
    copy = tmp_path / "graftwork"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("checkpoints", "__pycache__"))
    for name in names:
        shutil.copytree(run / "model", copy / "checkpoints" / name)
    done = subprocess.run(
        [sys.executable, "-c", CHECK, *names],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"Bundled: default, {', '.join(names) or 'none'}." in done.stdout
