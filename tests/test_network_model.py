"""A model of networks on nodes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from graftwork.config import HeadConfig
from graftwork.data.loader import load_batch
from graftwork.data.networks import network_store, node_record
from graftwork.errors import InputError
from graftwork.inference import Model
from graftwork.nn.artifact import save_artifact
from graftwork.nn.predictor import Predictor
from made_networks import random_network

NODES = 50


@pytest.fixture(scope="module")
def network():
    return random_network(NODES, 90)


@pytest.fixture(scope="module")
def store(network):
    return network_store(network, {"max_nodes": 12})


@pytest.fixture(scope="module")
def predictor(tiny_encoder, store):
    head = HeadConfig(pooling="centre-mean", kind="multiclass", tasks=("a",), classes=3)
    return Predictor(tiny_encoder(store.schema), head).eval()


@pytest.fixture(scope="module")
def model(predictor, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model"
    save_artifact(folder, predictor, {})
    return Model(folder)


def test_nodes_are_predicted_and_embedded_in_the_order_given(
    network, store, predictor, model, monkeypatch
):
    monkeypatch.setattr("graftwork.inference.stream._EGO_NETWORKS", 7)  # several pieces
    rows = [3, 49, 3, *range(30)]
    records = [node_record(network, row) for row in rows]
    with torch.inference_mode():
        batch = load_batch(store, rows)
        classes = predictor.head.predict(predictor(batch)).numpy()
        vectors = predictor.embed(batch).numpy()
    found = list(model.predict_records(iter(records), network))
    assert [row.record for row in found] == records
    assert {row.status for row in found} == {"ok"}
    np.testing.assert_array_equal(np.stack([row.values for row in found]), classes)
    embedded = np.stack([r.values for r in model.embed_records(records, network=network)])
    np.testing.assert_allclose(embedded, vectors, atol=1e-5)
    assert model.width == embedded.shape[1] == 32
    assert len(set(classes[:, 0])) > 1
    assert list(model.predict_records([], network)) == []


def test_an_encoder_embeds_a_node_by_its_centre(network, store, predictor, tmp_path):
    save_artifact(tmp_path / "encoder", predictor.encoder, {})
    encoder = Model(tmp_path / "encoder")
    with torch.inference_mode():
        batch = load_batch(store, range(NODES))
        wanted = predictor.encoder(batch)[batch.root].numpy()
    records = [node_record(network, row) for row in range(NODES)]
    found = np.stack([r.values for r in encoder.embed_records(records, network=network)])
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert encoder.width == 16


def test_a_model_of_networks_reads_no_smiles(model):
    for call in (model.predict, model.embed):
        with pytest.raises(InputError, match="reads networks, and was given molecules"):
            call(["CCO"])
