import pytest
import torch

from graftwork.nn.dropout import Dropout, dropout_seeded


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_values_are_dropped_at_the_rate_and_the_mean_stays(dtype):
    values = torch.ones(4001, 251, dtype=dtype, requires_grad=True)
    kept = Dropout(0.3)(values)
    share = (kept == 0).float().mean(0)  # per column: a quarter of the bits for each
    assert abs(share.mean() - 0.3) < 0.002
    assert share.std() == pytest.approx((0.3 * 0.7 / 4001) ** 0.5, rel=0.2)
    assert abs(kept.float().mean() - 1) < 0.004
    kept.sum().backward()
    assert torch.equal(values.grad == 0, kept == 0)


def test_nothing_is_dropped_when_not_training_or_at_rate_zero():
    values = torch.randn(7, 5)
    assert Dropout(0.5).eval()(values) is values
    assert torch.equal(Dropout(0.0)(values), values)
    assert Dropout(0.5)(torch.empty(0, 5)).shape == (0, 5)


def test_its_own_stream_neither_reads_nor_moves_the_one_of_all():
    values, device = torch.ones(64, 64), torch.device("cpu")
    before = torch.get_rng_state()
    with dropout_seeded(3, device):
        first = Dropout(0.5)(values)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    with dropout_seeded(3, device):
        assert torch.equal(Dropout(0.5)(values), first)
    with dropout_seeded(4, device):
        assert not torch.equal(Dropout(0.5)(values), first)
