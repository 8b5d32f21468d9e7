"""Tables against the paper's own numbers."""

import pytest

from tfmi.evaluation.measure import probes
from tfmi.evaluation.tables import paper
from tfmi.evaluation.tables import text
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor

DIGIT = Factor("digit", tuple("0123456789"))


def domain(name, color):
    colors = Factor(color, tuple(map(str, range(12))))
    return Domain(name, "images", (DIGIT,), (colors,))


DOMAINS = {"x": domain("x", "background_color"), "y": domain("y", "digit_color")}
# The last column of Tables 1 and 2.
DISTANCES = {
    ("shared", "x"): 0.0563,
    ("exclusive", "x"): 0.0321,
    ("shared", "y"): 0.0623,
    ("exclusive", "y"): 0.0383,
}


@pytest.mark.parametrize("key", DISTANCES, ids="_".join)
def test_distance_to_ideal_is_the_papers(key):
    representation, name = key
    rows = text.table_rows({}, DOMAINS[name], representation, "colored-mnist")
    assert [row["row"] for row in rows] == ["Ideal", "Paper"]
    assert rows[0]["distance"] == 0
    assert rows[1]["source"] == f"Table {'xy'.index(name) + 1}"
    assert rows[1]["distance"] == pytest.approx(DISTANCES[key], abs=5e-5)


SHAPES = Domain(
    "x",
    "3D Shapes",
    tuple(
        Factor(name, tuple(map(str, range(count))))
        for name, count in (("scale", 8), ("shape", 4), ("orientation", 15))
    ),
    tuple(
        Factor(f"{name}_hue", tuple(map(str, range(10))))
        for name in ("floor", "wall", "object")
    ),
)


@pytest.mark.parametrize(
    "representation, distance", [("shared", 0.0020), ("exclusive", 0.1955)]
)
def test_distance_of_table_3_is_the_papers(representation, distance):
    rows = text.table_rows({}, SHAPES, representation, "shapes3d")
    assert rows[1]["source"] == "Table 3"
    assert rows[1]["distance"] == pytest.approx(distance, abs=2e-4)


def test_iam_rows_are_those_of_tables_4_and_5():
    probed = paper.published("iam", "shared", "x")
    assert probed == ("Table 4", {"writer": 0.6164, "word": 0.0994})
    nearest = paper.published("iam", "exclusive", "x", neighbours=5)
    assert nearest == ("Table 5", {"writer": 0.1687, "word": 0.1969})
    assert paper.published("iam", "shared", "x", neighbours=3) is None


def test_ideal_is_one_for_what_is_held_and_chance_for_the_rest():
    assert text.ideal_accuracies(DOMAINS["x"], "exclusive") == {
        "digit": 0.1,
        "background_color": 1.0,
    }
    assert probes.chance_level(DIGIT) == 0.1


def test_other_datasets_have_no_paper_row():
    assert paper.published("mine", "shared", "x") is None
    measured = {"Ours": {"digit": 0.9, "background_color": 1 / 12}}
    rows = text.table_rows(measured, DOMAINS["x"], "shared", "mine")
    assert [row["row"] for row in rows] == ["Ideal", "Ours"]
    assert rows[1]["distance"] == pytest.approx(0.1)


def test_text_is_aligned_and_says_chance_and_protocol():
    measured = {"Ours": {"digit": 1.0, "background_color": 0.5}}
    rows = text.table_rows(measured, DOMAINS["x"], "shared", "colored-mnist")
    lines = text.render(rows, "title", DOMAINS["x"], "probe p").splitlines()
    assert lines[:2] == ["title", "probe p"]
    assert "(chance 8.33%)" in lines[3]
    assert "Paper (Table 1)" in lines[5]
    assert lines[6].split() == ["Ours", "100.00%", "50.00%", "0.4167"]
    assert len({len(line) for line in lines[2:]}) == 1


def test_text_of_several_seeds():
    names = ("digit", "background_color")
    by_seed = {
        seed: {
            name: {"accuracy": a, "balanced_accuracy": a / 2, "information": a}
            for name in names
        }
        for seed, a in ((0, 0.2), (1, 0.4))
    }
    ideal = text.ideal_accuracies(DOMAINS["x"], "shared")
    rows = text.table_rows({}, DOMAINS["x"], "shared", "colored-mnist")
    rows.append(text.measured_row("Ours", ideal, by_seed))
    assert rows[-1]["distance"] == pytest.approx(0.7 + 0.3 - 1 / 12)
    lines = text.render(rows, "title", DOMAINS["x"], "probe p").splitlines()
    assert lines[2] == ("mean and deviation (+-) over 2 seeds; balanced accuracy in []")
    cell = ["30.00%", "+-14.14", "[15.00]"]
    assert lines[-1].split()[:7] == ["Ours", *cell, *cell]
    # Accuracies stand below each other, with and without what follows them.
    assert len({line.index("%") for line in lines[5:]}) == 1
    assert len({len(line) for line in lines[3:]}) == 1
