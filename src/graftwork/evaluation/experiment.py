"""The fine-tuning experiment: every model on the same split and seeds, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from graftwork import console
from graftwork.config import Kind
from graftwork.data.labelled import LabelledData
from graftwork.data.splits import Split
from graftwork.evaluation.auto import AUTO, Auto, folds_of
from graftwork.evaluation.auto_runs import blend_with, blended_runs
from graftwork.evaluation.baseline_runs import baseline_runs
from graftwork.evaluation.baselines import BASELINES
from graftwork.evaluation.consensus import consensus
from graftwork.evaluation.interval import Interval, interval
from graftwork.evaluation.model_runs import PRETRAINED, SCRATCH, ModelRuns
from graftwork.evaluation.verdict import Comparison, Runs, compare
from graftwork.metrics import evaluate, primary_metric
from graftwork.nn.encoder import Encoder
from graftwork.training.device import new_fabric
from graftwork.training.fit import fit
from graftwork.training.fit_config import FitConfig
from graftwork.training.fitted import Fitted
from graftwork.training.lesson import predict_rows
from graftwork.training.side_by_side import Shares, side_by_side, width

__all__ = [
    "PRETRAINED",
    "SCRATCH",
    "Experiment",
    "ModelRuns",
    "run_experiment",
    "transfer_verdict",
]

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Experiment:
    """All models on one split.

    Parameters
    ----------
    models
        Runs by model name: ``pretrained``, ``scratch``, ``auto`` and those of the baselines.
    auto
        The blend, and what its models are worth; None where the network stands alone.
    """

    data: LabelledData
    split: Split
    kind: Kind
    models: dict[str, ModelRuns]
    auto: Auto | None = None

    @property
    def metric(self) -> str:
        """The metric that the comparison uses."""
        return primary_metric(self.kind, len(self.data.tasks))

    @property
    def network(self) -> str:
        """The network that this experiment is about."""
        return PRETRAINED if PRETRAINED in self.models else SCRATCH

    @property
    def delivered(self) -> str:
        """The model that is left behind: the blend, or the bare network."""
        return AUTO if self.auto is not None else self.network

    def consensus(self, name: str) -> Values:
        """Return a model's predictions ``[rows, tasks]`` over its seeds: mean or majority."""
        return consensus(self.models[name].predictions, self.kind)

    @cached_property
    def intervals(self) -> dict[str, Interval]:
        """Return each model's test metric with its interval."""
        truth = self.data.y[self.split.test]
        return {
            name: interval(
                truth,
                runs.predictions[:, self.split.test],
                self.metric,
                deterministic=runs.deterministic,
            )
            for name, runs in self.models.items()
        }

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Hold the network, and then the blend, against the others, paired over seeds and rows."""
        truth = self.data.y[self.split.test]
        pairs = [(self.network, other) for other in self.models if other != AUTO]
        if self.auto is not None:
            pairs += [(AUTO, other) for other in self.models]
        return [
            compare(truth, self._runs(model), self._runs(other), self.metric)
            for model, other in pairs
            if model != other
        ]

    @cached_property
    def results(self) -> list[dict[str, Any]]:
        """Return tidy rows ``model, seed, split, task, metric, value`` (and why a value is not)."""
        rows: list[dict[str, Any]] = []
        for name, runs in self.models.items():
            for seed, predictions in zip(runs.seeds, runs.predictions, strict=True):
                for part in ("test",) if runs.learned_validation else ("val", "test"):
                    index = self.split.parts()[part]
                    found = evaluate(
                        self.data.y[index], predictions[index], self.data.tasks, self.kind
                    )
                    rows += [
                        {"model": name, "seed": seed, "split": part, **row.to_dict()}
                        for row in found
                    ]
        return rows

    def _runs(self, name: str) -> Runs:
        runs = self.models[name]
        return Runs(name, runs.predictions[:, self.split.test], runs.deterministic)


def transfer_verdict(comparisons: list[Comparison]) -> str | None:
    """Return the verdict on pre-training: the comparison of pretrained with scratch."""
    for comparison in comparisons:
        if (comparison.model, comparison.against) == (PRETRAINED, SCRATCH):
            return comparison.verdict
    return None


def run_experiment(
    data: LabelledData,
    split: Split,
    encoder: Encoder,
    config: FitConfig,
    kind: Kind,
    *,
    pretrained: bool,
    seeds: tuple[int, ...],
    baselines: tuple[str, ...] = tuple(BASELINES),
    blend: bool = False,
    time_limit: float | None = None,
) -> Experiment:
    """Train the network over seeds, from ``encoder`` and from scratch, beside the baselines.

    Parameters
    ----------
    encoder
        Gives the shape, and with ``pretrained`` the weights.
    blend
        Whether to fit ``auto`` too, which needs molecules.
    time_limit
        Seconds for the networks; each run gets an equal share of what is left, more or less.
    """
    names = (PRETRAINED, SCRATCH) if pretrained else (SCRATCH,)
    others = baseline_runs(data, split, kind, baselines, seeds, validation=blend)
    everyone = np.arange(len(data.store))
    runs = [(seed, name) for name in reversed(names) for seed in seeds]  # the longest first
    device = new_fabric(config.device, config.precision).device
    more = folds_of(split) if blend else 0
    time_shares = Shares(time_limit, len(runs) + more, width(len(runs), device))
    finished = [0.0] * len(runs)
    with console.progress("Fine-tuning, % of all runs", 100) as update:

        def run(place: int) -> Fitted:
            seed, name = runs[place]

            def on_epoch(share: float) -> None:
                finished[place] = share
                update(int(100 * sum(finished) / len(runs)), f"{name}, {seed=}")

            return fit(
                data.store,
                data.y,
                split.train,
                split.val,
                encoder,
                config,
                kind,
                data.tasks,
                seed=seed,
                scratch=name == SCRATCH,
                time_limit=time_shares.next(),
                on_epoch=on_epoch,
            )

        done = side_by_side([partial(run, place) for place in range(len(runs))], device)
    fitted = {
        name: [f for f, (_, n) in zip(done, runs, strict=True) if n == name] for name in names
    }
    networks = {
        name: ModelRuns(
            seeds,
            np.stack([predict_rows(f.predictor, data.store, everyone) for f in fitted[name]]),
            fitted=tuple(fitted[name]),
        )
        for name in names
    }
    if not blend:
        return Experiment(data, split, kind, {**networks, **others})
    auto = blend_with(
        data,
        split,
        encoder,
        config,
        kind,
        [network.best_epoch for network in fitted[names[0]]],
        pretrained=pretrained,
        seed=seeds[0],
        time_shares=time_shares,
    )
    said = (
        predict_rows(network.predictor, data.store, everyone, columns=True)
        for network in fitted[names[0]]
    )
    blended = blended_runs(auto, said, seeds, everyone)
    return Experiment(data, split, kind, {AUTO: blended, **networks, **others}, auto)
