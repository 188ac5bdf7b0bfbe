"""Report contents for the tests: an ordinary one per kind, and a hostile version of either."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graftwork.report import (
    ComparisonRow,
    Curve,
    ErrorMolecule,
    MetricRow,
    ModelRow,
    ReportContent,
)

HOSTILE = "<script>alert(1)</script>\"'&$x$ 結合 \x07"


@pytest.fixture
def regression() -> ReportContent:
    rng = np.random.default_rng(0)
    truth = rng.normal(7.0, 1.0, size=(40, 1))
    noise = {"pretrained": 0.55, "scratch": 0.75, "ecfp-rf": 0.62, "fingerprint-gp": 0.58}
    predictions = {
        name: 7 + 0.8 * (truth - 7) + rng.normal(0, size, truth.shape)
        for name, size in noise.items()
    }
    table = []
    for name, size in noise.items():
        seeds = (size + rng.normal(0, 0.03, 5)).tolist()
        mean = float(np.mean(seeds))
        table.append(ModelRow(name, mean, mean - 0.05, mean + 0.05, 5, seeds, ""))
    steps = list(range(1, 31))
    curves = [
        Curve(
            model, seed, split, name, steps, (level + 2 * np.exp(-np.array(steps) / pace)).tolist()
        )
        for model, level, pace in (("pretrained", 0.3, 4), ("scratch", 0.5, 8))
        for seed in range(3)
        for split, name in (("train", "loss"), ("val", "rmse"))
    ]
    errors = [
        ErrorMolecule("COc1cc2c(Oc3ccc(NC(=O)C4CC4)cc3F)ccnc2cc1OC", 12, "pIC50", 9.1, 6.8),
        ErrorMolecule(
            "Cc1ccc(cc1)S(=O)(=O)N", 77, "pIC50", 4.2, 6.9, "only member of its scaffold"
        ),
        ErrorMolecule("c1ccccc", 78, "pIC50", 5.0, 6.1),
    ]
    return ReportContent(
        title="c-MET inhibitors: pIC50",
        created="2026-01-15 10:30 UTC",
        protocol="deterministic scaffold split 80/10/10, best validation epoch, 5 model seeds",
        summary=[
            "On new scaffolds, pre-training lowers RMSE by 0.20 pIC50 units.",
            "The best model without pre-training is fingerprint-gp.",
        ],
        verdict="helps",
        table=table,
        metric="rmse",
        higher_is_better=False,
        metric_table=[
            MetricRow(row.model, "pIC50", metric, value)
            for row in table
            for metric, value in (("rmse", row.mean), ("mae", row.mean * 0.8), ("r2", 0.6))
        ],
        comparisons=[
            ComparisonRow("pretrained", "scratch", 0.2, 0.13, 0.27, "helps", "Pre-training helps."),
            ComparisonRow(
                "pretrained",
                "fingerprint-gp",
                0.02,
                -0.05,
                0.09,
                "no evidence",
                "The interval contains 0.",
            ),
        ],
        curves=curves,
        truth=truth,
        predictions=predictions,
        tasks=["pIC50"],
        kind="regression",
        errors=errors,
        facts=[
            ("Rows", "400"),
            ("Usable", "398"),
            ("Training / validation / test", "318 / 40 / 40"),
        ],
        rejects=[(i, "c1ccc", "cannot be parsed as SMILES") for i in range(23)],
        command="graftwork finetune -i cmet.csv -o RUN -s smiles -t pIC50",
    )


@pytest.fixture
def classification(regression: ReportContent) -> ReportContent:
    rng = np.random.default_rng(1)
    tasks = 8
    names = [f"assay {i}" for i in range(tasks)]
    truth = rng.integers(0, 2, size=(60, tasks)).astype(float)
    truth[:, 1] = 0.0
    truth[rng.random(truth.shape) < 0.3] = np.nan
    predictions = {
        name: np.clip(
            0.5 + gain * (np.nan_to_num(truth) - 0.5) + rng.normal(0, 0.3, truth.shape), 0, 1
        )
        for name, gain in (("pretrained", 0.5), ("ecfp-rf", 0.3))
    }
    return replace(
        regression,
        verdict="no evidence",
        summary=["The run gives no evidence either way."],
        table=[
            ModelRow("pretrained", 0.81, 0.78, 0.84, 2, [0.8, 0.82], ""),
            ModelRow("ecfp-rf", 0.77, None, None, 1, [0.77], ""),
        ],
        metric="roc-auc",
        higher_is_better=True,
        metric_table=[
            MetricRow(
                model,
                task,
                "roc-auc",
                None if i == 1 else 0.8,
                "the test rows hold one class" if i == 1 else "",
            )
            for i, task in enumerate(names)
            for model in ("pretrained", "ecfp-rf")
        ],
        comparisons=[],
        truth=truth,
        predictions=predictions,
        tasks=names,
        kind="classification",
    )


@pytest.fixture(params=["regression", "classification"])
def hostile(request: pytest.FixtureRequest) -> ReportContent:
    content: ReportContent = request.getfixturevalue(request.param)
    nothing = float("nan")
    return replace(
        content,
        title=HOSTILE,
        created=HOSTILE,
        protocol=HOSTILE,
        summary=[HOSTILE, HOSTILE],
        verdict=None,
        table=[ModelRow(HOSTILE, nothing, None, nothing, 0, [], HOSTILE)],
        metric=HOSTILE,
        metric_table=[MetricRow(HOSTILE, HOSTILE, HOSTILE, nothing, HOSTILE)],
        comparisons=[ComparisonRow(HOSTILE, HOSTILE, None, None, None, None, HOSTILE)],
        curves=[Curve(HOSTILE, 0, "val", HOSTILE, [1], [0.5])],
        predictions={HOSTILE: next(iter(content.predictions.values()))},
        tasks=[HOSTILE] * len(content.tasks),
        errors=[
            ErrorMolecule(HOSTILE, 1, HOSTILE, nothing, 1.0, HOSTILE),
            ErrorMolecule(HOSTILE + "\nM  END", 2, HOSTILE, 0.0, 1.0, HOSTILE),
            ErrorMolecule("", 3, HOSTILE, 0.0, 1.0),
        ],
        facts=[(HOSTILE, HOSTILE)],
        rejects=[(1, HOSTILE, HOSTILE)],
        command=HOSTILE,
    )
