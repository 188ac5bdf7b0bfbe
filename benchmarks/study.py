"""What a checkpoint is worth downstream, told by training and validation rows alone.

python benchmarks/study.py NAME=CHECKPOINT... [-o scores.csv] [--finetune] [--seeds 2]

Test rows are left out before anything is computed, so that choices made by these numbers leave
them unseen. Potency sets (MoleculeACE, the published training part): RMSE over five folds.
Classification sets (MoleculeNet, the training and validation parts of the scaffold split): ROC-AUC
on validation. A probe is a ridge or logistic regression on the frozen embedding, and for potency a
Gaussian process stands beside it, the blend's `embedding-gp`; --finetune trains the whole network
too, and the same from scratch, on one fold or the validation part.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import graftwork
from graftwork.blend.members import fit_member
from graftwork.blend.molecules import EMBEDDING, Molecules
from graftwork.config import Kind
from graftwork.data.catalog import find, locate
from graftwork.data.labelled import LabelledData, load_labelled
from graftwork.data.suites import SUITES
from graftwork.graph.schema import FeatureSchema
from graftwork.metrics import score
from graftwork.nn.artifact import load_artifact
from graftwork.nn.checkpoints import find_model
from graftwork.training.fit import fit
from graftwork.training.fit_config import FitConfig
from graftwork.training.lesson import predict_rows

POTENCY = SUITES["moleculeace"].datasets
CLASSES = ("bbbp", "bace", "clintox", "sider", "tox21")
METRIC = {"regression": "rmse", "classification": "roc_auc"}
NOISE_FOLDS = 3  # of what the process learns from, by which it chooses its noise
ALPHAS = np.logspace(-1, 5, 13)
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Trial:
    """A data set without its test rows, and pairs of rows to learn from and to be judged by."""

    name: str
    kind: Kind
    data: LabelledData
    pairs: list[tuple[Rows, Rows]]


def trials(schema: FeatureSchema, names: list[str]) -> Iterator[Trial]:
    """Read the sets; see the module."""
    for name in names:
        found = find(name)
        data = load_labelled(
            locate(name),
            schema,
            smiles_column=found.smiles_column,
            targets=found.targets,
            splits_column=found.splits_column or None,
        )
        if name in POTENCY:
            part = np.flatnonzero(np.array(data.split_cells) == "train")
            folds = KFold(5, shuffle=True, random_state=0).split(part)
            yield Trial(name, "regression", data, [(part[a], part[b]) for a, b in folds])
        else:
            split = data.split("scaffold", (0.8, 0.1, 0.1), 0)
            yield Trial(name, "classification", data, [(split.train, split.val)])


def probe(trial: Trial, x: Floats) -> float:
    """Return the score of a linear model on fixed columns, the mean over pairs and targets."""
    scores = []
    for train, judged in trial.pairs:
        for y in trial.data.y.T:
            known, asked = train[~np.isnan(y[train])], judged[~np.isnan(y[judged])]
            if trial.kind == "regression":
                model = make_pipeline(StandardScaler(), RidgeCV(ALPHAS))
                scores.append(rmse(y[asked], model.fit(x[known], y[known]).predict(x[asked])))
            elif len(np.unique(y[asked])) == len(np.unique(y[known])) == 2:
                model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=300))
                model.fit(x[known], y[known])
                scores.append(roc_auc_score(y[asked], model.predict_proba(x[asked])[:, 1]))
    return float(np.mean(scores))


def process(trial: Trial, x: npt.NDArray[np.float32]) -> float:
    """Return the RMSE of a Gaussian process on the embedding, the mean over pairs."""
    molecules, scores = Molecules({}, {EMBEDDING: x}), []
    for train, judged in trial.pairs:
        folds = np.random.default_rng(0).permutation(len(train)) % NOISE_FOLDS
        member = fit_member(
            "embedding-gp", molecules.take(train), trial.data.y[train], folds, seed=0, unknown=0.0
        )
        scores.append(rmse(trial.data.y[judged], member.predict(molecules.take(judged))))
    return float(np.mean(scores))


def tuned(trial: Trial, checkpoint: str, seed: int, *, scratch: bool) -> float:
    """Fine-tune the whole network on the first pair; a tenth of what it learns from stops it."""
    data, (train, judged) = trial.data, trial.pairs[0]
    order = np.random.default_rng(seed).permutation(train)
    own, val = np.sort(order[len(order) // 10 :]), np.sort(order[: len(order) // 10])
    encoder = load_artifact(find_model(checkpoint)).encoder
    fitted = fit(
        data.store,
        data.y,
        own,
        val,
        encoder,
        FitConfig(),
        trial.kind,
        data.tasks,
        seed=seed,
        scratch=scratch,
    )
    return score(
        data.y[judged], predict_rows(fitted.predictor, data.store, judged), METRIC[trial.kind]
    )


def rmse(y: Floats, predicted: Floats) -> float:
    """Return the root mean square error."""
    return float(np.sqrt(np.mean((y - predicted) ** 2)))


def main() -> None:
    """Score checkpoints."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", nargs="+", metavar="NAME=CHECKPOINT")
    parser.add_argument("-o", "--output", type=Path, default=Path("study.csv"))
    parser.add_argument("--sets", default=",".join((*POTENCY, *CLASSES)))
    parser.add_argument("--finetune", action="store_true")
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    rows = []
    for text in arguments.checkpoints:
        name, _, checkpoint = text.rpartition("=")
        model = graftwork.load(checkpoint)
        start = time.perf_counter()
        for trial in trials(model.encoder.schema, arguments.sets.split(",")):
            embedding = model.embed(trial.data.structures)
            found = {"probe": probe(trial, embedding.astype(np.float64))}
            if trial.kind == "regression":
                found["process"] = process(trial, embedding)
            for seed in range(arguments.seeds if arguments.finetune else 0):
                for scratch in (False, True):
                    way = f"{'scratch' if scratch else 'finetuned'}-{seed}"
                    found[way] = tuned(trial, checkpoint, seed, scratch=scratch)
            rows += [(name or checkpoint, trial.kind, trial.name, k, v) for k, v in found.items()]
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
        table = pd.DataFrame(rows, columns=["checkpoint", "kind", "set", "way", "score"])
        table.to_csv(arguments.output, index=False)
    table["way"] = table["way"].str.partition("-")[0]
    means = table.pivot_table("score", ["kind", "way", "checkpoint"], "set")
    means["mean"] = means.mean(axis=1)
    for _kind, part in means.groupby(level="kind"):
        print(part.dropna(axis=1).round(3).to_string())


if __name__ == "__main__":
    main()
