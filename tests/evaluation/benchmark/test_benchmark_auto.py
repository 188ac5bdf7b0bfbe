"""The model auto in a benchmark: cells with few labels, rows, verdicts, and what finetune says."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from graftwork.errors import InputError
from graftwork.evaluation import benchmark as bench
from graftwork.evaluation.benchmark.auto_models import shown
from graftwork.evaluation.benchmark.headlines import headlines
from graftwork.evaluation.benchmark.markdown import markdown
from graftwork.evaluation.benchmark.overlaps import find_overlaps
from graftwork.evaluation.benchmark.summary import protocol_lines
from graftwork.evaluation.benchmark.table import make_table
from graftwork.evaluation.benchmark.verdicts import table_verdicts

BOTH = ("network", "auto")
NAMES = ["fingerprint-gp", "scratch:gin-2x8", "tiny", "auto:none", "auto:tiny"]


@pytest.fixture(scope="module")
def blended(checkpoint, config):
    return bench.models_named([f"tiny={checkpoint}"], ["fingerprint-gp"], config, kinds=BOTH)


@pytest.fixture(scope="module")
def run(tmp_path_factory, run_here, specs, blended, config):
    """Both tables x all models x two seeds."""
    cells = bench.plan(specs, blended, ("full",), range(2), config)
    root = tmp_path_factory.mktemp("blended") / "out"
    return run_here(root, specs, blended, config, [c for c in cells if c.first is None])


@pytest.fixture(scope="module")
def verdicts(run):
    return table_verdicts(run.results)


@pytest.fixture(scope="module")
def levels(tmp_path_factory, tables):
    """Three classes, the last of them rare."""
    found = pd.read_csv(tables[0])
    found["level"] = pd.cut(found["size"], [0, 8, 16, 999], labels=False)
    path = tmp_path_factory.mktemp("levels") / "levels.csv"
    found[["smiles", "level"]].to_csv(path, index=False)
    reading = bench.Reading(task="multiclass", split="random")
    return bench.data_specs([str(path)], None, reading)


@pytest.fixture(scope="module")
def scaffolds(tables, levels):
    sizes = bench.data_specs([str(tables[0])], None, bench.Reading(split="scaffold"))
    reading = bench.Reading(targets=("ring", "nitrogen"), split="scaffold")
    rings = bench.data_specs([str(tables[1])], None, reading)
    return [*sizes, *rings, *levels]


@pytest.mark.parametrize(
    ("tables_used", "budgets"), [("specs", (3, 16, 32)), ("scaffolds", (3, 16))]
)
def test_few_labels_are_enough(
    tmp_path, run_here, checkpoint, config, request, tables_used, budgets
):
    """One validation row, folds without a class, fewer scaffolds than folds."""
    data = bench.with_budgets(request.getfixturevalue(tables_used), budgets)
    models = bench.models_named([f"tiny={checkpoint}"], [], config, kinds=["auto"])
    cells = bench.plan(data, models, ("full",), range(1), config)
    made = run_here(tmp_path / "out", data, models, config, cells)
    assert len(made.results.outcomes) == len(data) * 2
    for outcome in made.results.outcomes:
        values = outcome.predictions("test", "last")
        assert np.isfinite(values).all(), outcome.cell
        assert len(values) == made.results.facts[outcome.cell.data]["sizes"]["test"]
        if outcome.cell.dataset.startswith("rings"):
            assert values.min() >= 0
            assert values.max() <= 1
        blend = outcome.record["blend"]
        assert blend["rows"] == made.results.request.data[outcome.cell.dataset].labels
        weights = np.array([m["weights"] for m in blend["models"][:-1]])
        np.testing.assert_allclose(weights.sum(0), 1)
        named = [m["model"] for m in blend["models"]]
        members = {"fingerprint-gp", "molecule-gp", "extra-trees", "auto"}
        if outcome.cell.model != "auto:none":
            members |= {"network", "embedding-gp", "joint-gp"}
        assert set(named) == members


def test_a_blend_is_what_finetune_computes(run, finetuned):
    """The same split, seed and settings through the other command."""
    found = finetuned(num_seeds=1, baselines=(), strategy="full")
    mine = run.results.group("sizes", "auto:tiny", "full")[0]
    theirs = found.experiment.models["auto"].predictions[0, found.experiment.split.test]
    np.testing.assert_allclose(mine.predictions("test", "last"), theirs, rtol=1e-5)
    blend = json.loads((found.folder / "metrics.json").read_text())["blend"]
    assert mine.record["blend"] == blend


def test_a_blend_takes_the_finished_network_of_its_table(
    run, tmp_path, run_here, specs, checkpoint, config
):
    """It says what it would with a network of its own."""
    by_id = {o.cell.id: o for o in run.results.outcomes}
    blends = [o for o in run.results.outcomes if o.cell.model == "auto:tiny"]
    for outcome in blends:
        network = by_id[outcome.cell.spec["network"]]
        assert (network.cell.model, network.cell.seed) == ("tiny", outcome.cell.seed)
    models = bench.models_named([f"tiny={checkpoint}"], [], config, kinds=["auto"])
    cells = bench.plan(specs[:1], models, ("full",), range(1), config)
    alone = run_here(tmp_path / "out", specs[:1], models, config, cells)
    for outcome in alone.results.outcomes:
        twin = by_id[outcome.cell.id]
        np.testing.assert_allclose(
            outcome.predictions("test", "last"), twin.predictions("test", "last"), rtol=1e-5
        )
        ours, theirs = (o.record | {"seconds": 0, "seconds_reading": 0} for o in (outcome, twin))
        assert ours == theirs


def test_a_blend_without_a_network_has_none_of_its_parts(run):
    for outcome in run.results.outcomes:
        if outcome.cell.model != "auto:none":
            continue
        named = {m["model"] for m in outcome.record["blend"]["models"]}
        assert not named & {"network", "embedding-gp", "joint-gp"}
        assert "network" not in outcome.record["blend"]["sentence"]
        assert outcome.cell.spec["settings"] is None
        assert {s["part"] for s in outcome.record["scores"]} == {"test"}  # validation was learnt


def test_every_row_has_its_place(run, verdicts):
    table = make_table(run.results, verdicts, "best-validation")
    assert [row.model for row in table.rows] == NAMES
    assert [row.label for row in table.rows[-2:]] == ["blend without network", "auto: tiny"]
    assert table.blends
    for row in table.rows:
        for cell in row.cells:
            marked = {"tiny": "scratch", "auto:tiny": "blend"}.get(row.model)
            assert (cell.verdict and cell.verdict.family) == marked
            if row.model.startswith("auto:"):
                assert cell.seeds == 2
    assert [r["dataset"] for r in find_overlaps(run.results)] == ["sizes", "rings"]


def test_each_question_is_a_family_of_its_own(verdicts):
    asked = {(v.family, v.model, v.against) for v in verdicts}
    assert asked == {
        ("scratch", "tiny", "scratch:gin-2x8"),
        ("baseline", "tiny", "fingerprint-gp"),
        ("baseline", "auto:none", "fingerprint-gp"),
        ("baseline", "auto:tiny", "fingerprint-gp"),
        ("best-baseline", "auto:none", "fingerprint-gp"),
        ("best-baseline", "auto:tiny", "fingerprint-gp"),
        ("auto-scratch", "auto:tiny", "scratch:gin-2x8"),
        ("blend", "auto:tiny", "auto:none"),
    }
    sizes = {"scratch": 2, "baseline": 6, "best-baseline": 4, "auto-scratch": 2, "blend": 2}
    for v in verdicts:
        if v.p_value is not None:
            assert v.family_size <= sizes[v.family]
    assert len({v.inputs for v in verdicts}) == len(verdicts)


def test_the_best_baseline_is_that_of_the_test_rows(tmp_path, run_here, checkpoint, config, specs):
    models = bench.models_named([f"tiny={checkpoint}"], None, config, kinds=["auto"])
    cells = bench.plan(specs[:1], models, ("full",), range(2), config)
    cells = [c for c in cells if c.model != "auto:tiny" and c.first is None] + [
        c for c in cells if c.model == "ecfp-rf" and c.first is not None
    ]
    made = run_here(tmp_path / "out", specs[:1], models, config, cells)
    found = table_verdicts(made.results)
    table = make_table(made.results, found, "last")
    means = {row.model: row.cells[0].mean for row in table.rows if row.role == "baseline"}
    assert set(means) == {"ecfp-rf", "fingerprint-gp", "ecfp-rf+val", "fingerprint-gp+val"}
    best = [v for v in found if v.family == "best-baseline"]
    assert {v.against for v in best} == {min(means, key=means.get)}
    sentence = headlines(found, table)[0].sentence
    assert sentence.startswith("blend without network against the best baseline (")


def test_the_text_says_what_was_compared(run, verdicts):
    tables = [make_table(run.results, verdicts, c) for c in ("best-validation", "last")]
    text = markdown(run.results, tables, verdicts, [])
    for piece in (
        "- auto: tiny against blend without network: ",
        "- auto: tiny against the best baseline (fingerprint-gp): ",
        "| gain over blend without network |",
        "| the best baseline, fingerprint-gp |",
        "Marks of auto: ",
        "## What the blends consist of",
        "- blend without network on sizes: ",
    ):
        assert piece in text, piece
    assert re.search(r"auto: tiny on rings: .*network has a weight in \d of 2 seeds\.", text)
    assert "auto:" not in text.replace("auto: ", "")
    families = [h.family for h in headlines(verdicts, tables[0])]
    assert families == ["scratch", "best-baseline", "blend", "best-baseline"]
    assert any("threefold cross-validation" in line for line in protocol_lines(run.results))


def test_the_other_cells_keep_their_ids(specs, models, blended, config):
    plain = bench.plan(specs, models, ("full",), range(2), config)
    more = bench.plan(specs, blended, ("full", "linear-probe"), range(2), config)
    assert {c.id for c in plain} < {c.id for c in more}
    assert len({c.id for c in more}) == len(more)
    blends = {(c.model, c.strategy) for c in more if c.model.startswith("auto:")}
    assert blends == {
        ("auto:none", ""),
        ("auto:tiny", "full"),
        ("auto:tiny", "linear-probe"),
    }
    first = [c.model for c in more if (c.dataset, c.seed) == ("sizes", 0)]
    assert first[-5:] == ["tiny", "tiny", "scratch:gin-2x8", "auto:tiny", "auto:tiny"]


def test_without_a_checkpoint_the_blend_is_with_the_shape_from_scratch(config):
    models = bench.models_named([], [], config, kinds=["auto"])
    assert [m.name for m in models] == ["auto:none", "auto:scratch:gin-5x256"]
    assert shown(models[1].name) == "auto: scratch:gin-5x256"
    assert models[1].weights is None


def test_what_cannot_be_blended_is_refused(config, checkpoint):
    with pytest.raises(InputError, match="auto does not read networks"):
        bench.models_named([], [], config, network=True, kinds=BOTH)
    with pytest.raises(InputError, match="--models has no 'forest'"):
        bench.models_named([], [], config, kinds=["forest"])
    with pytest.raises(InputError, match="--models has no ''"):
        bench.models_named([], [], config, kinds=[])
    with pytest.raises(InputError, match="cannot be called 'auto:x'"):
        bench.models_named([f"auto:x={checkpoint}"], [], config)
