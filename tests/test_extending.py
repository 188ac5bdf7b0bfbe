"""The documentation on adding an objective, followed step by step in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import graftwork
from graftwork.objectives import OBJECTIVES

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "extending.md"
BLOCK = re.compile(r'```\w+ title="(?P<path>[^"]+)"\n(?P<text>.*?)```', re.DOTALL)
REGISTRY = "src/graftwork/objectives/__init__.py"


def blocks():
    return {match["path"]: match["text"] for match in BLOCK.finditer(PAGE.read_text())}


def register(path, text):
    """Add the page's import, its class's name and its entry to the registry."""
    line, opening, entry = (part for part in text.strip().splitlines() if part)
    name = line.split()[-1]
    before = path.read_text()
    assert opening in before
    after = before.replace(opening, f"{opening}\n{entry}").replace(
        "__all__ = [", f'__all__ = [\n    "{name}",'
    )
    first = before.index("from graftwork")
    path.write_text(after[:first] + line + "\n" + after[first:])


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the package and of what its tests need, with the page's changes."""
    folder = tmp_path_factory.mktemp("extended")
    shutil.copytree(
        Path(graftwork.__file__).parent,
        folder / "src" / "graftwork",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for path in ("tests/conftest.py", "tests/molecule_graphs.py", "tests/test_architecture.py"):
        (folder / path).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    shutil.copytree(ROOT / "docs" / "objectives", folder / "docs" / "objectives")
    shutil.copytree(ROOT / "tests" / "objectives", folder / "tests" / "objectives")
    for path, text in blocks().items():
        if path == REGISTRY:
            register(folder / path, text)
        else:
            assert not (folder / path).exists(), path
            (folder / path).write_text(text)
    return folder


def run(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_page_adds_a_file_an_entry_a_page_and_a_test():
    assert set(blocks()) == {
        "src/graftwork/objectives/degree_prediction.py",
        REGISTRY,
        "docs/objectives/degree-prediction.md",
        "tests/objectives/test_degree_prediction.py",
    }


def test_its_own_test_and_those_of_every_objective_pass(extended):
    tests = ["tests/objectives/test_degree_prediction.py", "tests/objectives/test_pages.py"]
    output = run(extended, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    own = len(re.findall(r"^def test_", blocks()[tests[0]], re.MULTILINE))
    assert own >= 2
    assert int(re.search(r"(\d+) passed", output)[1]) >= own + len(OBJECTIVES) + 1
    registry = "test_every_concrete_class_is_listed_exported_and_documented and OBJECTIVES"
    run(extended, "-m", "pytest", "-q", "tests/test_architecture.py", "-k", registry)


def test_the_command_knows_it_alone_and_jointly(extended, nci, tmp_path):
    corpus = tmp_path / "corpus.smi"
    corpus.write_text("\n".join(nci[:40]) + "\n")
    for objective, option in (
        ("degree-prediction", "rate=0.3"),
        ("degree-prediction+infomax", "degree-prediction.weight=0.5"),
    ):
        folder = tmp_path / objective
        run(
            extended,
            *("-m", "graftwork", "pretrain", "-i", str(corpus), "-o", str(folder)),
            *("--objective", objective, "--option", option, "--num-layers", "2", "--dim", "16"),
            *("--batch-size", "8", "--device", "cpu"),
        )
        assert (folder / "model" / "model.safetensors").is_file()
