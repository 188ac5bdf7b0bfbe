"""graftwork benchmark, from the command line to the files, through a violent death."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

pytestmark = pytest.mark.slow  # every cell is a process of its own


@pytest.fixture(scope="module")
def place(tmp_path_factory, cmet):
    """Two good tables, and one without a single molecule."""
    folder = tmp_path_factory.mktemp("benchmark")
    cmet[["smiles", "y"]].to_csv(folder / "potency.csv", index=False)
    active = cmet[["smiles"]].assign(active=(cmet["y"] > cmet["y"].median()).astype(int))
    active.iloc[:34].to_csv(folder / "activity.csv", index=False)
    pd.DataFrame({"smiles": ["C1CC", "(("] * 3, "y": range(6)}).to_csv(
        folder / "broken.csv", index=False
    )
    return folder


@pytest.fixture(scope="module")
def arguments(place, pretrained):
    names = ",".join(str(place / f"{n}.csv") for n in ("potency", "broken", "activity"))
    return [
        *("benchmark", "--datasets", names, "--checkpoints", f"mine={pretrained}"),
        *("--seeds", "2", "--epochs", "2", "--baselines", "none", "--split", "random"),
        *("--precision", "32-true", "--jobs", "2", "-o", str(place / "out")),
    ]


@pytest.fixture(scope="module")
def killed(place, arguments):
    """Kill the benchmark, and nothing else, when two cells are done; return their times."""
    out = place / "out"
    with subprocess.Popen(
        [sys.executable, "-m", "graftwork", *arguments],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 300
        while len(list(out.glob("cells/*.json"))) < 2 and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    done: list[str] = []
    while done != (done := sorted(map(str, out.glob("cells/*")))):
        time.sleep(3)  # its processes notice within a second that it is gone
    return {p.name: p.stat().st_mtime_ns for p in out.glob("cells/*.json")}


@pytest.fixture(scope="module")
def resumed(killed, arguments, cli):
    assert 2 <= len(killed) < 8
    return cli(*arguments)


def test_a_killed_benchmark_goes_on_where_it_was(place, killed, resumed):
    out = place / "out"
    cells = {p.name: p.stat().st_mtime_ns for p in out.glob("cells/*.json")}
    assert len(cells) == 8  # two good tables x scratch and checkpoint x two seeds
    assert {name: cells[name] for name in killed} == killed  # done once, never again
    assert not list(out.rglob("*.partial"))
    assert resumed.code == 1


def test_a_table_that_fails_is_named_and_stops_nothing(place, resumed):
    assert "4 cells failed" in resumed.error
    assert "mine on broken, seed 1" in resumed.error
    assert "none of 6 rows is a usable molecule" in resumed.error
    text = (place / "out" / "table.md").read_text()
    assert "**Incomplete.** 4 of 12 cells have no result" in text
    assert text in resumed.out
    assert "none of 6 rows" in (place / "out" / "report.html").read_text()


def test_results_and_verdicts_are_tables(place, resumed):
    assert resumed.out
    found = pd.read_csv(place / "out" / "results.csv")
    assert set(found["dataset"]) == {"potency", "activity"}
    assert set(found["model"]) == {"scratch:gin-2x16", "mine"}
    main = found[(found["part"] == "test") & (found["decides"] == 1)]
    places = ["dataset", "model", "strategy", "seed", "epoch_choice"]
    assert len(main) == len(main[places].drop_duplicates()) == 2 * 2 * 2 * 2
    verdicts = pd.read_csv(place / "out" / "verdicts.csv")
    assert len(verdicts) == 2 * 2
    assert set(verdicts["family"]) == {"scratch"}
    for _, row in verdicts.iterrows():
        pairs = main[
            (main["dataset"] == row["dataset"]) & (main["epoch_choice"] == row["epoch_choice"])
        ].pivot_table(index="seed", columns="model", values="value")
        difference = (pairs["mine"] - pairs["scratch:gin-2x16"]).mean()
        sign = -1 if row["metric"] == "rmse" else 1
        assert row["difference"] == pytest.approx(sign * difference)
    same = json.loads((place / "out" / "verdicts.json").read_text())["comparisons"]
    assert [v["difference"] for v in same] == pytest.approx(verdicts["difference"].tolist())


def test_finished_cells_from_elsewhere_are_taken_without_their_data(
    place, arguments, resumed, cli, tmp_path
):
    assert resumed.out
    here, there = place / "out", tmp_path / "out"
    shutil.copytree(here / "cells", there / "cells")
    shutil.copy(here / "benchmark.json", there)
    cells = {p.name: p.stat().st_mtime_ns for p in (there / "cells").iterdir()}
    names = ",".join(str(place / f"{n}.csv") for n in ("potency", "activity"))
    command = [*arguments, "--datasets", names, "-o", str(there)]
    early = cli(*command, "--time-limit", "0")
    assert "have no result" in early.out  # nothing has been read
    done = cli(*command)
    assert done.code == 0, done.err
    assert {p.name: p.stat().st_mtime_ns for p in (there / "cells").iterdir()} == cells
    columns = ["dataset", "model", "difference", "lower", "upper"]
    both = [pd.read_csv(folder / "verdicts.csv")[columns] for folder in (here, there)]
    pd.testing.assert_frame_equal(*both)


def test_the_table_grows_by_seeds_within_a_time_limit(place, arguments, resumed, cli):
    assert resumed.out
    out = place / "out"
    before = {p.name: p.stat().st_mtime_ns for p in out.glob("cells/*.json")}
    more = [*arguments, "--datasets", str(place / "activity.csv"), "--seeds", "3"]
    late = cli(*more, "--time-limit", "0")
    assert late.code == 0
    assert len(list(out.glob("cells/*.json"))) == 8
    assert re.search(r"6 of 14 cells have no result: .*activity, seed 2", late.out)
    done = cli(*more)
    assert done.code == 0, done.err
    after = {p.name: p.stat().st_mtime_ns for p in out.glob("cells/*.json")}
    assert len(after) == 10
    assert before.items() <= after.items()
    assert "(n=3)" in done.out
    assert "(n=2)" in done.out  # the other table stays


def test_what_does_not_fit_the_table_is_refused(arguments, resumed, place, cli):
    assert resumed.out
    before = {p: p.stat().st_mtime_ns for p in (place / "out").rglob("*.*s*")}
    assert place / "out" / "benchmark.json" in before
    other = cli(*arguments, "--epochs", "3")
    assert other.code == 2
    assert "epochs was 2, now 3" in other.error
    assert cli(*arguments, "--suite", "nonsense").code == 2
    assert cli(*arguments, "--preset", "nonsense").code == 2
    assert cli(*arguments, "--checkpoints", "nowhere").code == 2
    assert "Known: default, hu2020" in cli(*arguments, "--preset", "x").error
    assert {p: p.stat().st_mtime_ns for p in (place / "out").rglob("*.*s*")} == before
    nothing = cli("benchmark", "-o", place / "new")
    assert (nothing.code, (place / "new").exists()) == (2, False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-t", "nope"), "nope"),
        (("--task", "regresion"), "No task is called 'regresion'"),
        (("--split", "public"), "the split public is for networks"),
        (("--split", "group"), "needs to know the test"),
        (("--split", "group", "--test-groups", "x"), "the split group is for networks"),
        (("-t", "y", "--strategies", "foo"), "foo"),
        (("-t", "y", "--clip", "inf"), "clip"),
        (("-t", "y", "--models", "network,forest"), "--models has no 'forest'"),
        (("--datasets", "nofile.csv"), "nofile.csv does not exist"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(labelled, cli, tmp_path, options, message):
    arguments = ("-o", tmp_path / "out", "--checkpoints", "none", "--datasets", labelled, *options)
    done = cli("benchmark", *arguments)
    assert done.code == 2
    assert message in done.error
    assert not (tmp_path / "out").exists()


def test_a_table_without_a_row_is_said_before_anything_runs(cli, tmp_path):
    (tmp_path / "empty.csv").write_text("smiles,y\n")
    done = cli("benchmark", "-o", tmp_path / "out", "--datasets", tmp_path / "empty.csv", "-t", "y")
    assert (done.code, (tmp_path / "out").exists()) == (2, False)
    assert "has no data row" in done.error


def test_blends_and_budgets_leave_curves_and_go_on(place, pretrained, cli):
    out = place / "blends"
    arguments = (
        *("benchmark", "--datasets", place / "activity.csv", "--checkpoints", f"mine={pretrained}"),
        *("--models", "network,auto", "--label-budget", "12,all", "--seeds", "1", "--epochs", "1"),
        *("--baselines", "none", "--split", "random", "--precision", "32-true", "-o", out),
    )
    late = cli(*arguments, "--time-limit", "0")
    assert "auto: mine on activity" in late.out
    done = cli(*arguments)
    assert done.code == 0, done.err
    for piece in ("blend without network", "auto: mine", "curves.csv", "curves.svg"):
        assert piece in done.out
    found = pd.read_csv(out / "results.csv")
    models = {"scratch:gin-2x16", "mine", "auto:none", "auto:mine"}
    assert set(found["model"]) == models
    assert set(found[found["model"].str.startswith("auto:")]["part"]) == {"test"}
    assert len(list(out.glob("cells/*.json"))) == 4 * 2
    verdicts = pd.read_csv(out / "verdicts.csv")
    assert set(verdicts["family"]) == {"scratch", "auto-scratch", "blend"}
    curves = pd.read_csv(out / "curves.csv")
    assert set(curves["model"]) == models
    assert set(curves["budget"]) == {"12", "all"}
    page = (out / "report.html").read_text()
    assert "data:image/svg+xml" in page
    assert "auto: mine against blend without network" in page
    before = {p.name: p.stat().st_mtime_ns for p in out.glob("cells/*.json")}
    assert cli(*arguments).code == 0
    assert {p.name: p.stat().st_mtime_ns for p in out.glob("cells/*.json")} == before
