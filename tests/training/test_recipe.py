"""Recipes: every one that ships runs, in miniature; what cannot be read is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graftwork.data.catalog import CATALOG
from graftwork.data.suites import SUITES
from graftwork.errors import InputError
from graftwork.nn.artifact import load_artifact
from graftwork.training.recipe import load_recipe, run_recipe
from made_networks import write_proteins

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
SMALL = {"num_layers": 2, "dim": 16, "epochs": 1, "max_steps": 2, "batch_size": 8}


@pytest.fixture(scope="module")
def files(tmp_path_factory, nci):
    """A corpus of 80 molecules, one with labels, and a table to leave out."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "corpus.smi").write_text("\n".join(nci[:80]) + "\n")
    lines = [f"{smiles},{i % 3 % 2},{i}" for i, smiles in enumerate(nci[:80])]
    (folder / "wide.csv").write_text("\n".join(["smiles,hit,ic50", *lines]) + "\n")
    rows = [f"{i},assay{i % 2},{i % 3 % 2},{i / 9}" for i in range(80)]
    (folder / "measured.csv").write_text("\n".join(["mol,assay,label,log_value", *rows]) + "\n")
    (folder / "test.csv").write_text("\n".join(["smiles", *nci[:10]]) + "\n")
    lists = CONFIGS[0].parent.glob("*.txt")
    terms = sorted({term for listed in lists for term in listed.read_text().split()})
    write_proteins(folder / "proteins.npz", species=("HS", "SC"), size=20, terms=terms)
    return folder


def in_miniature(recipe, files):
    def small(stage):
        measured = stage.corpus.measurements is not None
        molecules = "wide.csv" if stage.corpus.targets and not measured else "corpus.smi"
        corpus = replace(
            stage.corpus,
            path=files / ("proteins.npz" if of_network(stage) else molecules),
            measurements=files / "measured.csv" if measured else None,
            also=tuple(files / "wide.csv" for _ in stage.corpus.also),
            exclude=(files / "test.csv",) if stage.corpus.exclude else (),
        )
        return replace(stage, corpus=corpus, config=replace(stage.config, **SMALL))

    return replace(recipe, stages=tuple(small(stage) for stage in recipe.stages))


def of_network(stage):
    return CATALOG[str(stage.corpus.path)].task == "network"


def test_there_are_recipes_for_the_chains_of_the_paper():
    assert {path.stem for path in CONFIGS} >= {
        "hu2020-masking-supervised",
        "hu2020-context-supervised",
    }


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_recipe_names_known_data_and_runs_in_miniature(path, files, tmp_path):
    recipe = load_recipe(path)
    assert len(recipe.description) > 20
    for stage in recipe.stages:
        corpus = stage.corpus
        assert all(str(name) in CATALOG for name in corpus.files)
        assert stage.licence == CATALOG[str(corpus.path)].licence
    run_recipe(in_miniature(recipe, files), tmp_path / "run", device="cpu")
    artifact = load_artifact(tmp_path / "run" / "model")
    assert artifact.encoder.config.dim == 16
    told = artifact.provenance
    assert len(told["earlier_stages"]) == len(recipe.stages) - 1
    assert told["objective"] == recipe.stages[-1].config.objective
    left_out = 10 if recipe.stages[-1].corpus.exclude else 0
    assert told["graphs"] <= (80 - left_out) * (1 + len(recipe.stages[-1].corpus.also))
    assert (artifact.membership is None) == of_network(recipe.stages[0])


def test_the_biology_recipe_reads_the_terms_beside_it_and_no_label_of_yeast(files, tmp_path):
    path = CONFIGS[0].with_name("hu2020-biology.yaml")
    supervised = load_recipe(path).stages[-1]
    assert supervised.corpus.unlabelled_groups == ("SC",)
    assert [Path(name) for name in supervised.corpus.targets] == [
        path.with_name("hu2020-biology-terms.txt")
    ]
    small = in_miniature(load_recipe(path), files)
    assert (
        load_artifact(run_recipe(small, tmp_path / "run", device="cpu")).provenance["graphs"] == 19
    )  # of twenty human proteins, one has no annotation


def test_no_molecule_of_the_table_of_results_is_in_a_supervised_stage():
    """What the numbers of the reproduction page rest on."""
    sets = {Path(name) for name in SUITES["moleculenet"].datasets}
    labelled = [
        stage.corpus
        for path in CONFIGS
        for stage in load_recipe(path).stages
        if stage.corpus.labelled and not of_network(stage)
    ]
    assert len(labelled) >= 5
    assert all(set(corpus.exclude) >= sets for corpus in labelled)


def test_a_recipe_goes_on_where_it_stopped(files, tmp_path):
    recipe = in_miniature(
        load_recipe(CONFIGS[0].with_name("hu2020-masking-supervised.yaml")), files
    )
    first = replace(recipe, stages=recipe.stages[:1])
    run_recipe(first, tmp_path / "run", device="cpu")
    checkpoint = tmp_path / "run" / "masking" / "checkpoint.safetensors"
    before = checkpoint.stat().st_mtime_ns
    run_recipe(recipe, tmp_path / "run", device="cpu")
    assert checkpoint.stat().st_mtime_ns == before
    run_recipe(recipe, tmp_path / "whole", device="cpu")
    weights = [
        (tmp_path / run / "model" / "model.safetensors").read_bytes() for run in ("run", "whole")
    ]
    assert weights[0] == weights[1]


def test_the_preset_of_the_paper_predicts_the_element_in_float32(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("preset: hu2020\n" + STAGE % ", options: {attribute-masking: {rate: 0.2}}")
    config = load_recipe(path).stages[0].config
    assert config.options == {"attribute-masking": {"rate": 0.2, "predict": "atomic_number"}}
    assert config.precision == "32-true"
    path.write_text(
        "preset: hu2020\n"
        + STAGE % ", precision: auto, options: {attribute-masking: {predict: all}}"
    )
    config = load_recipe(path).stages[0].config
    assert config.options == {"attribute-masking": {"predict": "all"}}
    assert config.precision == "auto"
    path.write_text("preset: hu2020\n" + STAGE % ", objective: infomax")
    assert not load_recipe(path).stages[0].config.options


STAGE = "stages:\n  - {name: one, corpus: x.smi%s}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stages: [", "is no recipe"),
        ("- 1\n", "is no mapping"),
        ("description: nothing\n", "has no stages"),
        ("stages: []\n", "has no stages"),
        ("preset: hu2021\n" + STAGE % "", "No preset is called 'hu2021'"),
        ("colour: red\n" + STAGE % "", r"unknown keys \['colour'\]"),
        (STAGE % ", speed: 3", r"stage 'one' has unknown keys \['speed'\]"),
        (STAGE % ", dim: wide", "dim = 'wide'"),
        (STAGE % ", objective: guessing", "guessing"),
        ("stages:\n  - {corpus: x.smi}\n", "needs a 'corpus' and a 'name'"),
        ("stages:\n  - {name: ../up, corpus: x.smi}\n", "needs a 'corpus' and a 'name'"),
        ("stages:\n  - {name: one}\n", "needs a 'corpus' and a 'name'"),
        ("stages:\n  - {name: model, corpus: x.smi}\n", "other than 'model'"),
        (STAGE % ", exclude: bbbp", "exclude is 'bbbp'.*list of names"),
        (STAGE % ", targets: [1]", r"targets is \[1\]"),
        (STAGE % ", limit: many", "limit = 'many' cannot be used"),
        (STAGE % "" + "  - {name: one, corpus: y.smi}\n", "two stages have the same name"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, text, message):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        load_recipe(path)
