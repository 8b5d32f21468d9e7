"""Figure 5 and curves of several settings, from results."""

import csv
import json

import matplotlib.figure
import matplotlib.image
import pytest
from made_results import results

from tfmi.evaluation.figures import knob_panels
from tfmi.experiments import sensitivity
from tfmi.experiments.sweep import Knob
from tfmi.experiments.variants import Outcome
from tfmi.experiments.variants import Variant
from tfmi.methods.cross_mi import METHOD

WEIGHT = Knob("adversarial_weight", (0.0, 0.05, 1.0), 1.0)
CRITIC = Knob("critic", ("concat", "dot"), "dot")


def outcome(key, seed, seconds=None, information=None, **accuracies):
    scores = results(**accuracies, protocols=("paper", "strong"))
    variant = Variant(key, key, {}, tuple(accuracies))
    return Outcome(variant, seed, scores, information or {}, seconds or {})


BASELINE = [
    outcome(
        "baseline",
        seed,
        {"shared": 9.0, "exclusive": 50.0 + seed},
        shared=shared,
        exclusive=exclusive,
    )
    for seed, shared, exclusive in (
        (0, (0.96, 0.10), (0.60, 1.0)),
        (1, (0.96, 0.12), (0.70, 1.0)),
    )
]
NO_ADVERSARY = outcome(
    "adversarial-weight-0", 0, None, {"x": 0.25}, exclusive=(0.20, 0.95)
)
CONCAT = outcome("critic-concat", 0, {"shared": 30.0}, shared=(0.90, 0.30))
OUTCOMES = [*BASELINE, NO_ADVERSARY, CONCAT]


@pytest.fixture
def tables():
    return sensitivity.sensitivity_tables([CRITIC, WEIGHT], OUTCOMES, METHOD)


def test_a_table_a_representation_has_the_curves_that_it_is_judged_by(tables):
    assert [table["representation"] for table in tables] == ["shared", "exclusive"]
    settings = [[curve["setting"] for curve in table["curves"]] for table in tables]
    assert settings == [["critic"], ["adversarial_weight"]]
    assert tables[1]["ideal"] == {"digit": 0.1, "background_color": 1.0}


def test_points_are_means_over_seeds_and_what_is_not_there_is_left_out(tables):
    (curve,) = tables[1]["curves"]
    assert [point["value"] for point in curve["points"]] == [0.0, 1.0]
    first, baseline = (point["scores"]["strong"] for point in curve["points"])
    assert baseline["accuracies"]["digit"] == pytest.approx(0.65)
    assert first["deviations"]["digit"] is None
    assert curve["points"][1]["seconds"] == {"0": 50.0, "1": 51.0}
    assert curve["points"][0]["seconds"] == {}


def test_markdown_has_a_line_a_variant(tables):
    lines = [line.split("|") for line in sensitivity.render(tables[1]).splitlines()[2:]]
    names = [line[1].strip() for line in lines]
    assert names[2:] == ["ideal", "baseline", "adversarial_weight 0"]
    cells = dict(zip(map(str.strip, lines[0]), map(str.strip, lines[3]), strict=True))
    assert cells["digit, strong"] == "65.00 ± 7.07%"
    assert cells["background_color, paper"] == "100.00 ± 0.00%"
    assert (cells["seconds"], cells["seeds"]) == ("50", "2")
    assert {len(line) for line in lines} == {len(lines[0])}
    assert [line[-3].strip() for line in lines[2:]] == ["", "50", ""]
    assert [line[-4].strip() for line in lines[2:]] == ["0.0000", "", "0.2500"]
    assert "S and E, bits" in sensitivity.render(tables[1])
    assert "bits" not in sensitivity.render(tables[0])


def test_a_sweep_has_no_baseline():
    knob = Knob("adversarial_weight", (0.0,))
    (table,) = sensitivity.sensitivity_tables([knob], [NO_ADVERSARY], METHOD)
    text = sensitivity.render(table)
    assert "adversarial_weight 0" in text and "baseline" not in text


def test_files(tmp_path):
    texts = sensitivity.write(tmp_path, "study", [CRITIC, WEIGHT], OUTCOMES, METHOD)
    assert "Probe `strong`: large." in texts[-1]
    assert texts[0] in (tmp_path / "study.md").read_text()
    assert json.loads((tmp_path / "study.json").read_text())[0]["curves"]
    with open(tmp_path / "study.csv", newline="") as file:
        records = list(csv.DictReader(file))
    found = {
        tuple(r[k] for k in "setting value variant seed seconds information".split())
        for r in records
    }
    assert found == {
        ("critic", "dot", "baseline", "0", "9.0", ""),
        ("critic", "dot", "baseline", "1", "9.0", ""),
        ("critic", "concat", "critic-concat", "0", "30.0", ""),
        ("adversarial_weight", "1.0", "baseline", "0", "50.0", ""),
        ("adversarial_weight", "1.0", "baseline", "1", "51.0", ""),
        ("adversarial_weight", "0.0", "adversarial-weight-0", "0", "", "0.25"),
    }
    for name in ("shared", "exclusive"):
        assert matplotlib.image.imread(tmp_path / f"study_{name}.png").std() > 0


def test_only_the_baseline_is_there_yet(tmp_path):
    texts = sensitivity.write(tmp_path, "study", [CRITIC], BASELINE, METHOD)
    assert "| baseline " in texts[0]
    assert not list(tmp_path.glob("*.png"))


def test_panel_has_a_line_a_factor_and_protocol_chance_and_the_baseline(tables):
    levels = knob_panels._levels([tables[1]])
    assert [[line[1] for line in lines] for lines in levels.values()] == [
        ["background_color"] * 2,
        ["digit"] * 2,
    ]
    axes = matplotlib.figure.Figure().subplots()
    knob_panels._panel(axes, "adversarial_weight", levels["leaked"])
    drawn = {
        container.get_label(): (list(line.get_ydata()), line.get_linestyle())
        for container in axes.containers
        for line in [container.lines[0]]
    }
    assert drawn == {
        "digit of x, strong": (pytest.approx([20, 65]), "-"),
        "digit of x, paper": (pytest.approx([20, 65]), "--"),
    }
    dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert {line.get_ydata()[0] for line in dotted} == {10}
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "1"]
    (band,) = axes.patches
    assert band.get_x() < 1 < band.get_x() + band.get_width()
