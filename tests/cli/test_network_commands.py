"""Networks through the same commands: rows are nodes."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import graftwork
from graftwork import api
from graftwork.errors import SchemaMismatchError
from made_networks import citation_arrays, write_citation, write_proteins

SHORT = (
    "--num-seeds=2",
    "--epochs=15",
    "--batch-size=10",
    "--dim=16",
    "--learning-rate=0.03",
    "--dropout=0.1",
    "--device=cpu",
    "--precision=32-true",
)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return write_citation(tmp_path_factory.mktemp("network") / "papers.npz")


@pytest.fixture(scope="module")
def run(cli, network):
    folder = network.parent / "run"
    done = cli("finetune", "-i", network, "--from", "none", "-o", folder, *SHORT)
    assert done.code == 0, done.err
    return folder, done


def test_fine_tuning_compares_with_what_reads_nodes(run):
    folder, done = run
    metrics = json.loads((folder / "metrics.json").read_text())
    protocol = metrics["protocol"]
    assert set(metrics["intervals"]) == {"scratch", "features-logistic", "topology-ridge"}
    assert protocol["metric"] == "multiclass_accuracy"
    assert protocol["kind"] == "multiclass"
    assert protocol["split"] == "public"
    assert protocol["split_sizes"] == {"train": 30, "val": 30, "test": 26}
    assert protocol["settings"]["conv"] == "gcn"  # the usual for a network
    assert protocol["settings"]["dim"] == 16  # as asked for
    assert {row["metric"] for row in metrics["results"]} == {"multiclass_accuracy", "macro_f1"}
    assert metrics["intervals"]["scratch"]["estimate"] > 0.6  # chance is a third
    assert metrics["verdict"] is None
    assert "Test accuracy" in done.out
    config = json.loads((folder / "model" / "config.json").read_text())
    assert config["head"]["classes"] == 3
    assert config["head"]["pooling"] == "centre"
    options = json.loads((folder / "model" / "schema.json").read_text())["options"]
    assert options == {"hops": 2, "max_nodes": 256, "seed": 0, "distance": False}


def test_predictions_hold_every_node_and_class_numbers(run):
    frame = pd.read_csv(run[0] / "predictions.csv", keep_default_na=False)
    arrays = citation_arrays()
    assert list(frame.columns[:4]) == ["row", "node", "split", "true_class"]
    assert frame["node"].tolist() == list(range(90))
    assert frame["true_class"].tolist() == arrays["labels"].tolist()
    for part in ("train", "val", "test"):
        assert sorted(frame["row"][frame["split"] == part]) == sorted(arrays[part])
    assert (frame["split"] == "").sum() == 4
    for model in ("scratch", "features-logistic", "topology-ridge"):
        assert frame[f"{model}_class"].isin([0, 1, 2]).all()


def test_the_report_speaks_of_nodes_and_draws_confusions(run):
    page = (run[0] / "report.html").read_text()
    assert "Usable nodes with a label" in page
    assert "Confusion matrices of class" in page
    assert "Scaffold split" not in page
    assert "topology-ridge" in page


def test_predict_and_embed_give_a_row_per_node(cli, run, network):
    folder = network.parent
    done = cli("predict", "-m", run[0], "-i", network, "-o", folder / "p.csv")
    assert done.code == 0, done.err
    frame = pd.read_csv(folder / "p.csv", keep_default_na=False)
    assert list(frame.columns) == ["node", "pred_class", "status", "reason"]
    assert frame["node"].tolist() == list(range(90))
    assert (frame["status"] == "ok").all()
    labels = citation_arrays()["labels"]
    assert (frame["pred_class"].astype(float) == labels).mean() > 0.7
    done = cli("embed", "-m", run[0], "-i", network, "-o", folder / "v.npy")
    assert done.code == 0, done.err
    vectors = np.load(folder / "v.npy")
    assert vectors.shape == (90, 16)
    assert np.isfinite(vectors).all()
    done = cli("embed", "-m", run[0], "-i", network, "-o", folder / "v.csv")
    assert done.code == 0, done.err
    table = pd.read_csv(folder / "v.csv")
    np.testing.assert_allclose(table.filter(regex="^e[0-9]").to_numpy(), vectors, atol=1e-4)


def test_the_python_interface_has_the_same_defaults(network):
    for_nodes, for_molecules = api._defaults(network), api._defaults("molecules.csv")
    assert (for_nodes.conv, for_nodes.num_layers, for_nodes.dropout) == ("gcn", 2, 0.5)
    assert for_molecules == graftwork.FinetuneConfig()
    assert api._call(network, None, replace(for_nodes, seed=3)).endswith("None, seed=3)")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), r"default reads graphs of 'default'"),
        (("--from=none", "--standardize"), "no molecules to standardise"),
        (("--from=none", "--split=scaffold"), "no scaffold"),
        (("--from=none", "--split=group", "--test-groups=fly"), "no groups"),
        (("--from=none", "-s", "smiles"), "no column of SMILES"),
        (("--from=none", "--splits-column", "part"), "no column of SMILES or of splits"),
        (("--from=none", "--baselines=ecfp-rf"), "'ecfp-rf' does not apply"),
        (("--from=none", "--hops=0"), "hops = 0"),
        (("--from=none", "-t", "pIC50"), "no label pIC50"),
        (("--from=none", "--task=regression", "--baselines=topology-ridge,ecfp-rf"), "ecfp-rf"),
    ],
)
def test_what_does_not_fit_a_network_is_refused(cli, network, tmp_path, options, message):
    done = cli("finetune", "-i", network, "-o", tmp_path / "run", *options, *SHORT)
    assert done.code == 2
    assert message in done.error


def test_models_and_files_that_do_not_fit_each_other(cli, run, network, labelled, pretrained):
    folder = network.parent
    out = folder / "out.csv"
    for command, arguments, message in (
        ("predict", ("-m", run[0], "-i", labelled), "reads networks, and was given molecules"),
        ("embed", ("-m", pretrained, "-i", network), "reads molecules, and was given nodes"),
        ("embed", ("-m", run[0], "-i", network, "--level", "node"), "nodes already"),
        ("predict", ("-m", run[0], "-i", network, "-s", "smiles"), "no column of SMILES"),
        ("finetune", ("--from", run[0], "-i", labelled, *SHORT), "is none"),
    ):
        done = cli(command, *arguments, "-o", out if command != "finetune" else folder / "r2")
        assert done.code == 2, command
        assert message in done.error
    other = write_citation(folder / "other.npz", **citation_arrays(words=30))
    done = cli("predict", "-m", run[0], "-i", other, "-o", out)
    assert done.code == 2
    assert "does not fit the model" in done.error
    with pytest.raises(SchemaMismatchError):
        graftwork.finetune(other, output=folder / "r3", start_from=str(run[0]))


def test_a_network_stays_on_one_machine(cli, run, network, tmp_path):
    pytest.importorskip("ray")
    for command in (["predict", "-m", run[0]], ["pretrain", "--objective", "infomax"]):
        done = cli(*command, "-i", network, "-o", tmp_path / command[0], "--engine", "ray")
        assert done.code == 2
        assert "one machine holds in memory. Leave out --engine ray" in done.error


def test_a_linear_probe_and_transfer_to_a_network_of_the_same_words(cli, run, network):
    """The encoder that one network taught goes on to another."""
    folder = network.parent
    other = write_citation(folder / "later.npz", **citation_arrays(seed=1))
    done = cli(
        "finetune", "-i", other, "--from", run[0], "-o", folder / "probe",
        "--strategy=linear-probe", "--no-refit", "--baselines=none", *SHORT,
    )  # fmt: skip
    assert done.code == 0, done.err
    metrics = json.loads((folder / "probe" / "metrics.json").read_text())
    assert set(metrics["intervals"]) == {"pretrained", "scratch"}
    assert metrics["verdict"] in {"helps", "no evidence", "hurts"}
    assert metrics["intervals"]["pretrained"]["estimate"] > 0.6


def follow(cli, done, target, folder):
    """Run what a command says comes next, in brief."""
    said = [line for line in done.out.splitlines() if line.startswith("Next: ")]
    assert len(said) == 1
    program, *words = shlex.split(said[0].removeprefix("Next: "))
    assert program == "graftwork"
    words[words.index("TARGET")] = target
    return words, cli(*words, "-o", folder, "--num-seeds=1", "--epochs=1", "--no-refit")


TINY = ("--num-layers=1", "--dim=8", "--batch-size=16", "--max-steps=2", "--device=cpu")


def test_after_pre_training_on_a_network_comes_fine_tuning_on_it(cli, network, tmp_path):
    done = cli("pretrain", "-i", network, "-o", tmp_path / "a run", *TINY)
    assert done.code == 0, done.err
    words, found = follow(cli, done, "class", tmp_path / "tuned")
    assert words[1:5] == ["-i", str(network), "-t", "class"]
    assert found.code == 0, found.err
    card = (tmp_path / "a run" / "model" / "README.md").read_text()
    assert "-i network.npz" in card
    assert "molecules.csv" not in card
    provenance = json.loads((tmp_path / "tuned" / "model" / "provenance.json").read_text())
    assert provenance["membership"] is None


def test_after_a_recipe_that_withholds_a_group_that_group_is_tested(cli, tmp_path):
    write_proteins(tmp_path / "proteins.npz", size=20)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"""
