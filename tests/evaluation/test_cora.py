"""A real citation network, end to end and short."""

from __future__ import annotations

from graftwork.data.labelled import load_labelled
from graftwork.evaluation.baselines import TABLES
from graftwork.evaluation.baselines.linear import FeaturesBaseline
from graftwork.evaluation.finetune_config import NETWORK_DEFAULTS, FinetuneConfig
from graftwork.evaluation.starting_point import starting_point
from graftwork.metrics import score
from graftwork.training.fit import fit
from graftwork.training.lesson import predict_rows
from mirror import mirrored

METRIC = "multiclass_accuracy"


def test_neighbours_tell_more_of_a_paper_than_its_words():
    path = mirrored("graphs/planetoid_cora.npz")
    settings = {**NETWORK_DEFAULTS, "start_from": "none", "epochs": 20, "device": "cpu"}
    config = FinetuneConfig(**settings)
    encoder, pretrained = starting_point(config, path)
    assert not pretrained
    data = load_labelled(path, encoder.schema)
    split = data.split("auto", config.split_sizes, 0)
    test = split.test
    kind, val = "multiclass", split.val[:200]
    fitted = fit(
        data.store,
        data.y,
        split.train,
        val,
        encoder,
        config,
        kind,
        data.tasks,
        seed=0,
        scratch=True,
    )
    table = TABLES["features"](data)
    words = FeaturesBaseline().fit(table.take(split.train), data.y[split.train], kind, 0)
    found = score(data.y[test], predict_rows(fitted.predictor, data.store, test), METRIC)
    alone = score(data.y[test], words.predict(table.take(test)), METRIC)
    assert 0.45 < alone < 0.65
    assert found > alone + 0.08
