"""One plain line for every term that a report uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graftwork.report.content import ReportContent

METRICS = {
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
    "spearman": "Spearman",
    "rocauc": "ROC-AUC",
    "prauc": "PR-AUC",
    "accuracy": "Accuracy",
    "multiclassaccuracy": "Accuracy",
    "macrof1": "Macro F1",
    "f1": "F1",
    "mcc": "MCC",
}
MEANINGS = {
    "RMSE": (
        "Root mean squared error, in the units of the target column: the typical size of a miss, "
        "large misses counting more. If the column is a pIC50, an RMSE of 0.7 means about 0.7 log "
        "units, a factor of five in IC50. Lower is better."
    ),
    "MAE": (
        "Mean absolute error, in the units of the target column: how far off a prediction is on "
        "average. Lower is better."
    ),
    "R²": (
        "Share of the spread among test values that the model explains. 1 is perfect, 0 is no "
        "better than always answering the test mean, below 0 is worse than that."
    ),
    "Spearman": (
        "Rank correlation: does the model put the molecules in the right order? 1 is the measured "
        "order, 0 is no relation."
    ),
    "Pearson": "Linear correlation of predicted and measured values, from -1 to 1.",
    "ROC-AUC": (
        "Chance that a randomly chosen active scores above a randomly chosen inactive: 0.5 is "
        "guessing, 1 is perfect. Undefined if the test rows hold one class only."
    ),
    "PR-AUC": (
        "Area under the precision-recall curve, for rare actives. Guessing scores the share of "
        "actives, not 0.5."
    ),
    "Accuracy": (
        "Share of test rows put in the right class. Misleading where one class is rare: always "
        "answering the common class already scores high."
    ),
    "Macro F1": (
        "F1 of each class against the others, averaged over classes: rare classes count as much as "
        "common ones."
    ),
    "F1": "Balance of how many predicted actives are right and how many actives are found, 0 to 1.",
    "MCC": (
        "Matthews correlation of predicted and measured classes: 1 is perfect, 0 is guessing, and "
        "rare classes count fully."
    ),
    "pretrained": "The network starts from a checkpoint trained on many other graphs.",
    "scratch": (
        "The same network with random starting weights. Its distance to the pre-trained one is "
        "what pre-training did."
    ),
    "ecfp-rf": "A random forest on circular fingerprints (ECFP), a strong and simple baseline.",
    "fingerprint-gp": (
        "A Gaussian process on fingerprints, a baseline that does well with few values."
    ),
    "features-logistic": (
        "A linear model of the node's own features, without any edge: what the network of nodes "
        "adds is the distance to it."
    ),
    "topology-ridge": (
        "A linear model of the shape of the network around the node (degree, clustering, core), "
        "without any feature."
    ),
    "auto": (
        "A blend of the network and models of fingerprints and descriptors, each with the weight "
        "that it earns out of fold, without looking at test rows."
    ),
    "network": "The fine-tuned network within the blend.",
    "molecule-gp": (
        "A Gaussian process on fingerprints and descriptors together: molecules with much in "
        "common have similar values."
    ),
    "embedding-gp": "A Gaussian process on what the checkpoint, not fine-tuned, says of molecules.",
    "joint-gp": "A Gaussian process on fingerprints, descriptors and the checkpoint together.",
    "extra-trees": "Extremely randomised trees on descriptors and counted substructures.",
}
GENERAL = {
    "Scaffold split": (
        "Molecules that share a core ring system (scaffold) stay together in training, validation "
        "or test, so the test asks about chemistry the model has not seen. Harder and more honest "
        "than a random split."
    ),
    "Training, validation, test": (
        "The model learns from the first, its settings are chosen on the second, and the numbers "
        "here come from the third."
    ),
    "Seed": "The number that fixes the random choices. Several seeds show how much is luck.",
    "Interval": (
        "The range in which the value plausibly lies, given how much it varies in this run. A "
        "difference whose interval contains 0 is not evidence."
    ),
    "Undefined": "The value cannot be computed from these rows; the reason stands beside it.",
}


def metric_label(name: str) -> str:
    """Write a metric as readers know it, for example ``RMSE`` for ``rmse``.

    Examples
    --------
    >>> metric_label("rmse"), metric_label("roc-auc"), metric_label("my score")
    ('RMSE', 'ROC-AUC', 'my score')
    """
    key = "".join(letter for letter in name.lower() if letter.isalnum())
    return METRICS.get(key, name)


def glossary(content: ReportContent) -> list[tuple[str, str]]:
    """Return (term, explanation) for what this report mentions, general terms last."""
    metrics = [metric_label(row.metric) for row in content.metric_table]
    models = [*(row.model for row in content.table), *content.predictions]
    models += [row.model for row in content.blend]
    terms = dict.fromkeys([metric_label(content.metric), *metrics, *models])
    general = [
        (term, meaning)
        for term, meaning in GENERAL.items()
        if term != "Scaffold split" or content.unit == "molecule"
    ]
    return [(term, MEANINGS[term]) for term in terms if term in MEANINGS] + general
