"""An artifact and rows to predictions and embeddings."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import torch
from rdkit import Chem

from graftwork import load
from graftwork.data.isolate import IsolatedPool, available_cores
from graftwork.data.record import Record
from graftwork.errors import ArtifactError, InputError
from graftwork.inference import Model
from graftwork.nn.artifact import save_artifact


@pytest.fixture(scope="module")
def predictor(tiny_predictor):
    model = tiny_predictor(pooling="attention", tasks=("a", "b"))
    model.head.fit_scaling(torch.tensor([[5.0, -100.0], [7.0, 100.0]]))
    return model


@pytest.fixture(scope="module")
def path(predictor, tmp_path_factory):
    folder = tmp_path_factory.mktemp("inference") / "run"
    save_artifact(folder / "model", predictor, {"seed": 1})
    return folder


@pytest.fixture(scope="module")
def model(path):
    pool = IsolatedPool(workers=2)
    yield Model(path, pool=pool)
    pool.close()


@pytest.fixture(scope="module")
def molecules(nci):
    return [text for text in nci[:700] if Chem.MolFromSmiles(text) is not None][:560]


def expected(predictor, make_batch, molecules):
    with torch.inference_mode():
        return predictor.head.predict(predictor(make_batch(molecules))).numpy()


def test_predictions_are_the_networks_in_the_order_given(model, predictor, make_batch, molecules):
    """Over several chunks of the worker processes."""
    frame = model.predict(molecules)
    assert list(frame.columns) == ["smiles", "pred_a", "pred_b", "status", "reason"]
    assert frame["smiles"].tolist() == molecules
    found = frame[["pred_a", "pred_b"]].to_numpy()
    np.testing.assert_allclose(found, expected(predictor, make_batch, molecules), atol=1e-4)
    assert found.std(0).min() > 1e-3
    back = model.predict(molecules[::-1])[["pred_a", "pred_b"]].to_numpy()
    np.testing.assert_allclose(back[::-1], found, atol=1e-4)
    assert (frame["status"] == "ok").all()


def test_a_bad_row_keeps_its_place_with_a_reason(model):
    texts = ["CCO", "C1CC", "", "c1ccccc1", "hello world", "C(C)(C)(C)(C)C"]
    frame = model.predict(texts)
    assert frame["status"].tolist() == ["ok", *["rejected"] * 2, "ok", *["rejected"] * 2]
    assert (frame["reason"].str.len() > 0).tolist() == [s == "rejected" for s in frame["status"]]
    assert "empty" in frame["reason"][2]
    assert "valence" in frame["reason"][5].lower()
    assert frame["pred_a"].isna().tolist() == [s == "rejected" for s in frame["status"]]
    vectors = model.embed(texts)
    assert vectors.dtype == np.float32
    assert np.isnan(vectors).all(1).tolist() == [s == "rejected" for s in frame["status"]]
    assert np.isfinite(vectors[[0, 3]]).all()
    np.testing.assert_allclose(vectors[[0]], model.embed("CCO"), atol=1e-5)


@pytest.mark.parametrize(
    "texts",
    [
        ["CCO", None, 3.5, float("nan"), b"CCO", "CC"],
        np.array(["CCO", None, 3.5, np.nan, 1, "CC"], dtype=object),
        pd.Series(["CCO", None, 3.5, np.nan, 1, "CC"], index=[9, 8, 7, 6, 5, 4]),
    ],
    ids=["list", "array", "series"],
)
def test_what_is_not_text_is_rejected_and_not_read_as_something(model, texts):
    frame = model.predict(texts)
    assert frame["status"].tolist() == ["ok", *["rejected"] * 4, "ok"]
    assert frame["reason"].str.startswith("expected SMILES text, got").tolist() == [
        False,
        *[True] * 4,
        False,
    ]
    assert "NoneType" in frame["reason"][1]


def test_one_molecule_none_and_a_generator(model):
    one = model.predict("CCO")
    assert len(one) == 1
    assert model.embed("CCO").shape == (1, 16)
    assert len(model.predict([])) == 0
    assert list(model.predict([]).columns) == list(one.columns)
    assert model.embed([]).shape == (0, 16)
    stream = model.predict(text for text in ("CCO", "x", "CC"))
    assert stream["status"].tolist() == ["ok", "rejected", "ok"]
    np.testing.assert_allclose(stream["pred_a"][0], one["pred_a"][0], atol=1e-5)


def records(rows):
    return [Record(10 * i, i + 2, text, (text,), problem) for i, (text, problem) in enumerate(rows)]


@pytest.mark.parametrize("where", ["first", "last", "all", "between"])
def test_rows_with_a_problem_stay_in_their_place(model, where):
    bad, good = ("C", "3 cells, expected 2"), ("CCO", None)
    rows = {
        "first": [bad, bad, good],
        "last": [good, bad],
        "all": [bad, bad],
        "between": [good, bad, good, ("xyz", None), good],
    }[where]
    given = records(rows)
    found = list(model.predict_records(iter(given)))
    assert [row.record for row in found] == given
    assert [row.reason == "3 cells, expected 2" for row in found] == [
        p is not None for _, p in rows
    ]
    assert [row.status for row in found] == [
        "rejected" if problem or text == "xyz" else "ok" for text, problem in rows
    ]


def test_the_order_holds_when_problems_are_read_ahead(model):
    """A row with a problem is known long before the chunks in front of it are done."""
    bad = {0, 10, 255, 256, 257, 400, 599}
    given = records([("CCO", "ragged" if i in bad else None) for i in range(600)])
    found = list(model.predict_records(given))
    assert [row.record.row for row in found] == [record.row for record in given]
    assert {i for i, row in enumerate(found) if row.status == "rejected"} == bad


def test_results_stream_before_the_input_ends(model):
    taken = []

    def endless():
        while True:
            taken.append(len(taken))
            yield Record(len(taken) - 1, len(taken), "CCO", ())

    stream = model.predict_records(endless())
    first = [next(stream) for _ in range(3)]
    stream.close()
    assert [row.record.row for row in first] == [0, 1, 2]
    assert len(taken) < 8_000 * (1 + available_cores())


def test_node_embeddings_have_a_row_per_atom(model, predictor, make_batch, molecules):
    texts = ["C", "CCO", "bad", "c1ccccc1", *molecules[:20]]
    found = list(model.embed_records(records([(t, None) for t in texts]), "node"))
    atoms = [None if t == "bad" else Chem.MolFromSmiles(t).GetNumAtoms() for t in texts]
    assert [None if r.values is None else r.values.shape for r in found] == [
        None if n is None else (n, 16) for n in atoms
    ]
    with torch.inference_mode():
        whole = predictor.encoder(make_batch([t for t in texts if t != "bad"])).numpy()
    rows = np.concatenate([r.values for r in found if r.values is not None])
    np.testing.assert_allclose(rows, whole, atol=1e-5)


def test_a_predictor_embeds_with_its_own_pooling(model, predictor, make_batch):
    with torch.inference_mode():
        own = predictor.embed(make_batch(["CCO"])).numpy()
    np.testing.assert_allclose(model.embed("CCO"), own, atol=1e-6)
    (node,) = model.embed_records(records([("CCO", None)]), "node")
    assert abs(node.values.mean(0) - own[0]).max() > 1e-6  # attention is not the mean


def test_an_encoder_embeds_with_the_mean_and_predicts_nothing(tmp_path, predictor, model):
    save_artifact(tmp_path / "encoder", predictor.encoder, {"seed": 2})
    encoder = Model(tmp_path / "encoder", pool=model._pool)
    assert encoder.tasks == ()
    assert encoder.provenance == {"seed": 2}
    (node,) = encoder.embed_records(records([("CCO", None)]), "node")
    np.testing.assert_allclose(encoder.embed("CCO")[0], node.values.mean(0), atol=1e-6)
    for call in (encoder.predict, lambda t: encoder.predict_records(records([(t, None)]))):
        with pytest.raises(ArtifactError, match=r"no target.*finetune"):
            call("CCO")


def test_unknown_levels_and_models_are_refused(model, tmp_path):
    with pytest.raises(InputError, match="'bond'"):
        model.embed_records([], "bond")
    with pytest.raises(ArtifactError, match="no-such-model"):
        load("no-such-model")
    with pytest.raises(ArtifactError, match="missing"):
        load(tmp_path)


def test_load_takes_a_run_or_a_model_and_knows_the_targets(path):
    for folder in (path, str(path), path / "model"):
        assert load(folder).tasks == ("a", "b")


def test_the_encoder_of_a_loaded_model_is_the_artifacts(model, predictor):
    """It may be trained on: nothing is folded into its weights."""
    expected = predictor.encoder.state_dict()
    assert model.encoder.state_dict().keys() == expected.keys()
    assert all(value.equal(expected[key]) for key, value in model.encoder.state_dict().items())


def test_classification_gives_probabilities(tmp_path, tiny_predictor, model, molecules):
    save_artifact(tmp_path / "m", tiny_predictor(kind="classification"), {})
    found = Model(tmp_path / "m", pool=model._pool).predict(molecules[:50])["pred_y"]
    assert found.between(0, 1).all()
    assert found.nunique() > 10


@pytest.mark.parametrize(
    ("kind", "more"),
    [("regression", {}), ("classification", {}), ("multiclass", {"classes": 3})],
)
def test_an_ensemble_predicts_the_mean_of_its_members(
    tmp_path, tiny_predictor, model, make_batch, molecules, kind, more
):
    together = tiny_predictor(kind=kind, members=3, **more)
    save_artifact(tmp_path / "model", together, {})
    loaded = Model(tmp_path / "model", pool=model._pool)
    batch = make_batch(molecules[:80])
    with torch.inference_mode():
        said = [m.head.columns(m.head(m.embed(batch))).numpy() for m in together.members]
    assert min(np.abs(one - other).max() for one, other in combinations(said, 2)) > 1e-3
    mean = np.mean(said, 0)
    wanted = mean.argmax(1) if kind == "multiclass" else mean[:, 0]
    found = loaded.predict(molecules[:80])["pred_y"].to_numpy()
    clear = np.sort(mean)[:, -1] - np.sort(mean)[:, -2] > 1e-4 if more else slice(None)
    np.testing.assert_allclose(found[clear], wanted[clear], atol=1e-4)
    np.testing.assert_allclose(
        loaded.embed(molecules[:80]), together.embed(batch).detach().numpy(), atol=1e-4
    )
