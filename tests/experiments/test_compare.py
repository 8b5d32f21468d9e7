"""Runs beside each other from their results."""

import csv
import json

import matplotlib.image
import pytest
from made_results import results

from tfmi.errors import DataError
from tfmi.evaluation.results import Results
from tfmi.experiments import compare

NAMED = {
    "first": results((0.95, 0.08), (0.12, 0.99), baselines=True),
    "second": results((0.90, 0.10)),
}


def test_a_row_a_run_between_the_paper_and_the_baselines():
    shared, exclusive = compare.comparison_tables(NAMED)
    names = [row["row"] for row in shared["rows"]]
    assert names == [
        "Paper",
        "Paper, [9]",
        "first",
        "second",
        "Untrained, first",
        "Majority class",
    ]
    assert [row["accuracies"]["digit"] for row in shared["rows"][2:4]] == [0.95, 0.90]
    # A run of stage 1 alone has no row for E.
    assert "second" not in [row["row"] for row in exclusive["rows"]]


def test_text():
    tables = compare.comparison_tables(NAMED)
    text = compare.render(tables[0])
    assert "Paper (Table 1)" in text
    assert "95.00%" in text
    lines = compare.render_distances(tables).splitlines()
    assert lines[1].split("  ")[-1].strip() == "exclusive x (paper)"
    second = next(line for line in lines if line.startswith("  second"))
    assert len(second.split()) == 2


def test_files(tmp_path):
    compare.write(tmp_path, NAMED)
    assert len(json.loads((tmp_path / "compare.json").read_text())) == 2
    with open(tmp_path / "compare.csv", newline="") as file:
        records = list(csv.DictReader(file))
    assert {r["accuracy"] for r in records if r["row"] == "second"} == {"0.9", "0.1"}
    assert matplotlib.image.imread(tmp_path / "compare_paper.png").std() > 0
    assert "Distance to ideal" in (tmp_path / "compare.txt").read_text()


def test_runs_of_two_datasets_are_refused():
    other = results((0.9, 0.1), dataset="iam")
    with pytest.raises(DataError, match="first of colored-mnist, other of iam"):
        compare.comparison_tables({"first": NAMED["first"], "other": other})


def changed(**about):
    other = results((0.9, 0.1))
    return Results({**other.about, **about}, other.records)


def test_runs_of_other_factors_are_refused():
    digit = {"digit": {"values": 8, "kind": "shared"}}
    other = changed(domains={"x": {"title": "", "factors": digit}})
    with pytest.raises(DataError, match=r"other with digit \(shared, 8 values\)"):
        compare.comparison_tables({"first": NAMED["first"], "other": other})


def test_runs_of_other_images_are_told(tmp_path):
    texts = compare.write(tmp_path, {**NAMED, "third": changed(source="a sample")})
    assert texts[-1].splitlines() == [
        "The runs are of different images:",
        "  first: made up",
        "  second: made up",
        "  third: a sample",
    ]
    assert "third: a sample" in (tmp_path / "compare.txt").read_text()
    assert compare.render_sources(NAMED) == []


def test_a_method_of_one_vector_stands_beside_the_paper_s():
    other = results(latent=(0.7, 0.6), row="a VAE")
    tables = compare.comparison_tables({**NAMED, "vae": other})
    vectors = [table["representation"] for table in tables]
    assert vectors == ["shared", "exclusive", "latent"]
    assert tables[2]["ideal"] == {"digit": 1.0, "background_color": 1.0}
    assert [row["row"] for row in tables[2]["rows"]] == ["vae", "Majority class"]
