"""The plan: which cells there are, in which order, and what their ids depend on."""

from __future__ import annotations

import itertools
import json
import re
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from graftwork.errors import ArtifactError, InputError
from graftwork.evaluation import benchmark as bench
from graftwork.evaluation.benchmark.folder import Folder
from graftwork.evaluation.benchmark.identity import digest
from graftwork.evaluation.benchmark.model_spec import ModelSpec
from graftwork.evaluation.benchmark.models import scratch_model
from graftwork.evaluation.benchmark.plan import CELL_FORMAT
from graftwork.evaluation.benchmark.request import Request, grow
from graftwork.evaluation.benchmark.settings import decisive
from graftwork.training.fit_config import FitConfig
from mirror import mirrored

SEEDS = range(2)
MEASUREMENTS = Path(__file__).parents[3] / "docs" / "measurements"


def ids(cells):
    return {(c.dataset, c.model, c.strategy, c.seed): c.id for c in cells}


@pytest.fixture
def cells(specs, models, config):
    return bench.plan(specs, models, ("full", "linear-probe"), SEEDS, config)


def test_the_plan_is_the_product_of_what_was_asked_for(cells):
    rows = [("fingerprint-gp", ""), ("scratch:gin-2x8", "full")]
    rows += [("tiny", "full"), ("tiny", "linear-probe")]
    expected = {
        (name, *row, seed) for name, row, seed in itertools.product(("sizes", "rings"), rows, SEEDS)
    }
    assert set(ids(cells)) == expected
    assert len(cells) == len(expected) == len(set(ids(cells).values()))


def test_a_budget_that_ends_early_leaves_complete_pairs(cells):
    """Seed by seed, small tables first, scratch right after its checkpoint."""
    assert [c.seed for c in cells] == sorted(c.seed for c in cells)
    first = [c for c in cells if c.seed == 0]
    assert [c.dataset for c in first] == ["sizes"] * 4 + ["rings"] * 4
    assert [(c.model, c.strategy) for c in first[:4]] == [
        ("fingerprint-gp", ""),
        ("tiny", "full"),
        ("tiny", "linear-probe"),
        ("scratch:gin-2x8", "full"),
    ]


def test_only_a_baseline_waits_for_its_first_seed(cells):
    found = ids(cells)
    for cell in cells:
        if cell.model == "fingerprint-gp" and cell.seed > 0:
            assert cell.first == found[cell.dataset, cell.model, "", 0]
        else:
            assert cell.first is None


def test_ids_are_stable_under_growth(cells, specs, models, config, checkpoint):
    again = bench.plan(specs[::-1], models[::-1], ("linear-probe", "full"), SEEDS, config)
    assert ids(again) == ids(cells)
    more = bench.plan(specs, models, ("full", "linear-probe"), range(4), config)
    assert ids(cells).items() < ids(more).items()
    other = bench.models_named([f"tiny={checkpoint}", f"copy={checkpoint}"], None, config)
    grown = ids(bench.plan(specs, other, ("full", "linear-probe"), SEEDS, config))
    assert ids(cells).items() < grown.items()
    assert grown["sizes", "copy", "full", 0] == grown["sizes", "tiny", "full", 0]  # same weights


@pytest.mark.parametrize(
    ("change", "touches_baselines"),
    [
        ({"learning_rate": 1e-4}, False),
        ({"epochs": 3}, False),
        ({"dropout": 0.2}, False),
        ({"precision": "bf16-mixed"}, False),
        ({"data_seed": 1}, True),
    ],
)
def test_settings_decide_the_ids_of_what_they_touch(
    cells, specs, models, config, change, touches_baselines
):
    before = ids(cells)
    after = ids(
        bench.plan(specs, models, ("full", "linear-probe"), SEEDS, replace(config, **change))
    )
    for place, cell in before.items():
        baseline = place[1] == "fingerprint-gp"
        assert (after[place] == cell) == (baseline and not touches_baselines)


