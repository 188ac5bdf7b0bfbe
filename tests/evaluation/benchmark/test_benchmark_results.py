"""Cells, tidy results, verdicts and tables of a real little benchmark."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from graftwork.evaluation import Runs, compare
from graftwork.evaluation import benchmark as bench
from graftwork.evaluation.baselines import BASELINES, TABLES
from graftwork.evaluation.benchmark.correction import corrected
from graftwork.evaluation.benchmark.folder import Folder, read_arrays
from graftwork.evaluation.benchmark.headlines import headlines
from graftwork.evaluation.benchmark.jobs import run_cell
from graftwork.evaluation.benchmark.markdown import markdown
from graftwork.evaluation.benchmark.means import mean_gain, shared_datasets
from graftwork.evaluation.benchmark.overlaps import _labels_seen, find_overlaps, sentences
from graftwork.evaluation.benchmark.prepare import prepared
from graftwork.evaluation.benchmark.results import COLUMNS, load_results, result_rows, write_table
from graftwork.evaluation.benchmark.summary import missing_line
from graftwork.evaluation.benchmark.table import make_table
from graftwork.evaluation.benchmark.verdicts import VERDICTS_FORMAT, table_verdicts
from graftwork.graph.schema import FeatureSchema
from graftwork.metrics import evaluate


@pytest.fixture(scope="module")
def verdicts(made):
    return table_verdicts(made.results)


def test_every_cell_is_in_the_results_once(made):
    places = [(o.cell.dataset, *o.row, o.cell.seed) for o in made.results.outcomes]
    assert len(places) == len(set(places)) == len(made.cells) == 14
    assert made.results.missing == []


def test_results_are_tidy(made):
    rows = result_rows(made.results)
    key = ("dataset", "model", "strategy", "seed", "part", "epoch_choice", "metric")
    assert len({tuple(row[k] for k in key) for row in rows}) == len(rows)
    metrics = {"sizes": 4, "rings": 5}  # regression and classification know so many
    expected = sum(2 * 2 * metrics[c.dataset] for c in made.cells)
    assert len(rows) == expected
    assert {row["part"] for row in rows} == {"val", "test"}
    assert {row["epoch_choice"] for row in rows} == {"best-validation", "last"}
    deciding = {(row["dataset"], row["metric"]) for row in rows if row["decides"]}
    assert deciding == {("sizes", "rmse"), ("rings", "roc_auc")}


def test_results_equal_what_the_predictions_give(made):
    """From the files alone: predictions, labels, and nothing that the run kept in memory."""
    for row in result_rows(made.results):
        arrays = read_arrays(made.folder.predictions(row["cell"]))
        data = next(c.data for c in made.cells if c.id == row["cell"])
        labels = read_arrays(made.folder.labels(data))
        facts = json.loads(made.folder.facts(data).read_text())
        name = f"{row['part']}/{row['epoch_choice']}"
        if row["model"] == "fingerprint-gp":
            name = f"{row['part']}/best-validation"
        found = evaluate(labels[f"{row['part']}/y"], arrays[name], facts["tasks"], facts["kind"])
        value = next(f for f in found if (f.task, f.metric) == ("mean", row["metric"])).value
        assert (value.value, value.undefined) == (row["value"], row["undefined"])


def test_predictions_are_those_of_the_two_epochs(made):
    differ = 0
    for cell in made.cells:
        record = json.loads(made.folder.cell(cell.id).read_text())
        arrays = read_arrays(made.folder.predictions(cell.id))
        if cell.model == "fingerprint-gp":
            assert set(arrays) == {"val/best-validation", "test/best-validation"}
            continue
        assert record["epochs"] == len(record["losses"]) == len(record["val_scores"]) == 2
        best = int(np.argmin(record["val_scores"])) if cell.dataset == "sizes" else None
        if best is not None:
            assert record["best_epoch"] == best + 1
            scores = {
                s["choice"]: s["value"]
                for s in record["scores"]
                if (s["part"], s["metric"]) == ("val", "rmse")
            }
            assert scores["best-validation"] == pytest.approx(min(record["val_scores"]), rel=1e-5)
            assert scores["last"] == pytest.approx(record["val_scores"][-1], rel=1e-5)
        outcome = next(o for o in made.results.outcomes if o.cell.id == cell.id)
        for name, values in arrays.items():
            assert (outcome.predictions(*name.split("/")) == values).all()
        same = (arrays["test/best-validation"] == arrays["test/last"]).all()
        assert same == (record["best_epoch"] == 2)
        differ += not same
    assert differ


def test_the_table_files_say_the_same(made, tmp_path):
    rows = result_rows(made.results)
    write_table(Folder(tmp_path), "results", rows, COLUMNS, (".csv", ".parquet"))
    text, parquet = (
        pd.read_csv(tmp_path / "results.csv"),
        pd.read_parquet(tmp_path / "results.parquet"),
    )
    assert list(text.columns) == list(parquet.columns) == list(COLUMNS)
    assert len(text) == len(parquet) == len(rows)
    expected = np.array([np.nan if row["value"] is None else row["value"] for row in rows])
    for found in (text, parquet):
        np.testing.assert_array_equal(found["value"], expected)


def test_the_order_of_the_cells_does_not_matter(made, run_here, tmp_path):
    """The same numbers backwards, without the cache, and a data set at a time."""
    chosen = [c for c in made.cells if c.dataset == "rings"][::-1]
    other = run_here(tmp_path / "out", made.data[::-1], made.models, made.config, chosen)
    for cell in chosen:
        for name, values in read_arrays(made.folder.predictions(cell.id)).items():
            found = read_arrays(other.folder.predictions(cell.id))[name]
            assert (found == values).all(), (cell, name)


def test_seeds_differ_and_models_differ(made):
    test = {
        (o.cell.dataset, *o.row, o.cell.seed): o.predictions("test", "last")
        for o in made.results.outcomes
    }
    for dataset in ("sizes", "rings"):
        full = test[dataset, "tiny", "full", 0]
        assert not np.array_equal(full, test[dataset, "tiny", "full", 1])
        assert not np.array_equal(full, test[dataset, "tiny", "linear-probe", 0])
        assert not np.array_equal(full, test[dataset, "scratch:gin-2x8", "full", 0])


def test_a_cell_is_what_finetune_computes(made, finetuned):
    """The same split, seed and settings through the other command."""
    run = finetuned(num_seeds=2, baselines=("fingerprint-gp",), strategy="full", model="network")
    test = run.experiment.split.test
    for name, model in (("pretrained", "tiny"), ("scratch", "scratch:gin-2x8")):
        ours = [
            o.predictions("test", "best-validation")
            for o in made.results.group("sizes", model, "full")
        ]
        theirs = run.experiment.models[name].predictions[:, test]
        np.testing.assert_allclose(np.stack(ours), theirs, rtol=1e-6)
    gp = made.results.group("sizes", "fingerprint-gp", "")[0].predictions("test", "last")
    np.testing.assert_allclose(
        gp, run.experiment.models["fingerprint-gp"].predictions[0, test], rtol=1e-5
    )
    found = next(c for c in run.comparisons if c.against == "scratch")
    mine = next(
        v
        for v in table_verdicts(made.results)
        if (v.dataset, v.strategy, v.against, v.epoch_choice)
        == ("sizes", "full", "scratch:gin-2x8", "best-validation")
    )
    assert (mine.difference, mine.lower, mine.p_value) == pytest.approx(
        (found.difference, found.lower, found.p_value), rel=1e-5
    )


def test_beside_a_blend_a_baseline_learns_from_the_validation_part(
    made, finetuned, tmp_path, run_here, specs, config
):
    models = bench.models_named([], ["fingerprint-gp", "fingerprint-gp+val"], config)
    cells = bench.plan(specs[:1], models, ("full",), range(1), config)
    both = run_here(tmp_path / "out", specs[:1], models, config, cells[:2]).results
    fewer, more = (
        both.group("sizes", name, "")[0] for name in ("fingerprint-gp", "fingerprint-gp+val")
    )
    assert fewer.cell.id == made.results.group("sizes", "fingerprint-gp", "")[0].cell.id
    assert "val" not in {score["part"] for score in more.record["scores"]}
    run = finetuned(num_seeds=1, baselines=("fingerprint-gp",), strategy="full")
    found, data, split = (getattr(run.experiment, name) for name in ("models", "data", "split"))
    table = TABLES["fingerprints"](data)
    learned = np.sort(np.concatenate([split.train, split.val]))
    model = BASELINES["fingerprint-gp"]().fit(table.take(learned), data.y[learned], "regression", 0)
    expected = model.predict(table.take(split.test))
    for values in (
        more.predictions("test", "last"),
        found["fingerprint-gp"].predictions[0, split.test],
    ):
        np.testing.assert_allclose(values, expected, rtol=1e-5)
    assert np.abs(fewer.predictions("test", "last") - expected).max() > 1e-3
    assert "all but networks learn from validation rows" in run.protocol["description"]


def test_every_pair_is_compared_once(verdicts):
    places = [(v.dataset, v.strategy, v.against, v.epoch_choice) for v in verdicts]
    expected = {
        (dataset, strategy, against, choice)
        for dataset in ("sizes", "rings")
        for strategy in ("full", "linear-probe")
        for against in ("scratch:gin-2x8", "fingerprint-gp")
        for choice in ("best-validation", "last")
    }
    assert set(places) == expected
    assert len(places) == len(expected)
    assert all(v.model == "tiny" for v in verdicts)


def test_verdicts_are_paired_comparisons_of_the_predictions(made, verdicts):
    for verdict in verdicts:
        sides = [(verdict.model, verdict.strategy)]
        sides.append((verdict.against, "full" if verdict.family == "scratch" else ""))
        groups = [made.results.group(verdict.dataset, *side) for side in sides]
        runs = [
            Runs(
                side[0],
                np.stack([o.predictions("test", verdict.epoch_choice) for o in group]),
                group[0].deterministic,
            )
            for side, group in zip(sides, groups, strict=True)
        ]
        labels = read_arrays(made.folder.labels(groups[0][0].cell.data))["test/y"]
        expected = compare(labels, *runs, verdict.metric)
        for name in ("difference", "lower", "upper", "p_value", "seeds", "verdict", "note"):
            assert getattr(verdict, name) == getattr(expected, name)


def test_each_family_is_corrected_on_its_own(verdicts):
    for family in ("scratch", "baseline"):
        for choice in ("best-validation", "last"):
            members = [v for v in verdicts if (v.family, v.epoch_choice) == (family, choice)]
            known = [v for v in members if v.p_value is not None]
            adjusted = bench.holm([v.p_value for v in known])
            assert [v.p_holm for v in known] == adjusted
            assert {v.family_size for v in known} == {len(known)}


def test_over_seeds_alone_each_family_is_corrected_too(verdicts):
    members = [v for v in verdicts if (v.family, v.epoch_choice) == ("scratch", "last")]
    scores = [[0.4, 0.41], [-0.6, -0.61], [0.3, -0.2], [0.1, 0.1]]  # paired gains, seed by seed
    found = []
    for verdict, gains in zip(members, scores, strict=True):
        half = stats.t.ppf(0.975, 1) * stats.sem(gains)
        found.append(
            replace(
                verdict,
                difference=float(np.mean(gains)),
                seeds_lower=float(np.mean(gains) - half),
                seeds_upper=float(np.mean(gains) + half),
            )
        )
    found = corrected(found)
    p_values = [stats.ttest_1samp(gains, 0).pvalue for gains in scores[:3]]
    assert [v.seeds_p_holm for v in found] == pytest.approx(bench.holm([*p_values, 0.0]))
    said = [v.seeds_verdict_holm for v in found]
    assert said == ["helps", "hurts", "no evidence", "helps"]
    assert [v.verdict_holm for v in found] == [v.verdict_holm for v in corrected(members)]
    assert corrected([replace(found[0], seeds_lower=None)])[0].seeds_p_holm is None


def test_the_correction_can_take_a_verdict_back(verdicts):
    p_values = [0.03, 0.03, 0.004, 0.9]
    one = [
        replace(v, p_value=p, difference=d, verdict="helps" if d > 0 else "hurts")
        for v, p, d in zip(
            [v for v in verdicts if (v.family, v.epoch_choice) == ("scratch", "last")],
            p_values,
            [0.1, -0.1, -0.2, 0.1],
            strict=True,
        )
    ]
    found = corrected(one)
    assert [v.verdict_holm for v in found] == ["no evidence", "no evidence", "hurts", "no evidence"]
    alone = corrected(one[:1])[0]
    assert (alone.verdict_holm, alone.p_holm) == ("helps", 0.03)
    unknown = corrected([replace(one[0], p_value=None), one[2]])
    assert unknown[0].verdict_holm == "no evidence"
    assert unknown[0].p_holm is None
    assert unknown[1].family_size == 1


def test_with_one_seed_there_is_no_interval_and_it_says_so(made):
    cells = [c for c in made.cells if c.seed == 0]
    request = replace(made.results.request, cells=cells)
    results = load_results(made.folder, request)
    found = table_verdicts(results)
    against_scratch = [v for v in found if v.family == "scratch"]
    assert against_scratch
    for verdict in against_scratch:
        assert verdict.difference is not None
        assert (verdict.lower, verdict.p_value, verdict.verdict_holm) == (None, None, "no evidence")
        assert "more seeds are needed" in verdict.note
    table = make_table(results, found, "best-validation")
    text = markdown(results, [table], found, [])
    assert "one seed: the variance over seeds is unknown" in text
    assert all(cell.sd is None for row in table.rows for cell in row.cells)


def test_a_model_without_random_numbers_counts_once(made):
    cells = [c for c in made.cells if c.model == "fingerprint-gp"]
    twice = [*made.cells, *(replace(c, seed=1) for c in cells)]
    results = load_results(made.folder, replace(made.results.request, cells=twice))
    assert len(results.outcomes) == len(made.cells) + 2
    assert len(results.group("sizes", "fingerprint-gp", "")) == 1
    assert [v.seeds for v in table_verdicts(results)] == [
        v.seeds for v in table_verdicts(made.results)
    ]


def test_only_seeds_that_both_have_are_paired(made):
    cells = [c for c in made.cells if (c.model, c.seed) != ("scratch:gin-2x8", 1)]
    results = load_results(made.folder, replace(made.results.request, cells=cells))
    assert {v.seeds for v in table_verdicts(results) if v.family == "scratch"} == {1}
    assert {v.seeds for v in table_verdicts(results) if v.family == "baseline"} == {2}


def test_verdicts_are_not_computed_again(made, verdicts, tmp_path, monkeypatch):
    shutil.copytree(made.folder.root, tmp_path / "t")
    folder = Folder(tmp_path / "t")
    text = {"format": VERDICTS_FORMAT, "comparisons": [v.to_dict() for v in verdicts]}
    (folder.root / "verdicts.json").write_text(json.dumps(text))
    results = load_results(folder, made.results.request)

    def forbidden(*_arguments, **_settings):
        raise AssertionError

    monkeypatch.setattr("graftwork.evaluation.benchmark.verdicts.compare", forbidden)
    assert table_verdicts(results) == verdicts
    fewer = load_results(
        folder, replace(made.results.request, cells=[c for c in made.cells if c.seed == 0])
    )
    with pytest.raises(AssertionError):
        table_verdicts(fewer)


def test_the_table_shows_means_and_spreads_of_the_results(made, verdicts):
    rows = pd.DataFrame(result_rows(made.results))
    for choice in ("best-validation", "last"):
        table = make_table(made.results, verdicts, choice)
        assert table.datasets == ("sizes", "rings")
        assert [r.label for r in table.rows] == [
            "fingerprint-gp",
            "scratch:gin-2x8",
            "tiny",
            "tiny (linear-probe)",
        ]
        for row in table.rows:
            for name, metric, cell in zip(table.datasets, table.metrics, row.cells, strict=True):
                values = rows[
                    (rows.dataset == name)
                    & (rows.model == row.model)
                    & (rows.strategy == row.strategy)
                    & (rows.part == "test")
                    & (rows.epoch_choice == choice)
                    & (rows.metric == metric)
                ]["value"]
                assert cell.mean == pytest.approx(values.mean())
                if len(values) > 1:
                    assert cell.sd == pytest.approx(values.std())
                assert cell.seeds == len(values)
        for column, metric in enumerate(table.metrics):
            means = [row.cells[column].mean for row in table.rows]
            best = max(means) if metric == "roc_auc" else min(means)
            assert [r.cells[column].best for r in table.rows] == [m == best for m in means]
        assert "different metrics" in table.no_mean
        assert {row.mean for row in table.rows} == {None}


def test_the_mean_is_over_data_sets_that_all_models_have(made):
    rings = [c for c in made.cells if c.dataset == "rings"]
    request = replace(made.results.request, cells=rings)
    results = load_results(made.folder, request)
    found = table_verdicts(results)
    table = make_table(results, found, "last")
    assert table.shared == ("rings",)
    assert table.no_mean is None
    for row in table.rows:
        assert row.mean == row.cells[0].mean
    probe = table.rows[-1]
    expected = next(
        v
        for v in found
        if (v.strategy, v.family, v.epoch_choice) == ("linear-probe", "scratch", "last")
    )
    assert probe.over_scratch.difference == pytest.approx(expected.difference)
    assert (probe.over_scratch.lower, probe.over_scratch.p_value) == pytest.approx(
        (expected.lower, expected.p_value)
    )
    assert probe.baseline == "fingerprint-gp"
    assert probe.over_baseline.datasets == 1
    without = [c for c in made.cells if (c.dataset, c.model) != ("sizes", "tiny")]
    partial = load_results(made.folder, replace(request, cells=without))
    rows = [("fingerprint-gp", ""), ("tiny", "full")]
    assert shared_datasets(partial, rows) == (["rings"], None)
    assert shared_datasets(partial, [])[0] == []
    shown = make_table(partial, table_verdicts(partial), "last")
    assert [cell is None for cell in shown.rows[2].cells] == [True, False]
    assert "not run" in markdown(partial, [shown], [], [])


def test_a_mean_gain_adds_the_variances_of_the_data_sets(verdicts):
    base = verdicts[0]
    parts = [(0.10, 0.02, 4.0), (-0.02, 0.05, 9.0), (0.07, 0.01, 200.0)]
    found = mean_gain([replace(base, difference=d, standard_error=s, df=df) for d, s, df in parts])
    variances = [(s / 3) ** 2 for _, s, _ in parts]
    error = np.sqrt(sum(variances))
    df = sum(variances) ** 2 / sum(v**2 / n for v, (_, _, n) in zip(variances, parts, strict=True))
    assert found.difference == pytest.approx(0.05)
    assert found.upper - found.difference == pytest.approx(stats.t.ppf(0.975, df) * error)
    assert found.p_value == pytest.approx(2 * stats.t.sf(0.05 / error, df))
    assert (found.verdict == "helps") == (found.p_value < 0.05)
    exact = mean_gain([replace(base, difference=0.1, standard_error=0.0, df=None)])
    assert (exact.lower, exact.upper, exact.p_value) == (0.1, 0.1, 0.0)
    lost = mean_gain([base, replace(base, standard_error=None, df=None)])
    assert (lost.difference, lost.lower) == (base.difference, None)
    assert mean_gain([base, replace(base, difference=None)]).difference is None


def test_what_hurts_cannot_be_overlooked(made, verdicts):
    harmful = [
        replace(v, difference=-0.2, p_value=1e-6, lower=-0.3, upper=-0.1)
        if (v.dataset, v.strategy, v.family) == ("rings", "full", "scratch")
        else replace(v, p_value=0.9)
        for v in verdicts
    ]
    harmful = corrected(harmful)
    tables = [make_table(made.results, harmful, c) for c in ("best-validation", "last")]
    found = headlines(harmful, tables[0])
    assert [h.verdict for h in found] == ["hurts", "no evidence"]
    assert "HURTS on 1 of 2 (rings)" in found[0].sentence
    assert "Over seeds alone" in found[0].sentence
    text = markdown(made.results, tables, harmful, [])
    assert text.count("▼ HURTS") == 2 * 3  # a cell, the legend and the list, in both tables
    row = next(line for line in text.splitlines() if line.startswith("| tiny |"))
    assert "▼ HURTS" in row


def test_the_markdown_names_the_protocol(made, verdicts):
    tables = [make_table(made.results, verdicts, c) for c in ("best-validation", "last")]
    overlaps = sentences(find_overlaps(made.results))
    text = markdown(made.results, tables, verdicts, overlaps)
    for piece in (
        "## Best validation epoch",
        "## Last epoch",
        "random split 40/5/5 of 50 usable among 50 rows",
        "at most 2 epochs",
        "precision 32-true. Seeds 0, 1; data seed 0",
        "tiny carries no record of its training data",
        "Holm's correction over 4 comparisons",
        "(n=2)",
        "any seed",
    ):
        assert piece in text, piece
    assert "Incomplete" not in text


def test_names_cannot_break_the_markdown(made, verdicts):
    odd = [replace(v, dataset="a|b") for v in verdicts]
    table = make_table(made.results, verdicts, "last")
    lines = markdown(made.results, [replace(table, datasets=("a|b", "c"))], odd, []).splitlines()
    tables = [line for line in lines if line.startswith("|")]
    assert any("a\\|b" in line for line in tables)
    columns = {line.replace("\\|", "").count("|") for line in tables}
    assert columns == {8, 9}  # seven columns of models here, eight of comparisons


def test_what_is_missing_is_said(made, config, specs, models):
    cells = bench.plan(specs, models, ("full", "linear-probe"), range(3), config)
    results = load_results(made.folder, replace(made.results.request, cells=cells))
    assert len(results.missing) == 6
    line = missing_line(results)
    assert line.startswith("6 of 24 cells have no result: ")
    assert "seed 2" in line
    assert "fingerprint-gp" not in line
    assert missing_line(made.results) is None
    table = make_table(results, [], "last")
    assert f"**Incomplete.** {line}" in markdown(results, [table], [], [])


def test_checkpoints_with_a_record_have_their_overlap_counted(
    tmp_path, tiny_encoder, tables, config, run_here, specs
):
    from graftwork.data.membership import record_membership
    from graftwork.nn.artifact import save_artifact

    with tables[0].open() as file:
        smiles = [row["smiles"] for row in csv.DictReader(file)]
    record = record_membership(smiles, labelled=False).to_bytes()
    save_artifact(tmp_path / "seen", tiny_encoder(dim=8, seed=5), {}, record)
    models = bench.models_named([str(tmp_path / "seen")], [], config)
    cells = [
        c
        for c in bench.plan(specs, models, ("linear-probe",), range(1), config)
        if c.model == "seen"
    ]
    other = run_here(tmp_path / "out", specs, models, config, cells)
    found = {entry["dataset"]: entry for entry in find_overlaps(other.results)}
    assert found["sizes"]["counts"]["test"]["in_corpus"] == 5
    assert found["sizes"]["counts"]["all"]["in_corpus"] == 50
    assert found["rings"]["counts"]["test"]["in_corpus"] == 0
    assert sentences(list(found.values()))[0].startswith("seen on sizes: 5 of 5 test molecules")
    (other.folder.root / "overlaps.json").unlink()
    known = other.results.request
    spec = known.models["seen"]
    elsewhere = known.models | {"seen": replace(spec, path=str(tmp_path / "nowhere"))}
    moved = replace(other.results, request=replace(known, models=elsewhere))
    assert {entry["counts"] is None for entry in find_overlaps(moved)} == {True}
    both = elsewhere | {"auto:seen": replace(spec, name="auto:seen", role="auto")}
    blend = replace(other.results, request=replace(known, models=both))
    assert {e["dataset"]: e for e in find_overlaps(blend)} == found  # looked for again
    shutil.rmtree(tmp_path / "seen")  # what was found stays
    assert {e["dataset"]: e for e in find_overlaps(other.results)} == found


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ([["GO:1", "GO:9"], []], "on net: 1 of 3 tasks were labels in pre-training (not for SC)."),
        ([["GO:9"], []], "on net: 0 of 3 tasks were labels in pre-training."),
        ([["GO:9"], None], "no record of its training data"),
    ],
)
def test_a_network_checkpoint_says_which_tasks_it_was_taught(tmp_path, stages, expected):
    told = [{} if names is None else {"labels": names} for names in stages]
    told[0]["unlabelled_groups"] = ["SC"]
    (tmp_path / "provenance.json").write_text(json.dumps({**told[0], "earlier_stages": told[1:]}))
    found = _labels_seen(tmp_path / "provenance.json", ["GO:1", "GO:2", "GO:3"])
    entry = {"dataset": "net", "model": "m", "sentence": "", "counts": None, **found}
    assert expected in sentences([entry])[0]


def test_tables_that_are_read_differently_are_not_compared(made, verdicts, tmp_path):
    """Another reading may leave out a row; its test part is then another one."""
    shutil.copytree(made.folder.root, tmp_path / "t")
    folder = Folder(tmp_path / "t")
    gp = next(c for c in made.cells if (c.dataset, c.model) == ("rings", "fingerprint-gp"))
    nets = next(c for c in made.cells if (c.dataset, c.model) == ("rings", "tiny"))
    assert gp.data == nets.data  # the same schema here
    shutil.copy(folder.labels(gp.data), folder.labels("elsewhere"))
    shutil.copy(folder.facts(gp.data), folder.facts("elsewhere"))
    cells = [replace(c, data="elsewhere") if c == gp else c for c in made.cells]
    request = replace(made.results.request, cells=cells)
    assert table_verdicts(load_results(folder, request)) == verdicts
    from graftwork.evaluation.benchmark.folder import write_arrays

    arrays = dict(read_arrays(folder.labels(gp.data)))
    arrays["test/row"] = arrays["test/row"] + 1
    write_arrays(folder.labels("elsewhere"), arrays)
    found = table_verdicts(load_results(folder, request))
    lost = [v for v in found if v.difference is None]
    assert {(v.dataset, v.against) for v in lost} == {("rings", "fingerprint-gp")}
    assert all("test rows differ" in v.note for v in lost)


def test_the_cache_gives_back_what_was_read(made, specs):
    from pathlib import Path

    from graftwork.data.labelled import load_labelled

    cell = next(c for c in made.cells if c.model == "tiny" and c.dataset == "rings")
    schema = FeatureSchema.from_dict(cell.spec["schema"])
    cached = prepared(made.folder, cell.data, specs[1], schema, 0)
    fresh = load_labelled(Path(specs[1].path), schema, targets=specs[1].targets)
    np.testing.assert_array_equal(cached.data.y, fresh.y)
    assert cached.data.structures == fresh.structures
    assert (cached.data.tasks, cached.kind) == (("ring", "nitrogen"), "classification")
    for name, values in fresh.store.graphs.arrays().items():
        np.testing.assert_array_equal(cached.data.store.graphs.arrays()[name], values)
    split = fresh.split("random", (0.8, 0.1, 0.1), 0)
    for part, rows in split.parts().items():
        np.testing.assert_array_equal(cached.split.parts()[part], rows)
    facts = json.loads(made.folder.facts(cell.data).read_text())
    assert facts["sizes"] == {part: len(rows) for part, rows in split.parts().items()}


def test_test_molecules_that_training_holds_are_counted(tmp_path, config, models):
    path = tmp_path / "salts.csv"
    rows = ["CCN,1,train", "CCO,2,train", "CCC,3,train", "C,4,val", "CC[NH3+].[Cl-],5,test"]
    path.write_text("\n".join(["smiles,y,part", *rows, "CCCl,6,test"]) + "\n")
    data = bench.data_specs([str(path)], None, bench.Reading(targets=("y",), splits_column="part"))
    cell = bench.plan(data, models, ("full",), range(1), config)[-1]
    folder, schema = Folder(tmp_path / "out"), FeatureSchema.from_dict(cell.spec["schema"])
    found = prepared(folder, cell.data, data[0], schema, 0)
    assert found.split.name == "column"
    facts = json.loads(folder.facts(cell.data).read_text())
    assert facts["test_molecules_also_in_training"] == 1
    labels = read_arrays(folder.labels(cell.data))
    assert labels["test/row"].tolist() == [4, 5]
    assert labels["test/y"].tolist() == [[5.0], [6.0]]


def test_a_checkpoint_fine_tuned_on_the_table_is_refused(
    made, tables, tmp_path, tiny_encoder, config, specs
):
    from graftwork.data.places import file_hash
    from graftwork.errors import InputError
    from graftwork.nn.artifact import save_artifact

    history = {"made_by": "finetune", "data": "sizes.csv", "data_sha256": file_hash(tables[0])}
    save_artifact(tmp_path / "cheat", tiny_encoder(dim=8), history)
    models = bench.models_named([str(tmp_path / "cheat")], [], config)
    cell = next(
        c for c in bench.plan(specs, models, ("full",), range(1), config) if c.model == "cheat"
    )
    with pytest.raises(InputError, match="fine-tuned on this very table"):
        run_cell(made.folder, cell.spec)


def test_nodes_of_networks_are_benchmarked_too(tmp_path, run_here):
    from made_networks import write_citation

    path = write_citation(tmp_path / "papers.npz")
    data = bench.data_specs([str(path)])
    config = bench.benchmark_config(network=True, epochs=3, dim=8, precision="32-true")
    models = bench.models_named([], None, config, network=True)
    cells = [c for c in bench.plan(data, models, ("full",), range(2), config) if not c.first]
    found = run_here(tmp_path / "out", data, models, config, cells)
    verdicts = table_verdicts(found.results)
    table = make_table(found.results, verdicts, "last")
    assert table.metrics == ("multiclass_accuracy",)
    assert {v.family for v in verdicts} == {"baseline"}
    assert "features-logistic" in [row.model for row in table.rows]
    text = markdown(found.results, [table], verdicts, sentences(find_overlaps(found.results)))
    assert "public split 30/30/26" in text
    for idle in found.results.idle:
        assert f"{idle.cell.model} does not apply to papers" in text
    assert found.results.missing == []
    again = prepared(found.folder, cells[-1].data, data[0], schema_from(cells[-1], path), 0)
    assert again.data.network is not None


def schema_from(cell, path):
    from graftwork.evaluation.benchmark.prepare import schema_of

    return schema_of(cell.spec["schema"], str(path))
