"""Figure 5 from results."""

import csv
import json

import matplotlib.figure
import matplotlib.image
import pytest
from made_results import results

from tfmi.evaluation import sensitivity

OUTCOME = {
    0.05: {0: results(exclusive=(0.11, 0.95), baselines=True)},
    0.0: {
        0: results(exclusive=(0.60, 1.0)),
        1: results(exclusive=(0.70, 1.0)),
    },
}


def curves():
    (found,) = sensitivity.sensitivity_curves("adversarial_weight", OUTCOME)
    return found


def test_points_are_ordered_means_over_seeds():
    found = curves()
    assert [point["value"] for point in found["points"]] == [0.0, 0.05]
    assert found["points"][0]["accuracies"]["digit"] == pytest.approx(0.65)
    assert found["points"][1]["deviations"]["digit"] is None
    assert found["ideal"] == {"digit": 0.1, "background_color": 1.0}
    assert found["baselines"]["Majority class"]["accuracies"]["digit"] == 0.11


def test_text_has_a_line_a_value():
    lines = sensitivity.render(curves()).splitlines()
    starts = [line.split()[0] for line in lines[2:]]
    assert starts == [
        "adversarial_weight",
        "Ideal",
        "0",
        "0.05",
        *"Untrained Majority".split(),
    ]
    assert "65.00 +- 7.07%" in lines[4]


def test_files(tmp_path):
    sensitivity.write(tmp_path, [curves()])
    assert json.loads((tmp_path / "sweep.json").read_text())[0]["points"]
    with open(tmp_path / "sweep.csv", newline="") as file:
        records = list(csv.DictReader(file))
    assert {(r["value"], r["seed"]) for r in records} == {
        ("0.0", "0"),
        ("0.0", "1"),
        ("0.05", "0"),
    }
    assert matplotlib.image.imread(tmp_path / "sweep_paper.png").std() > 0


def test_solid_lines_are_measured_and_dotted_ones_ideal():
    axes = matplotlib.figure.Figure().subplots()
    sensitivity._panel(axes, curves())
    solid = [line for line in axes.lines if line.get_linestyle() == "-"]
    dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
    heights = sorted(list(line.get_ydata()) for line in solid)
    assert heights == [pytest.approx([65, 11]), pytest.approx([100, 95])]
    assert sorted(line.get_ydata()[0] for line in dotted) == [10, 100]
    assert axes.get_xscale() == "linear"


def test_values_of_several_decades_are_spread():
    axes = matplotlib.figure.Figure().subplots()
    sensitivity._scale(axes, [0, 0.01, 1])
    assert axes.get_xscale() == "symlog"
