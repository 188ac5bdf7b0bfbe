"""Pre-training on computed targets, from a file of molecules to an artifact."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from safetensors.torch import load_file

from graftwork.data.corpus import Corpus
from graftwork.data.featurize.targets import TARGETS
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from graftwork.training import pretrain_job
from graftwork.training.pretrain import pretrain
from graftwork.training.pretrain_config import PretrainConfig
from graftwork.training.recipe import load_recipe, run_recipe
from made_networks import write_citation

ALL = "attribute-masking+descriptors+fingerprints+motifs"
CONFIG = PretrainConfig(objective=ALL, num_layers=2, dim=16, batch_size=8, max_steps=12, seed=3)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, nci):
    """A table of 120 molecules with a label each."""
    path = tmp_path_factory.mktemp("corpus") / "corpus.csv"
    lines = [f"{smiles},{i % 3 % 2}" for i, smiles in enumerate(nci[1000:1120])]
    path.write_text("\n".join(["smiles,hit", *lines]) + "\n")
    return path


def run_pretrain(corpus, folder, config=CONFIG, **more):
    return pretrain(corpus, folder, config, **{"device": "cpu", "checkpoint_every": 4, **more})


@pytest.fixture(scope="module")
def whole(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "whole"
    run_pretrain(corpus, folder)
    return folder


def weights(folder):
    return (folder / "model" / "model.safetensors").read_bytes()


def provenance(folder):
    return json.loads((folder / "model" / "provenance.json").read_text())


def test_the_model_says_what_it_has_learnt_to_predict(whole):
    told = provenance(whole)["computed_targets"]
    assert told["descriptors"] == list(TARGETS["descriptors"].names)
    assert told["fingerprints"] == ["ecfp>=1", "ecfp>=2", "pair>=1", "pair>=3"]
    assert told["motifs"] == list(TARGETS["motifs"].names)
    assert set(GraphStore.open(whole / "store").targets) == set(TARGETS)
    logs = provenance(whole)["final"]
    assert {"descriptors/absolute_error", "fingerprints/accuracy/ones", "motifs/loss"} <= set(logs)


def test_an_interrupted_run_goes_on_to_the_same_weights(corpus, whole, tmp_path, monkeypatch):
    save = pretrain_job.save_state

    def save_and_stop(path, *rest):
        save(path, *rest)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pretrain_job, "save_state", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            run_pretrain(corpus, tmp_path / "run")
    run_pretrain(corpus, tmp_path / "run")
    assert weights(tmp_path / "run") == weights(whole)


def test_a_store_that_holds_them_is_a_corpus_too(whole, tmp_path):
    run_pretrain(whole / "store", tmp_path / "all")
    assert weights(tmp_path / "all") == weights(whole)
    run_pretrain(whole / "store", tmp_path / "one", replace(CONFIG, objective="motifs"))
    assert set(provenance(tmp_path / "one")["computed_targets"]) == {"motifs"}
    for name in ("corpus", "corpus_sha256", "excluded"):  # of the table, not of the store
        assert provenance(tmp_path / "all")[name] == provenance(whole)[name]


def test_whoever_does_not_use_them_meets_nothing_new(corpus, tmp_path):
    run_pretrain(corpus, tmp_path / "run", replace(CONFIG, objective="attribute-masking"))
    assert not list((tmp_path / "run" / "store").glob("targets*"))
    assert "computed_targets" not in provenance(tmp_path / "run")


def test_a_store_without_them_is_refused(corpus, tmp_path):
    run_pretrain(corpus, tmp_path / "plain", replace(CONFIG, objective="motifs"))
    with pytest.raises(InputError, match="holds no descriptors, fingerprints") as error:
        run_pretrain(tmp_path / "plain" / "store", tmp_path / "run")
    assert "give the table" in str(error.value)
    assert not (tmp_path / "run" / "model").exists()


def test_a_network_is_refused(tmp_path):
    write_citation(tmp_path / "cora.npz")
    with pytest.raises(InputError, match=r"is a network: descriptors, .* from molecules"):
        run_pretrain(tmp_path / "cora.npz", tmp_path / "run")


def test_labels_and_computed_targets_train_jointly(corpus, tmp_path):
    objective = "supervised+descriptors+attribute-masking"
    labelled = Corpus(corpus, targets=("hit",))
    run_pretrain(labelled, tmp_path / "run", replace(CONFIG, objective=objective))
    told = provenance(tmp_path / "run")
    assert told["labels"] == ["hit"]
    assert list(told["computed_targets"]) == ["descriptors"]
    assert {"supervised/loss", "descriptors/loss", "attribute-masking/loss"} <= set(told["final"])


def test_a_stage_may_follow_another(corpus, whole, tmp_path):
    config = replace(CONFIG, objective="descriptors", learning_rate=1e-12)
    run_pretrain(corpus, tmp_path / "next", config, start_from=str(whole))
    old, new = (load_file(f / "model" / "model.safetensors") for f in (whole, tmp_path / "next"))
    trained = [name for name in old if "running" not in name and "num_batches" not in name]
    assert all((old[name] - new[name]).abs().max() < 1e-6 for name in trained)
    assert provenance(tmp_path / "next")["earlier_stages"][0]["objective"] == ALL


def test_a_recipe_may_have_them(corpus, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    stage = f"corpus: {corpus}, num_layers: 2, dim: 16, batch_size: 8, max_steps: 2"
    recipe.write_text(
        f"stages:\n- {{name: nodes, {stage}, objective: masked-autoencoder}}\n"
        f"- {{name: graphs, {stage}, objective: descriptors+motifs}}\n"
    )
    run_recipe(load_recipe(recipe), tmp_path / "run", device="cpu")
    assert set(provenance(tmp_path / "run")["computed_targets"]) == {"descriptors", "motifs"}