def test_content_decides_and_places_do_not(cells, specs, models, config):
    moved = [replace(s, name=f"new-{s.name}", path=f"/elsewhere/{s.name}.csv") for s in specs]
    found = set(ids(bench.plan(moved, models, ("full",), SEEDS, config)).values())
    assert found == {c.id for c in cells if c.strategy != "linear-probe"}
    for change in (
        {"sha256": "0"},
        {"targets": ("other",)},
        {"split": "scaffold"},
        {"split_sizes": (0.6, 0.2, 0.2)},
    ):
        changed = [replace(s, **change) for s in specs]
        fresh = {c.id for c in bench.plan(changed, models, ("full",), SEEDS, config)}
        assert not fresh & {c.id for c in cells}
    pretrained = next(m for m in models if m.role == "pretrained")
    fresh = bench.plan(specs, [replace(pretrained, weights="0")], ("full",), SEEDS, config)
    assert not {c.id for c in fresh} & {c.id for c in cells}


def test_the_device_is_no_part_of_the_protocol(cells, specs, models, config):
    other = bench.plan(
        specs, models, ("full", "linear-probe"), SEEDS, replace(config, device="cpu")
    )
    assert ids(other) == ids(cells)
    assert "device" not in config.protocol()
    assert config.protocol()["precision"] == "32-true"


def test_scratch_is_shared_by_checkpoints_of_one_shape(tmp_path, tiny_encoder, config):
    from graftwork.nn.artifact import save_artifact

    for name, seed, dim in (("a", 1, 8), ("b", 2, 8), ("wide", 3, 16)):
        save_artifact(tmp_path / name, tiny_encoder(seed=seed, dim=dim), {})
    found = bench.models_named([str(tmp_path / n) for n in ("a", "b", "wide")], [], config)
    assert [(m.name, m.role) for m in found] == [
        ("scratch:gin-2x8", "scratch"),
        ("scratch:gin-2x16", "scratch"),
        ("a", "pretrained"),
        ("b", "pretrained"),
        ("wide", "pretrained"),
    ]
    assert [m.scratch for m in found[2:]] == ["scratch:gin-2x8"] * 2 + ["scratch:gin-2x16"]
    save_artifact(tmp_path / "dropped", tiny_encoder(seed=1, dim=8, dropout=0.3), {})
    dropped = bench.models_named([str(tmp_path / "dropped")], [], config)
    assert dropped[0] == found[0]  # dropout is the protocol's
    assert found[2].weights != found[3].weights


def test_without_checkpoints_the_preset_gives_the_shape():
    config = bench.benchmark_config("hu2020", conv="gcn")
    found = bench.models_named([], None, config)
    assert [m.name for m in found] == ["ecfp-rf", "fingerprint-gp", "scratch:gcn-5x300-hu2020"]
    fitted = config.fit_config("full")
    assert (fitted.epochs, fitted.dropout, fitted.schedule) == (100, 0.5, "constant")
    assert config.num_seeds == 10
    assert bench.benchmark_config("hu2020", epochs=30).epochs == 30
    assert bench.benchmark_config("hu2020", epochs=None).epochs == 100
    assert bench.benchmark_config("hu2020", epochs=30).batch_size == 32
    assert scratch_model(config).encoder["dropout"] == 0.0  # the protocol's, not the shape's
    summed = replace(config, jumping_knowledge="sum", featurizer="default")
    assert scratch_model(summed).name == "scratch:gcn-5x300-sum"
    assert bench.benchmark_config(network=True).num_layers == 2
    assert bench.benchmark_config().precision in ("32-true", "bf16-mixed")


def test_networks_have_their_own_baselines(config):
    found = bench.models_named([], None, config, network=True)
    assert [m.name for m in found] == ["features-logistic", "topology-ridge", found[2].name]
    assert found[2].name.endswith("-network")
    with pytest.raises(InputError, match="gin-assays does not read networks"):
        bench.models_named(["default"], None, config, network=True)
    with pytest.raises(InputError, match="topology-ridge does not read molecules"):
        bench.models_named([], ["topology-ridge"], config)


