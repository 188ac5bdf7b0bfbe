"""What a fine-tuning run leaves behind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from graftwork import console
from graftwork.blend import Blend
from graftwork.evaluation.auto_tables import groups_of
from graftwork.evaluation.experiment import SCRATCH
from graftwork.evaluation.finetune_run import FinetuneRun
from graftwork.metrics import METRICS, score
from graftwork.nn.encoder import Encoder
from graftwork.nn.predictor import Predictor
from graftwork.training.device import new_fabric
from graftwork.training.fit import fit
from graftwork.training.side_by_side import side_by_side

_LEAST_EPOCHS = 5


def final_model(
    run: FinetuneRun, encoder: Encoder, seconds: float | None
) -> tuple[Predictor, Blend | None]:
    """Return the network to leave behind, refit within some seconds, and the blend's members."""
    network: list[Predictor] = []
    blend: list[Blend | None] = []
    jobs = [
        lambda: network.append(_final_network(run, encoder, seconds)),
        lambda: blend.append(_final_blend(run, encoder)),
    ]
    side_by_side(jobs, new_fabric(run.config.device, run.config.precision).device)
    return network[0], blend[0]


def _final_network(run: FinetuneRun, encoder: Encoder, seconds: float | None) -> Predictor:
    """Return the network to leave behind: refit on all rows, or the best seed of the split."""
    experiment, config = run.experiment, run.config
    runs = experiment.models[experiment.network]
    if not config.refit:
        val, y = experiment.split.val, experiment.data.y
        scores = [score(y[val], said[val], experiment.metric) for said in runs.predictions]
        sign = 1 if METRICS[experiment.metric].higher_is_better else -1
        return runs.fitted[
            int(np.argmax(np.nan_to_num(sign * np.array(scores), nan=-np.inf)))
        ].predictor
    epochs = max(1, int(np.median([fitted.best_epoch for fitted in runs.fitted])))
    stop_after: int | None = epochs
    everyone, used = len(experiment.data.store), sum(map(len, experiment.split.parts().values()))
    if used < everyone:  # many more rows than the split has: about as many steps, not epochs
        epochs = max(_LEAST_EPOCHS, -(-epochs * len(experiment.split.train) // everyone))
        config, stop_after = replace(config, epochs=epochs), None
    console.say(f"Refitting on all {everyone} labelled rows, {epochs} epochs")
    return fit(
        experiment.data.store,
        experiment.data.y,
        np.arange(everyone),
        np.array([], np.int64),
        encoder,
        config,
        experiment.kind,
        experiment.data.tasks,
        seed=config.seed,
        scratch=experiment.network == SCRATCH,
        stop_after=stop_after,
        time_limit=seconds,
    ).predictor


def _final_blend(run: FinetuneRun, encoder: Encoder) -> Blend | None:
    """Return the blend to leave behind, its members refit on all rows; None for a bare network."""
    experiment, config = run.experiment, run.config
    if experiment.auto is None or not experiment.auto.blend.members:
        return None
    blend, data = experiment.auto.blend, experiment.data
    frozen = encoder if blend.uses_embedding else None
    if config.refit:
        groups = groups_of(data, experiment.split)
        blend = experiment.auto.refitted(data, groups, seed=config.seed)
    if frozen is None:
        return blend
    state = {name: value.cpu().numpy() for name, value in frozen.state_dict().items()}
    return replace(blend, frozen=state)
