"""Heads: missing labels have no influence at all, targets are scaled and scaled back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import binary_cross_entropy_with_logits

from graftwork.config import HeadConfig
from graftwork.errors import InputError
from graftwork.nn.heads import Head

NAN = float("nan")
KINDS = ["classification", "regression"]


def make(kind, tasks=2, dim=5, hidden=1, seed=0):
    torch.manual_seed(seed)
    names = tuple(f"t{i}" for i in range(tasks))
    return Head(dim, HeadConfig(kind=kind, tasks=names, hidden_layers=hidden, dropout=0.0))


def example(kind, rows=12, tasks=2, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.normal(3, 2, (rows, tasks))
    if kind == "classification":
        y = (y > 3).astype(float)
    y[rng.random(y.shape) < 0.4] = NAN
    return torch.tensor(y, dtype=torch.float32), torch.tensor(
        rng.normal(size=(rows, 5)), dtype=torch.float32
    )


def gradients(head, x, y):
    head.zero_grad()
    loss = head.loss(head(x), y)
    loss.backward()
    return [loss.detach(), *(p.grad.clone() for p in head.parameters())]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 500))
def test_the_loss_is_the_average_over_known_labels(kind, seed):
    y, x = example(kind, seed=seed)
    head = make(kind, seed=seed)
    head.fit_scaling(y)
    raw = head(x)
    each = []
    for row, column in (~y.isnan()).nonzero().tolist():
        if kind == "classification":
            each.append(binary_cross_entropy_with_logits(raw[row, column], y[row, column]))
        else:
            target = (y[row, column] - head.target_mean[column]) / head.target_std[column]
            each.append((raw[row, column] - target) ** 2)
    torch.testing.assert_close(head.loss(raw, y), torch.stack(each).mean(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_predicted_where_the_label_is_missing_changes_nothing(kind):
    y, x = example(kind)
    head = make(kind)
    head.fit_scaling(y)
    raw = head(x).detach()
    other = torch.where(y.isnan(), raw * 1e6 - 17, raw)
    found = []
    for values in (raw, other):
        leaf = values.clone().requires_grad_()
        loss = head.loss(leaf, y)
        loss.backward()
        assert leaf.grad[y.isnan()].eq(0).all()
        found.append((loss.detach(), leaf.grad[~y.isnan()]))
    assert found[0][0].equal(found[1][0])
    assert found[0][1].equal(found[1][1])
    assert found[0][1].abs().min() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_rows_without_labels_weigh_nothing(kind):
    y, x = example(kind)
    y[[1, 4, 7]] = NAN
    keep = ~y.isnan().all(1)
    full, less = make(kind), make(kind)
    full.fit_scaling(y)
    less.fit_scaling(y[keep])
    assert full.target_mean.equal(less.target_mean)
    assert full.target_std.equal(less.target_std)
    for a, b in zip(gradients(full, x, y), gradients(less, x[keep], y[keep]), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)
    far = x.clone()
    far[~keep] = 1e4  # whatever stands in such a row
    for a, b in zip(gradients(full, x, y), gradients(full, far, y), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_without_any_label_gives_zero_loss_and_zero_gradients(kind):
    y, x = example(kind)
    found = gradients(make(kind), x, torch.full_like(y, NAN))
    assert all(value.eq(0).all() for value in found)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 20),
    seed=st.integers(0, 500),
    shift=st.sampled_from([0.0, 7.0, -400.0]),
)
def test_scaling_is_that_of_the_known_labels(rows, seed, shift):
    y, _ = example("regression", rows=rows, seed=seed)
    y += shift
    head = make("regression")
    head.fit_scaling(y)
    for task in range(2):
        known = y[:, task][~y[:, task].isnan()].double().numpy()
        mean = known.mean() if len(known) else 0.0
        std = known.std() if len(known) and known.std() > 1e-8 else 1.0
        assert head.target_mean[task].item() == pytest.approx(mean, rel=1e-5, abs=1e-5)
        assert head.target_std[task].item() == pytest.approx(std, rel=1e-4)
    scaled = (y - head.target_mean) / head.target_std
    torch.testing.assert_close(head.predict(scaled), y, equal_nan=True, atol=1e-3, rtol=1e-5)


@pytest.mark.parametrize("value", [0.0, 6.3, -1e6])
def test_a_constant_target_is_predicted_as_it_is(value):
    head = make("regression", tasks=1)
    y = torch.full((9, 1), value)
    head.fit_scaling(y)
    assert head.target_std.item() == 1
    assert head.predict(torch.zeros(2, 1)).flatten().tolist() == pytest.approx([value] * 2)
    assert head.loss(torch.zeros(9, 1), y).item() == pytest.approx(0, abs=1e-9)


def test_classification_has_no_scaling_and_gives_probabilities():
    head = make("classification")
    y, x = example("classification")
    head.fit_scaling(y)
    assert head.target_mean.tolist() == [0, 0]
    assert head.target_std.tolist() == [1, 1]
    raw = head(x)
    torch.testing.assert_close(head.predict(raw), 1 / (1 + (-raw).exp()))


@pytest.mark.parametrize("hidden", [0, 1, 3])
def test_hidden_layers(hidden):
    head = make("regression", hidden=hidden)
    linear = [m for m in head.layers if isinstance(m, torch.nn.Linear)]
    assert [m.out_features for m in linear] == [5] * hidden + [2]
    assert head(torch.randn(4, 5)).shape == (4, 2)


def test_labels_in_molar_units_are_scaled_too():
    head = make("regression", tasks=3)
    y = torch.tensor([[1e-9, 7.0, 5.0], [5e-9, 7.0, 6.0], [9e-9, 7.0, 7.0]])
    head.fit_scaling(y)
    assert head.target_std[0].item() == pytest.approx(y[:, 0].double().std(correction=0).item())
    assert head.target_std[1] == 1  # constant


def multiclass(classes=4, rows=12, seed=0):
    torch.manual_seed(seed)
    config = HeadConfig(kind="multiclass", tasks=("y",), classes=classes, dropout=0.0)
    head = Head(5, config)
    y = torch.randint(0, classes, (rows, 1)).float()
    y[::3] = NAN
    return head, y, torch.randn(rows, 5)


def test_multiclass_loss_is_the_log_likelihood_of_the_known_classes():
    head, y, x = multiclass()
    raw = head(x)
    assert raw.shape == (12, 4)
    each = [-raw[i].log_softmax(0)[int(y[i])] for i in range(12) if not y[i].isnan()]
    torch.testing.assert_close(head.loss(raw, y), torch.stack(each).mean())
    leaf = raw.detach().clone().requires_grad_()
    head.loss(leaf, y).backward()
    assert leaf.grad[::3].eq(0).all()
    assert leaf.grad[1::3].ne(0).all()
    assert head.loss(raw, torch.full((12, 1), NAN)) == 0


def test_multiclass_predicts_the_number_of_the_most_probable_class():
    head, y, _ = multiclass(classes=3)
    raw = torch.tensor([[0.1, 2.0, -1.0], [5.0, 4.0, 4.9], [-3.0, -2.0, -1.0]])
    assert head.predict(raw).tolist() == [[1.0], [0.0], [2.0]]
    before = (head.target_mean.clone(), head.target_std.clone())
    head.fit_scaling(y)
    assert head.target_mean.equal(before[0])
    assert head.target_std.equal(before[1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "multiclass", "classes": 1}, "1 classes"),
        ({"kind": "multiclass", "classes": 10**6}, "1000000 classes"),
        ({"kind": "multiclass", "classes": 2.5}, "2.5 classes"),
        ({"kind": "multiclass", "classes": 3, "tasks": ("a", "b")}, "one target, not 2"),
        ({"kind": "regression", "classes": 3}, "3 classes"),
        ({"kind": "ranking"}, "'ranking'"),
    ],
)
def test_heads_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Head(4, HeadConfig(**{"tasks": ("a",), **settings}))


def test_settings_older_than_the_number_of_classes_still_load():
    values = HeadConfig(tasks=("y",)).to_dict()
    del values["classes"]
    assert HeadConfig.from_dict(values) == HeadConfig(tasks=("y",))
    with pytest.raises(InputError, match="missing keys"):
        HeadConfig.from_dict({"classes": 0})
