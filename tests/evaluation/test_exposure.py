"""Fine-tuning knows what its starting point has seen, and hands the record on."""

from __future__ import annotations

import numpy as np
import pytest

from graftwork.data.digests import molecule_digests
from graftwork.data.featurize import SCHEMAS
from graftwork.data.labelled import load_labelled
from graftwork.data.membership import Membership, record_membership
from graftwork.data.splits import Split
from graftwork.errors import ArtifactError
from graftwork.evaluation.exposure import exposure
from graftwork.evaluation.finetune_config import FinetuneConfig
from graftwork.nn.artifact import save_artifact
from graftwork.nn.record import MEMBERSHIP

TABLE = ["CCO", "CCN.Cl", "c1ccccc1C", "CCCC", "c1ccncc1"]
SPLIT = Split("made up", np.array([0, 1]), np.array([2]), np.array([3, 4]))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "x.csv"
    path.write_text("smiles,y\n" + "".join(f"{text},{i}\n" for i, text in enumerate(TABLE)))
    return load_labelled(path, SCHEMAS["default"])


def start(folder, encoder, record):
    save_artifact(folder / "model", encoder, {}, record)
    return str(folder / "model")


def labelled(record, texts):
    return record.molecules.contains_labelled(molecule_digests(texts)[:, 0]).tolist()


def test_the_table_is_compared_and_added(tmp_path, data, tiny_encoder):
    corpus = record_membership(["CC[NH3+]", "CCCC", "CCCF", "c1ccccc1"], labelled=False)
    name = start(tmp_path, tiny_encoder(), corpus.to_bytes())
    found = exposure(FinetuneConfig(start_from=name), data, SPLIT)
    assert found.overlap is not None
    assert found.overlap.in_corpus.tolist() == [False, True, False, True, False]
    assert found.overlap.test is not None
    assert (found.overlap.test.molecules, found.overlap.test.in_corpus) == (2, 1)
    assert found.overlap.all.in_labelled_corpus == 0  # the table itself is not yet in the record
    record = found.record
    assert record.complete
    assert record.count == 4 + 5
    assert labelled(record, TABLE) == [True] * 5
    assert labelled(record, ["CCCF", "c1ccccc1"]) == [False, False]
    assert record.contains(molecule_digests(["CCCF", "CCF"])).tolist() == [True, False]


def test_without_a_refit_the_test_part_stays_unseen(tmp_path, data, tiny_encoder):
    name = start(tmp_path, tiny_encoder(), Membership.empty().to_bytes())
    found = exposure(FinetuneConfig(start_from=name, refit=False), data, SPLIT)
    record = found.record
    assert labelled(record, TABLE) == [True, True, True, False, False]
    assert record.complete


def test_a_start_without_a_record_says_so(tmp_path, data, tiny_encoder):
    found = exposure(FinetuneConfig(start_from=start(tmp_path, tiny_encoder(), None)), data, SPLIT)
    assert found.overlap is None
    assert not found.record.complete


def test_a_start_from_none_has_seen_the_table_alone(data):
    found = exposure(FinetuneConfig(start_from="none"), data, SPLIT)
    assert found.overlap is None
    assert (found.record.complete, found.record.count) == (True, 5)


def test_a_damaged_record_stops_the_run(tmp_path, data, tiny_encoder):
    damaged = Membership.empty().to_bytes().replace(b"molecules", b"molecoles")
    name = start(tmp_path, tiny_encoder(), damaged)
    with pytest.raises(ArtifactError, match=MEMBERSHIP):
        exposure(FinetuneConfig(start_from=name), data, SPLIT)
