"""Checkpoints as other programs write them, small and with seeded weights."""

from __future__ import annotations

import torch


def foreign_state(kind, layers=2, dim=8, atoms=120, bonds=6):
    """Return a state_dict in the layout of pretrain-gnns for gin, gcn, graphsage or gat."""
    rng = torch.Generator().manual_seed(7)

    def normal(*shape):
        return 0.5 * torch.randn(*shape, generator=rng)

    shapes = {
        "gin": {
            "mlp.0.weight": (2 * dim, dim),
            "mlp.0.bias": (2 * dim,),
            "mlp.2.weight": (dim, 2 * dim),
            "mlp.2.bias": (dim,),
        },
        "gcn": {"linear.weight": (dim, dim), "linear.bias": (dim,)},
        "graphsage": {"linear.weight": (dim, dim), "linear.bias": (dim,)},
        "gat": {
            "att": (1, 2, 2 * dim),
            "bias": (dim,),
            "weight_linear.weight": (2 * dim, dim),
            "weight_linear.bias": (2 * dim,),
        },
    }[kind]
    wide = 2 * dim if kind == "gat" else dim
    state = {"x_embedding1.weight": normal(atoms, dim), "x_embedding2.weight": normal(3, dim)}
    for n in range(layers):
        state |= {f"gnns.{n}.{name}": normal(*shape) for name, shape in shapes.items()}
        state[f"gnns.{n}.edge_embedding1.weight"] = normal(bonds, wide)
        state[f"gnns.{n}.edge_embedding2.weight"] = normal(3, wide)
        mean, var = normal(dim), normal(dim).exp()
        if kind == "graphsage":  # rows of length 1 have a mean square sum of 1
            mean, var = mean / (2 * mean.norm()), 0.75 * var / var.sum()
        state |= {
            f"batch_norms.{n}.weight": normal(dim),
            f"batch_norms.{n}.bias": normal(dim),
            f"batch_norms.{n}.running_mean": mean,
            f"batch_norms.{n}.running_var": var,
            f"batch_norms.{n}.num_batches_tracked": torch.tensor(5),
        }
    return state


def molclr_state(layers=2, dim=8):
    """Return a state_dict in the layout of MolCLR's GIN with its two heads."""
    return {
        **foreign_state("gin", layers, dim, atoms=119, bonds=5),
        "feat_lin.weight": torch.ones(4, dim),
        "feat_lin.bias": torch.ones(4),
        "out_lin.0.weight": torch.ones(4, 4),
        "out_lin.2.bias": torch.ones(2),
    }
