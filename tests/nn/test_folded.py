"""Batch normalisation as part of the weights gives the same embeddings."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from graftwork.nn.conv import CONVS
from graftwork.nn.folded import folded
from graftwork.nn.pooling import MeanPooling, embed_graphs


@pytest.mark.parametrize("conv", CONVS)
@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_folding_changes_no_embedding(make_batch, nci, tiny_encoder, conv, norm):
    encoder = tiny_encoder(conv=conv, norm=norm, num_layers=3).double()
    for value in [*encoder.norms.parameters(), *encoder.norms.buffers()]:
        if value.is_floating_point():
            value.data.uniform_(0.2, 1.5)
    batch = make_batch(nci[:20])
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    copy = folded(encoder)
    with torch.no_grad():
        torch.testing.assert_close(copy(batch), encoder.eval()(batch), atol=1e-10, rtol=1e-9)
        pooled = [embed_graphs(one, MeanPooling(), batch) for one in (copy, encoder)]
        torch.testing.assert_close(*pooled, atol=1e-10, rtol=1e-9)
    for name, value in encoder.state_dict().items():
        assert value.equal(before[name])
    gone = all(isinstance(part, nn.Identity) for part in copy.norms)
    assert gone == (norm == "none" or (norm == "batch" and conv in ("gin", "gine")))
    assert not any(part.training for part in copy.modules())
