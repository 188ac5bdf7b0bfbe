"""The deep kernel against fitting a process to all rows but one, again and again."""

from __future__ import annotations

import math

import pytest
import torch

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.errors import InputError
from graftwork.graph.tasks import TaskSet
from graftwork.objectives import DeepKernel
from graftwork.objectives.deep_kernel import DeepKernelSettings, left_out, standardised
from graftwork.rng import torch_generator

SCHEMA = SCHEMAS["default"]
TASKS = TaskSet(("a", "b", "c"), ("regression",) * 3, (0.0,) * 3, (1.0,) * 3)
NAN = math.nan


def draws():
    return torch_generator(0, "masks")


def objective_for(tasks=TASKS, **chosen):
    return DeepKernel(SCHEMA, EncoderConfig(dim=16), DeepKernelSettings(**chosen), tasks)


def naive(z, y, noise):
    """Predict each row from all others; mean and kernel as those of all rows."""
    y = (y - y.mean()) / y.std()
    distance = torch.cdist(z, z)
    kernel = torch.exp(-distance / (2 * distance.median())) + noise * torch.eye(len(y))
    weights = torch.linalg.inv(kernel)
    mean = weights.sum(0) @ y / weights.sum()
    errors = []
    for i in range(len(y)):
        others = [j for j in range(len(y)) if j != i]
        inside = torch.linalg.inv(kernel[others][:, others])
        errors.append(y[i] - mean - kernel[i, others] @ inside @ (y[others] - mean))
    return torch.stack(errors).square().mean()


@pytest.mark.parametrize("seed", range(3))
def test_the_closed_form_is_that_of_leaving_each_out(seed):
    torch.manual_seed(seed)
    z = torch.randn(20, 5, dtype=torch.float64)
    y = z[:, 0] + 0.5 * torch.randn(20, dtype=torch.float64)
    error, noise = left_out(z, y)
    candidates = {variance: naive(z, y, variance).item() for variance in (0.01, 0.1, 1.0)}
    assert noise == min(candidates, key=candidates.get)
    assert error.item() == pytest.approx(candidates[noise], rel=1e-2)


def test_labels_of_another_scale_or_task_change_nothing(make_batch, nci, tiny_encoder):
    encoder, objective = tiny_encoder().eval(), objective_for(least=4)
    y = torch.randn(12, 3, generator=torch.Generator().manual_seed(1))
    y[:6, 1] = NAN
    y[:, 2] = NAN
    first = objective(encoder, make_batch(nci[:12], y), draws())
    again = objective(encoder, make_batch(nci[:12], 7 * y + 100), draws())
    torch.testing.assert_close(first.loss, again.loss, rtol=1e-4, atol=1e-5)
    assert first.logs["tasks"] == 2
    z = standardised(objective.pooling(encoder(batch := make_batch(nci[:12], y)), batch))
    expected = (left_out(z, y[:, 0]).error + left_out(z[6:], y[6:, 1]).error) / 2
    torch.testing.assert_close(first.loss, expected, rtol=1e-4, atol=1e-5)


def test_few_or_equal_labels_teach_nothing(make_batch, nci, tiny_encoder):
    encoder, objective = tiny_encoder(), objective_for()
    y = torch.full((20, 3), NAN)
    y[:15, 0] = torch.arange(15.0)
    y[:, 1] = 3.0
    output = objective(encoder, make_batch(nci[:20], y), draws())
    output.loss.backward()
    assert output.loss == 0
    assert output.logs["tasks"] == 0
    assert all((p.grad == 0).all() for p in encoder.parameters())


def test_of_many_tasks_some_are_drawn(make_batch, nci, tiny_encoder):
    encoder = tiny_encoder().eval()
    y = torch.randn(16, 3, generator=torch.Generator().manual_seed(2))
    batch = make_batch(nci[:16], y)
    objective = objective_for(most_tasks=1)
    found = {
        objective(encoder, batch, torch_generator(seed, "masks")).loss.item() for seed in range(12)
    }
    assert len(found) == 3


def test_equal_graphs_have_a_gradient(make_batch, nci, tiny_encoder):
    encoder = tiny_encoder().eval()
    y = torch.randn(16, 3, generator=torch.Generator().manual_seed(2))
    objective_for()(encoder, make_batch([nci[0]] * 8 + nci[:8], y), draws()).loss.backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in encoder.parameters())


def test_training_brings_like_graphs_together(make_batch, nci, tiny_encoder):
    """What decides the label becomes what decides the distance."""
    torch.manual_seed(0)
    smiles = nci[:48]
    y = torch.tensor([[float("N" in s or "n" in s), NAN, NAN] for s in smiles])
    encoder, objective, batch = tiny_encoder(dim=16), objective_for(), make_batch(smiles, y)
    optimizer = torch.optim.Adam(encoder.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = objective(encoder, batch, draws()).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_it_needs_labels(make_batch, nci, tiny_encoder):
    with pytest.raises(InputError, match="needs labels"):
        objective_for(None)
    with pytest.raises(InputError, match="without labels"):
        objective_for()(tiny_encoder(), make_batch(nci[:4]), draws())


def test_batches_that_could_never_count_are_refused():
    with pytest.raises(InputError, match="per_task"):
        objective_for(per_task=8, least=16)
