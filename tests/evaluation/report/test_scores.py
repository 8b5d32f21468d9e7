"""The summary and the tables of the page."""

import pytest
import report_content as content
from made_results import results

from tfmi.evaluation.report import scores
from tfmi.evaluation.tables import paper

pytestmark = pytest.mark.any_versions


def test_summary_is_the_mean_over_the_parts():
    summary = scores.summary(content.RESULTS)
    assert summary["protocol"] == "paper"
    names = [part["name"] for part in summary["parts"]]
    assert names == ["S of x", "E of x", "S of y", "E of y"]
    shared, exclusive = 0.25 + 1 / 6, 0.25 + 0.5
    assert summary["means"]["Ours"] == pytest.approx((shared + exclusive) / 2)
    assert list(summary["means"])[0] == "Ours"
    assert summary["means"]["Ideal"] == 0


def test_factors_say_what_is_wanted():
    factors = scores.summary(content.RESULTS)["parts"][1]["factors"]
    assert [(f["name"], f["wanted"]) for f in factors] == [
        ("shape", False),
        ("grey_shade", True),
    ]
    assert factors[0] == {
        "name": "shape",
        "wanted": False,
        "ours": 0.75,
        "ideal": 0.5,
        "paper": 0.9,
    }


def test_without_the_papers_row(monkeypatch):
    monkeypatch.delitem(paper.PUBLISHED, "halves")
    summary = scores.summary(content.RESULTS)
    assert "Paper" not in summary["means"]
    assert summary["parts"][0]["factors"][0]["paper"] is None


def test_a_panel_for_each_protocol_and_the_neighbours():
    panels = scores.panels(content.RESULTS)
    assert [panel["name"] for panel in panels] == [
        "Probe: paper",
        "Probe: strong",
        "Neighbours: L2",
        "Neighbours: cosine",
    ]
    assert [len(panel["tables"]) for panel in panels] == [4, 4, 4, 4]
    assert list(panels[0]["key"]) == ["Ours", "Paper", "Untrained encoder"]
    assert panels[2]["key"] == {
        "Ours, N = 1": "var(--ours)",
        "Ours, N = 5": "var(--ours-2)",
    }


def test_cells_have_deviations_where_there_are_any():
    rows = scores.panels(content.RESULTS)[0]["tables"][0]["rows"]
    assert [row["label"] for row in rows][:3] == ["Ideal", "Paper (Table 1)", "Ours"]
    assert rows[2]["kind"] == "ours"
    assert rows[2]["cells"] == [
        {"text": "75.00%", "spread": "± 1.10%"},
        {"text": "50.00%", "spread": "± 0.00%"},
        {"text": "0.4167", "spread": "± 0.0110"},
    ]
    assert rows[3]["cells"][0] == {"text": "60.00%", "spread": ""}


def test_results_without_neighbours():
    names = [f"{count}-nn {metric}" for count in (1, 5) for metric in ("l2", "cosine")]
    assert len(scores.panels(content.without(protocol=names))) == 2


def test_rows_of_other_methods_are_the_page_s_own():
    (panel,) = scores.panels(results(latent=(0.7, 0.6), row="a VAE"))
    (table,) = panel["tables"]
    assert table["title"] == "Z of x"
    kinds = [(row["label"], row["kind"]) for row in table["rows"]]
    assert kinds == [
        ("Ideal", "ideal"),
        ("a VAE", "ours"),
        ("Majority class", "majority"),
    ]
    assert panel["key"] == {"a VAE": "var(--ours)"}
    summary = scores.summary(results(latent=(0.7, 0.6), row="a VAE"))
    assert summary["means"][summary["row"]] == pytest.approx(0.7)


def test_bars_are_per_cent_beside_the_ideal():
    chart = scores.panels(content.RESULTS)[0]["tables"][1]["chart"]
    assert {
        "factor": "grey shade",
        "row": "Ours",
        "accuracy": 50.0,
        "ideal": 100.0,
    } in chart["data"]["values"]
