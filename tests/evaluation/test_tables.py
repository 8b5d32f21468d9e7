"""Tables against the paper's own numbers."""

import pytest

from tfmi.evaluation.measure import probes
from tfmi.evaluation.results import BALANCED
from tfmi.evaluation.results import INFORMATION
from tfmi.evaluation.results import Record
from tfmi.evaluation.results import Results
from tfmi.evaluation.tables import accuracy
from tfmi.evaluation.tables import downstream
from tfmi.evaluation.tables import paper
from tfmi.evaluation.tables import text
from tfmi.pipelines.base import Factor

DIGIT = Factor("digit", tuple("0123456789"))


def digits(color):
    return {"digit": (10, "shared"), color: (12, "exclusive")}


DIGITS = {"x": digits("background_color"), "y": digits("digit_color")}


def results_of(dataset, domains, scores=()):
    """Results of the paper's probe.

    Args:
        domains: `{name: {factor: (number of values, kind)}}`.
        scores: `{seed: {factor: accuracy}}` of S of x.
    """
    about = {
        "dataset": dataset,
        "row": "Ours",
        "probes": ["paper"],
        "protocols": {"paper": "2 layers"},
        "representations": {
            "shared": {"symbol": "S", "holds": "shared"},
            "exclusive": {"symbol": "E", "holds": "exclusive"},
        },
        "domains": {
            name: {
                "title": "images",
                "factors": {f: {"values": n, "kind": k} for f, (n, k) in fs.items()},
            }
            for name, fs in domains.items()
        },
    }
    records = [
        Record("Ours", "shared", "x", "paper", seed, factor, score, value * share)
        for seed, by_factor in dict(scores).items()
        for factor, value in by_factor.items()
        for score, share in (("accuracy", 1), (BALANCED, 1 / 2), (INFORMATION, 1))
    ]
    return Results(about, records)


# The last column of Tables 1 and 2: the paper's own, and that of [9].
DISTANCES = {
    ("shared", "x"): (0.0563, 0.9581),
    ("exclusive", "x"): (0.0321, 0.6164),
    ("shared", "y"): (0.0623, 0.2641),
    ("exclusive", "y"): (0.0383, 0.6471),
}


@pytest.mark.parametrize("key", DISTANCES, ids="_".join)
def test_distance_to_ideal_is_the_papers(key):
    rows = accuracy.probe_rows(results_of("colored-mnist", DIGITS), *key, "paper")
    assert [row["row"] for row in rows] == ["Ideal", "Paper", "Paper, [9]"]
    assert rows[0]["distance"] == 0
    for row, distance in zip(rows[1:], DISTANCES[key], strict=True):
        assert row["source"] == f"Table {'xy'.index(key[1]) + 1}"
        assert row["distance"] == pytest.approx(distance, abs=8e-5)


SHAPES = {
    **{
        name: (n, "shared")
        for name, n in zip(paper.SHAPES[3:], (8, 4, 15), strict=True)
    },
    **{name: (10, "exclusive") for name in paper.SHAPES[:3]},
}


@pytest.mark.parametrize(
    "representation, distances",
    [("shared", (0.0020, 2.6643)), ("exclusive", (0.1955, 2.5477))],
)
def test_distance_of_table_3_is_the_papers(representation, distances):
    shapes = results_of("shapes3d", {"x": SHAPES})
    rows = accuracy.probe_rows(shapes, representation, "x", "paper")
    for row, distance in zip(rows[1:], distances, strict=True):
        assert row["source"] == "Table 3"
        assert row["distance"] == pytest.approx(distance, abs=2e-4)