stages:
  - {{name: all, corpus: '{tmp_path / "proteins.npz"}', objective: supervised, targets: ['GO:0'],
      unlabelled_groups: [BB], num_layers: 1, dim: 8, max_steps: 2, batch_size: 8}}
"""
    )
    done = cli("pretrain", "--config", recipe, "-o", tmp_path / "run", "--device=cpu")
    assert done.code == 0, done.err
    words, found = follow(cli, done, "GO:1", tmp_path / "tuned")
    assert words[-4:] == ["--split", "group", "--test-groups", "BB"]
    assert found.code == 0, found.err
    tested = pd.read_csv(tmp_path / "tuned" / "predictions.csv")
    assert tested["node"][tested["split"] == "test"].str.startswith("BB").all()


def test_what_is_known_of_proteins_goes_from_pre_training_to_prediction(cli, tmp_path):
    path = write_proteins(tmp_path / "proteins.npz", size=24)
    shape = ("--num-layers=1", "--dim=8", "--max-steps=2", "--batch-size=8", "--device=cpu")
    known = ("--features", "GO:2", "--features", "GO:3")
    done = cli("pretrain", "-i", path, *known, "-o", tmp_path / "pre", *shape)
    assert done.code == 0, done.err
    wanted = (
        "-t",
        "GO:1",
        "--split",
        "group",
        "--test-groups",
        "BB",
        "--epochs=2",
        "--num-seeds=2",
    )
    run = tmp_path / "run"
    tuned = cli("finetune", "-i", path, "--from", tmp_path / "pre", *wanted, "-o", run)
    assert tuned.code == 0, tuned.err
    assert "features-logistic" in tuned.out
    found = cli("predict", "-m", run, "-i", path, "-o", tmp_path / "predictions.csv")
    assert found.code == 0, found.err
    told = pd.read_csv(tmp_path / "predictions.csv")
    assert told["pred_GO:1"].between(0, 1).all()
    assert len(told) == 48
    leak = cli(
        "finetune", "-i", path, "--from", tmp_path / "pre", "-t", "GO:2", "-o", tmp_path / "x"
    )
    assert leak.code == 2
    assert "GO:2 would be a feature and a label" in leak.err


def test_baselines_of_a_benchmark_read_what_the_networks_read(cli, tmp_path):
    path = write_proteins(tmp_path / "proteins.npz", size=24)
    shape = ("--num-layers=1", "--dim=8", "--max-steps=2", "--batch-size=8", "--device=cpu")
    done = cli("pretrain", "-i", path, "--features", "GO:2", "-o", tmp_path / "pre", *shape)
    assert done.code == 0, done.err
    table = tmp_path / "table"
    done = cli(
        *("benchmark", "--datasets", path, "-t", "GO:1", "-o", table, "--checkpoints"),
        *(f"pre={tmp_path / 'pre'}", "--seeds=1", "--epochs=1", "--jobs=1", "--device=cpu"),
        *("--baselines", "features-logistic", "--split", "group", "--test-groups", "BB"),
    )
    assert done.code == 0, done.err
    keys = {cell["data"] for cell in json.loads((table / "benchmark.json").read_text())["cells"]}
    assert len(keys) == 1


def test_a_table_of_a_network_grows_by_a_checkpoint_that_reads_more(cli, tmp_path):
    path = write_proteins(tmp_path / "proteins.npz", size=24)
    shape = ("--num-layers=1", "--dim=8", "--batch-size=8", "--device=cpu")
    done = cli(
        *("pretrain", "-i", path, "--features", "GO:2,GO:3", "-o", tmp_path / "pre", *shape),
        *("--max-steps=2",),
    )
    assert done.code == 0, done.err
    run = (
        *("benchmark", "--datasets", path, "-t", "GO:0,GO:1", "-o", tmp_path / "table"),
        *("--seeds=2", "--epochs=1", "--jobs=1", "--device=cpu", "--label-budget=12"),
        *("--split=group", "--test-groups=BB", "--checkpoints"),
    )
    assert cli(*run, "none", "--num-layers=1", "--dim=8").code == 0
    done = cli(*run, f"pre={tmp_path / 'pre'}", "--num-layers=1", "--dim=8")
    assert done.code == 0, done.err
    rows = pd.read_csv(tmp_path / "table" / "results.csv")
    assert not rows.duplicated(
        ["model", "strategy", "seed", "part", "epoch_choice", "metric"]
    ).any()
    logistic = sorted(name for name in rows.model.unique() if name.startswith("features-logistic"))
    assert logistic[0] == "features-logistic"
    assert len(logistic) == 2
    verdicts = pd.read_csv(tmp_path / "table" / "verdicts.csv")
    opponents = set(verdicts.against[verdicts.model == "pre"])
    assert logistic[1] in opponents
    assert logistic[0] not in opponents
    assert "0 of 2 tasks were labels in pre-training" in done.out