@pytest.mark.parametrize("name", ["scratch:x", "ecfp-rf", "ecfp-rf+val", "a|b", "none", "a\nb"])
def test_names_that_would_mislead_are_refused(name, checkpoint, config):
    with pytest.raises(InputError, match="cannot be called"):
        bench.models_named([f"{name}={checkpoint}"], [], config)


def test_what_is_not_there_is_refused(tmp_path, config, checkpoint):
    with pytest.raises(ArtifactError):
        bench.models_named([f"x={tmp_path / 'nothing'}"], [], config)
    for name in ("xgb", "chemprop+val", "+val"):
        with pytest.raises(InputError, match=re.escape(f"No baseline is called {name!r}")):
            bench.models_named([], [name], config)
    with pytest.raises(InputError, match="Two checkpoints are called 'm'"):
        bench.models_named([f"m={checkpoint}", "m=default"], [], config)
    with pytest.raises(InputError, match="No data set is called 'nonsense'"):
        bench.data_specs(["nonsense"])
    with pytest.raises(InputError, match="No data set is given"):
        bench.data_specs([])
    with pytest.raises(InputError, match="No suite is called 'nonsense'"):
        bench.data_specs([], "nonsense")
    with pytest.raises(InputError, match=r"mine\.csv is not in the suite moleculenet.*holds bbbp"):
        bench.data_specs(["bace", "mine.csv"], "moleculenet")


def test_splits_are_decided_in_the_open(tables, tmp_path):
    name = str(tables[0])
    assert bench.data_specs([name])[0].split == "scaffold"
    by_column = bench.data_specs([name], None, bench.Reading(splits_column="part"))[0]
    assert (by_column.split, by_column.splits_column) == ("column", "part")
    forced = bench.data_specs([name], None, bench.Reading(splits_column="part", split="random"))[0]
    assert (forced.split, forced.splits_column) == ("random", None)
    with pytest.raises(InputError, match="no known column"):
        bench.data_specs([name], None, bench.Reading(split="column"))
    with pytest.raises(InputError, match="No split is called 'fold'"):
        bench.Reading(split="fold")
    with pytest.raises(InputError, match="three fractions"):
        bench.Reading(split_sizes=(0.5, 0.1, 0.1))
    twin = tmp_path / "sizes.csv"
    twin.write_text(tables[0].read_text() + "CCCC,4\n")
    with pytest.raises(InputError, match="Two data sets are called 'sizes'"):
        bench.data_specs([name, str(twin)])
    assert len(bench.data_specs([name, name])) == 1


def test_the_catalog_knows_columns_task_and_split():
    mirrored("SOURCES.tsv")
    freesolv = bench.data_specs(["freesolv"])[0]
    assert (freesolv.split, freesolv.task) == ("scaffold", "regression")
    whole = {s.name: s for s in bench.data_specs([], "moleculeace")}
    assert len(whole) == 10
    potency = whole["chembl4203-ki"]
    assert bench.data_specs(["CHEMBL4203_Ki"], "moleculeace") == [potency]
    assert (potency.split, potency.splits_column, potency.targets) == ("column", "split", ("y",))
    assert potency.rows > 500
    with pytest.raises(InputError, match="has no labels to predict"):
        bench.data_specs(["rdkit-pubchem-100k"])
    with pytest.raises(InputError, match="do not go into one benchmark"):
        bench.data_specs(["freesolv", "cora"])
    species = bench.data_specs([], "ppi")[0]
    assert (species.split, species.test_groups, species.network) == ("group", ("SC",), True)
    assert len(species.targets) == 51  # terms, not the file that lists them
    assert all(name.startswith("GO:") for name in species.targets)


def test_a_strategy_that_is_none_is_refused(specs, models, config):
    with pytest.raises(InputError, match="No strategy is called 'half'"):
        bench.plan(specs, models, ("half",), SEEDS, config)