def test_iam_rows_are_those_of_tables_4_and_5():
    probed = paper.published("iam", "shared", "x")
    assert probed == ("Table 4", {"writer": 0.6164, "word": 0.0994})
    nearest = paper.published("iam", "exclusive", "x", neighbours=5)
    assert nearest == ("Table 5", {"writer": 0.1687, "word": 0.1969})
    assert paper.published("iam", "shared", "x", neighbours=3) is None
    vae = {"VAE [17]": ("Table 4", {"writer": 0.1377, "word": 0.2030})}
    assert paper.compared("iam", "shared", "x") == vae
    assert paper.compared("iam", "exclusive", "x") == vae
    words = {"writer": (7, "shared"), "word": (10, "exclusive")}
    rows = accuracy.neighbour_rows(results_of("iam", {"x": words}), "shared", "x", "l2")
    names = [(row["row"], row["source"]) for row in rows]
    assert names[1:] == [("Paper, N = 1", "Table 5"), ("Paper, N = 5", "Table 5")]


def test_ideal_is_one_for_what_is_held_and_chance_for_the_rest():
    assert results_of("mine", DIGITS).ideal("exclusive", "x") == {
        "digit": 0.1,
        "background_color": 1.0,
    }
    assert probes.chance_level(DIGIT) == 0.1


def test_other_datasets_have_no_paper_row():
    assert paper.published("mine", "shared", "x") is None
    assert paper.compared("mine", "shared", "x") == {}
    scores = {0: {"digit": 0.9, "background_color": 1 / 12}}
    mine = results_of("mine", DIGITS, scores)
    rows = accuracy.probe_rows(mine, "shared", "x", "paper")
    assert [row["row"] for row in rows] == ["Ideal", "Ours"]
    assert rows[1]["distance"] == pytest.approx(0.1)


def test_text_is_aligned_and_says_chance_and_protocol():
    scores = {0: {"digit": 1.0, "background_color": 0.5}}
    table, *_ = accuracy.texts(results_of("colored-mnist", DIGITS, scores))
    lines = table.splitlines()
    assert lines[:2] == ["shared representation of x, images", "probe paper: 2 layers"]
    assert lines[2] == "balanced accuracy in []"
    assert "(chance 8.33%)" in lines[4]
    assert "Paper (Table 1)" in lines[6]
    cells = ["Ours", "100.00%", "[50.00]", "50.00%", "[25.00]", "0.4167"]
    assert "Paper, [9] (Table 1)" in lines[7]
    assert lines[8].split() == cells
    assert len({len(line) for line in lines[3:]}) == 1


def test_text_of_several_seeds():
    names = ("digit", "background_color")
    scores = {seed: dict.fromkeys(names, a) for seed, a in ((0, 0.2), (1, 0.4))}
    both = results_of("colored-mnist", DIGITS, scores)
    row = accuracy.probe_rows(both, "shared", "x", "paper")[-1]
    assert row["distance"] == pytest.approx(0.7 + 0.3 - 1 / 12)
    lines = accuracy.texts(both)[0].splitlines()
    assert lines[2] == ("mean and deviation (+-) over 2 seeds; balanced accuracy in []")
    cell = ["30.00%", "+-14.14", "[15.00]"]
    assert lines[-1].split()[:7] == ["Ours", *cell, *cell]
    # Accuracies stand below each other, with and without what follows them.
    assert len({line.index("%") for line in lines[5:]}) == 1
    assert len({len(line) for line in lines[3:]}) == 1


def test_aligned_and_markdown_lines():
    lines = [["", "one", "three"], ["row", "1.0", ""]]
    assert text.aligned(lines) == "       one  three\n  row  1.0"
    assert text.aligned(lines, 4, full=True).splitlines()[1] == "  row   1.0       "
    assert text.markdown(lines).splitlines() == [
        "|     | one | three |",
        "| --- | --: | ----: |",
        "| row | 1.0 |       |",
    ]
    assert text.percent(0.5, 0.25) == "50.00 +- 25.00%" and text.percent(None) == ""
    assert text.decimal(0.5) == "0.5000" and text.decimal(None) == ""


def test_tables_of_rows_are_of_one_width():
    result = {
        **{"factor": "place", "different": None, "queries": 9, "images": 9},
        **{"values": 3, "rows": [{"row": "S", "accuracy": 1.0, "hits": 9}]},
    }
    line = downstream.retrieval_text(result, "title").splitlines()[-1]
    assert line == f"  {'S':<24}{100:>8.2f}%"
