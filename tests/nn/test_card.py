"""The model card: what the model is, what it has seen, and the command that fits it."""

from __future__ import annotations

import pytest

from graftwork.config import EncoderConfig, HeadConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.graph.schema import CategoricalColumn, FeatureSchema
from graftwork.nn.artifact import save_artifact
from graftwork.nn.card import model_card

NETWORK = FeatureSchema(
    featurizer="network",
    node_cat=(CategoricalColumn("colour|shade", 6, mask=5),),
    edge_cat=(),
    node_x=tuple(f"w{i}" for i in range(1200)),
    edge_x=("weight", "a", "b", "c", "d"),
    options={"hops": 3, "max_nodes": 20},
)
COUNTS = {"molecules": 1234, "labelled": 1017, "scaffolds": 45, "complete": True}


def card(schema, *, head=None, recorded=False, **provenance):
    config = {
        "encoder": EncoderConfig().to_dict(),
        "head": None if head is None else head.to_dict(),
        "versions": {"torch": "2"},
    }
    return model_card(config, provenance, schema, recorded=recorded)


def section(text, name):
    return text.split(f"## {name}\n\n")[1].split("\n\n## ")[0].replace("\n", " ").strip()


HEAD = HeadConfig(kind="regression", tasks=("a",))
MOLECULES = SCHEMAS["hu2020"]


@pytest.mark.parametrize(
    ("schema", "head", "command"),
    [
        (MOLECULES, None, "graftwork finetune -i table.csv -t TARGET --from ."),
        (MOLECULES, HEAD, "graftwork predict -m . -i molecules.csv -o predictions.csv"),
        (NETWORK, None, "graftwork finetune -i network.npz -t TARGET --from ."),
        (NETWORK, HEAD, "graftwork predict -m . -i network.npz -o predictions.csv"),
    ],
)
def test_the_command_fits_what_the_model_reads(schema, head, command):
    text = card(schema, head=head)
    assert section(text, "Use") == f"``` {command} ```"
    assert ("molecule" in section(text, "Limits")) == (schema is MOLECULES)
    assert ("nodes" in section(text, "Limits")) == (schema is NETWORK)
    assert ("report of the run" in section(text, "Limits")) == (head is HEAD)


def test_a_network_names_its_features_and_how_nodes_are_cut_out():
    told = section(card(NETWORK), "Limits")
    names = r"nodes `colour\|shade`, `w0`, `w1`, `w2`, `w3`, ... (1,201)"
    assert f"{names}; edges `weight`, `a`, `b`, `c`, `d`. Of each" in told
    assert "(hops 3, max_nodes 20)" in told
    bare = FeatureSchema("network", (), ())
    assert "nodes none; edges none" in section(card(bare), "Limits")


def test_the_record_is_counted():
    text = card(MOLECULES, recorded=True, membership=COUNTS, made_by="pretrain")
    seen = section(text, "What it has seen")
    assert "records 1,234 molecules (1,017 with labels) and 45 scaffolds." in seen
    assert "graftwork check-data -i table.csv --against ." in seen
    assert "left no record" not in seen
    assert "| made_by | pretrain |" in section(text, "How it was made")
    assert "membership" not in section(text, "How it was made")


def test_a_stage_without_a_record_is_told():
    told = card(MOLECULES, recorded=True, membership={**COUNTS, "complete": False})
    assert "A stage of training left no record: it has seen more." in told


def test_a_record_without_counts_is_still_named():
    told = section(card(MOLECULES, recorded=True), "What it has seen")
    assert told.startswith("`membership.safetensors` records its training molecules. Which")


@pytest.mark.parametrize("membership", [None, COUNTS])
def test_no_record(membership):
    """Whatever the provenance says: the artifact has none."""
    seen = section(card(MOLECULES, membership=membership), "What it has seen")
    assert "carries no record of its training molecules" in seen
    assert "1,234" not in seen


def test_networks_are_never_recorded():
    seen = section(card(NETWORK), "What it has seen")
    assert seen == "Not recorded: records are kept of molecules, not of the nodes of networks."


def test_a_long_list_is_shortened_wherever_it_stands():
    names = [f"assay{number}" for number in range(1200)]
    text = card(MOLECULES, labels=names, settings={"seed": 1, "told": {"names": names}})
    assert text.count("assay4") == 2
    assert "assay5" not in text
    assert text.count("... (1,200)") == 2
    assert "| settings | seed 1; told (names assay0, assay1," in text


def test_numbers_are_written_for_people():
    text = section(card(MOLECULES, final={"loss": 0.123456}, steps=14000), "How it was made")
    assert "| final | loss 0.1235 |" in text
    assert "| steps | 14,000 |" in text


def test_each_stage_has_a_line_and_the_last_one_all():
    first = {"stage": "masking", "objective": "attribute-masking", "steps": 300, "note": "a|b"}
    text = card(MOLECULES, stage="assays", earlier_stages=[first])
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert [line.split(" | ")[0] for line in lines[2:4]] == ["| masking", "| assays"]
    assert "| masking | attribute-masking |  |  |  | 300 |  |" in lines
    assert "| stage | assays |" in lines
    assert "a|b" not in text
    assert "earlier_stages" not in text


def test_the_artifact_writes_the_card_of_its_own_schema_and_record(tmp_path, tiny_encoder):
    encoder = tiny_encoder()
    for name, record in (("with", b"content"), ("without", None)):
        save_artifact(tmp_path / name, encoder, {"membership": COUNTS}, record)
        seen = section((tmp_path / name / "README.md").read_text(), "What it has seen")
        assert ("1,234 molecules" in seen) == (record is not None)