def growing(folder, specs, models, config, cells):
    return grow(Folder(folder), {"preset": "p", **config.protocol()}, specs, models, cells)


def test_a_table_grows_and_keeps_what_it_had(tmp_path, specs, models, config):
    one = bench.plan(specs[:1], models, ("full",), range(1), config)
    first = growing(tmp_path / "t", specs[:1], models, config, one)
    two = bench.plan(specs, models, ("full",), range(2), config)
    second = growing(tmp_path / "t", specs, models, config, two)
    assert [c.id for c in second.cells[: len(one)]] == [c.id for c in first.cells]
    assert {c.id for c in second.cells} == {c.id for c in two}
    assert growing(tmp_path / "t", specs[:1], models, config, one) == second  # nothing is lost
    text = json.loads((tmp_path / "t" / "benchmark.json").read_text())
    assert Request.from_dict(text) == second


def test_one_table_has_one_protocol(tmp_path, specs, models, config):
    cells = bench.plan(specs, models, ("full",), range(1), config)
    growing(tmp_path / "t", specs, models, config, cells)
    before = (tmp_path / "t" / "benchmark.json").read_bytes()
    with pytest.raises(InputError, match="epochs was 2, now 3"):
        growing(tmp_path / "t", specs, models, replace(config, epochs=3), cells)
    changed = [specs[0], replace(specs[1], sha256="0")]
    with pytest.raises(InputError, match="data set 'rings' is another one"):
        growing(tmp_path / "t", changed, models, config, cells)
    retrained = [replace(m, weights="0") if m.name == "tiny" else m for m in models]
    with pytest.raises(InputError, match="model 'tiny' is another one"):
        growing(tmp_path / "t", specs, retrained, config, cells)
    assert (tmp_path / "t" / "benchmark.json").read_bytes() == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="not empty and holds no benchmark"):
        growing(tmp_path / "full", specs, models, config, cells)


def test_auto_beside_what_it_stands_for_is_refused(specs, models, config):
    with pytest.raises(InputError, match="auto and full"):
        bench.plan(specs, models, ("auto", "full"), SEEDS, config)
    found = bench.plan(specs, models, ("auto", "linear-probe"), SEEDS, config)
    assert {c.strategy for c in found if c.model == "tiny"} == {"auto", "linear-probe"}


def test_nor_does_it_come_into_a_table_later(tmp_path, specs, models, config):
    cells = bench.plan(specs, models, ("full",), SEEDS, config)
    growing(tmp_path / "t", specs, models, config, cells)
    later = bench.plan(specs, models, ("auto",), SEEDS, config)
    with pytest.raises(InputError, match="auto and full"):
        growing(tmp_path / "t", specs, models, config, later)


def test_a_table_of_a_version_with_other_numbers_is_refused(tmp_path, specs, models, config):
    cells = bench.plan(specs, models, ("full",), SEEDS, config)
    growing(tmp_path / "t", specs, models, config, cells)
    path = tmp_path / "t" / "benchmark.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": [2, 0]}))
    with pytest.raises(InputError, match="other numbers"):
        growing(tmp_path / "t", specs, models, config, cells)


@pytest.mark.parametrize(
    "archive", sorted(MEASUREMENTS.glob("*-cells.tar.gz")), ids=lambda p: p.name
)
def test_the_cells_of_published_tables_still_count(archive):
    """Their ids come out as today's settings give them."""
    found = 0
    with tarfile.open(archive) as files:
        for name in files.getnames():
            if not name.endswith(".json") or "cells/" not in name:
                continue
            spec = json.load(files.extractfile(name))["spec"]
            settings = spec["settings"] and decisive(FitConfig(**spec["settings"]).to_dict())
            model = ModelSpec(**spec["model"])
            labels = spec["dataset"]["labels"]
            what = [CELL_FORMAT, spec["data"], model.identity, settings, spec["seed"]]
            assert digest(what if labels is None else [*what, labels]) == spec["id"]
            found += 1
    assert found > 40
