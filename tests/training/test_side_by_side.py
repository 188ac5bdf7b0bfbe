import threading
import time

import numpy as np
import pytest
import torch

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.data.labelled import load_labelled
from graftwork.nn import Encoder
from graftwork.training.fit import fit
from graftwork.training.fit_config import FitConfig
from graftwork.training.side_by_side import (
    Shares,
    Unwanted,
    leave_if_unwanted,
    side_by_side,
    width,
)

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _two_cores():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_results_come_in_the_order_of_the_jobs():
    def job(place):
        time.sleep(0.05 * (3 - place))
        return place, torch.get_num_threads()

    assert side_by_side([lambda i=i: job(i) for i in range(3)], CPU) == [(0, 1), (1, 1), (2, 1)]
    assert torch.get_num_threads() == 2


def test_as_many_at_a_time_as_there_are_threads_to_compute():
    meeting = threading.Barrier(2, timeout=20)
    side_by_side([meeting.wait, meeting.wait], CPU)  # breaks unless both run at once
    assert (width(5, CPU), width(1, CPU), width(5, torch.device("meta"))) == (2, 1, 1)


def test_when_one_fails_the_others_end_at_their_next_step():
    ended = threading.Event()

    def endless():
        try:
            while True:
                leave_if_unwanted()
                time.sleep(0.01)
        except Unwanted:
            ended.set()
            raise

    def failing():
        raise ValueError("bad labels")

    with pytest.raises(ValueError, match="bad labels"):
        side_by_side([endless, failing, endless], CPU)
    assert ended.is_set()
    leave_if_unwanted()  # this thread is still wanted


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_networks_side_by_side_learn_what_they_learn_alone(tmp_path, precision):
    table = tmp_path / "table.csv"
    smiles = ["C" * (i % 7 + 1) + "O" * (i % 3) + "N" * (i % 2) for i in range(48)]
    table.write_text("smiles,y\n" + "".join(f"{s},{len(s)}\n" for s in smiles))
    schema = SCHEMAS["default"]
    encoder = Encoder(schema, EncoderConfig(num_layers=2, dim=16))
    data = load_labelled(table, schema, smiles_column="smiles", targets=["y"])
    rows = np.arange(len(data.store))
    config = FitConfig(strategy="full", epochs=3, dropout=0.5, precision=precision)

    def job(seed):
        return fit(
            data.store, data.y, rows[8:], rows[:8], encoder, config, "regression", ("y",), seed=seed
        ).losses

    together = side_by_side([lambda seed=seed: job(seed) for seed in range(4)], CPU)
    torch.set_num_threads(1)
    assert together == [job(seed) for seed in range(4)]


def test_time_is_shared_out_among_the_jobs_that_are_left():
    assert Shares(None, 3).next() is None
    shares = Shares(60.0, 2)
    assert shares.next() == pytest.approx(30, abs=1)
    assert shares.next() == pytest.approx(60, abs=1)  # the first took no time
    assert shares.next() >= 1
    both_at_once = Shares(60.0, 2, wide=2)
    assert both_at_once.next() == pytest.approx(40, abs=1)
    assert both_at_once.next() == pytest.approx(60, abs=1)
