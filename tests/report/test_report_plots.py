"""Charts and drawings: well-formed, reproducible, and honest about what they leave out."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import AllChem

from graftwork.formatting import show, show_interval
from graftwork.report.molecules import molecule_card, molecule_svg
from graftwork.report.plots import agreement_plots, interval_plot, learning_curves


def every_plot(content):
    interval = interval_plot(
        content.table, content.metric, higher_is_better=content.higher_is_better
    )
    return [interval, *agreement_plots(content), learning_curves(content.curves)]


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_charts_are_valid_dateless_svg_with_words(kind, request):
    for plot in every_plot(request.getfixturevalue(kind)):
        assert ET.fromstring(plot.svg).tag.endswith("svg")  # noqa: S314 - our own output
        assert "<dc:date>" not in plot.svg
        assert plot.alt
        assert plot.caption


def test_hostile_labels_give_valid_svg(hostile):
    for plot in every_plot(hostile):
        assert not plot.svg or ET.fromstring(plot.svg) is not None  # noqa: S314


def test_the_users_matplotlib_settings_neither_matter_nor_change(regression):
    before = every_plot(regression)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "svg.hashsalt": "x"}):
        assert every_plot(regression) == before
        assert mpl.rcParams["font.size"] == 30


def test_inputs_are_not_changed(regression):
    truth = regression.truth.copy()
    every_plot(regression)
    np.testing.assert_array_equal(truth, regression.truth)


def test_parity_draws_six_tasks_and_counts_the_rest(regression):
    truth = np.repeat(regression.truth, 9, axis=1)
    truth[:, 0] = np.nan
    wide = replace(
        regression, truth=truth, predictions={"auto": truth + 0.1}, tasks=list("abcdefghi")
    )
    plots = agreement_plots(wide)
    assert len(plots) == 7
    assert plots[0].svg == ""
    assert "no test row" in plots[0].caption
    assert "3 more tasks" in plots[-1].caption


def test_parity_names_a_model_without_predictions(regression):
    gone = {**regression.predictions, "scratch": np.full_like(regression.truth, np.nan)}
    (plot,) = agreement_plots(replace(regression, predictions=gone))
    assert "No finite prediction to draw: scratch." in plot.caption


def test_parity_of_one_point_and_of_very_many(regression):
    one = replace(regression, truth=np.ones((1, 1)), predictions={"auto": np.ones((1, 1))})
    assert agreement_plots(one)[0].narrow
    values = np.random.default_rng(0).normal(size=(20_000, 1))
    many = replace(regression, truth=values, predictions={"auto": values})
    assert len(agreement_plots(many)[0].svg) < 400_000


def test_roc_omits_one_class_tasks_and_caps_at_twelve(classification):
    truth = np.tile([[0.0], [1.0]], (10, 15))
    truth[:, 2] = 1.0
    names = [f"t{i}" for i in range(15)]
    wide = replace(classification, truth=truth, predictions={"auto": truth * 0.5}, tasks=names)
    (plot,) = agreement_plots(wide)
    assert "both classes: t2." in plot.caption
    assert "The first 12 of 14 tasks are drawn." in plot.caption


def test_numbers_are_never_blank():
    assert show(None) == show(float("nan")) == show(float("inf")) == "undefined"
    assert show(0.0) == "0.000"
    assert show(0.00012) == "0.00012"
    assert show_interval(0.1, None) == "undefined"


def test_molecules_are_drawn_from_smiles_and_from_mol_blocks():
    molecule = Chem.AddHs(Chem.MolFromSmiles("c1ccccc1O"))
    AllChem.EmbedMolecule(molecule, randomSeed=1)
    for text in ("c1ccccc1O", Chem.MolToMolBlock(molecule)):
        svg = molecule_svg(text)
        assert svg == molecule_svg(text)
        assert ET.fromstring(svg) is not None  # noqa: S314


@pytest.mark.parametrize("text", ["", "  ", "nonsense", "C(", "x\nM  END", "C" * 301, "\x00"])
def test_what_cannot_be_drawn_is_none(text):
    assert molecule_svg(text) is None


def test_a_card_shows_the_text_where_nothing_can_be_drawn(regression):
    card = molecule_card(replace(regression.errors[0], smiles_or_molblock="<b>", truth=np.nan))
    assert (card.uri, card.text) == ("", "<b>")
    assert (card.truth, card.difference) == ("undefined", "undefined")
