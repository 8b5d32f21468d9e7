"""S and E beside each other, as tables."""

import report_content as content
from made_results import results

from tfmi.evaluation.report import disentanglement_panel

(PANEL,) = disentanglement_panel.panels(content.RESULTS)


def _texts(table):
    return {r["label"]: [cell["text"] for cell in r["cells"]] for r in table["rows"]}


def test_tables_of_each_domain():
    assert [table["title"] for table in PANEL["tables"]] == [
        *["S and E of x"] * 4,
        # Of single dimensions nothing is known there.
        *["S and E of y"] * 3,
    ]
    assert not any(table["chart"] for table in PANEL["tables"])


def test_cells_are_under_their_headings():
    blocks, information, mutual, numbers = PANEL["tables"][:4]
    row = dict(zip(blocks["columns"], _texts(blocks)["Ours"], strict=True))
    assert row["MIG"] == "0.500"
    assert row["SAP"] == "0.250"
    assert row["distance"] == "1.1667"
    assert information["columns"] == ["shape", "grey shade"]
    assert _texts(information) == {
        "Ideal, S": ["100.00%", "0.00%"],
        "Ideal, E": ["0.00%", "100.00%"],
        "Ours, S": ["90.00%", "10.00%"],
        "Ours, E": ["0.00%", "100.00%"],
    }
    assert mutual["columns"] == ["S and E", "S and E of others", "E and E"]
    assert _texts(mutual) == {"KSG (nats)": ["0.0000", "0.0100", "2.0000"]}
    row = dict(zip(numbers["columns"], _texts(numbers)["Ours"], strict=True))
    assert row["FactorVAE"] == "0.625"


def test_without_two_representations_there_is_no_panel():
    assert disentanglement_panel.panels(results(latent=(0.5, 0.5))) == []
    assert PANEL["name"] == "S and E apart"
