"""Charts that Vega-Lite compiles, of the curves and scores that they are to show."""

import made_method
import pytest
import report_content as content
import vl_convert

from tfmi.evaluation.report import curves
from tfmi.evaluation.report import scores
from tfmi.evaluation.report import vega_charts

pytestmark = pytest.mark.any_versions


def test_histories_are_read_as_they_are(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,l1,loss,val_loss\n0,2.5,9.0,NA\n1,nan,7.5,NA\n")
    assert curves.read_history(path) == {
        "l1": [(1, 2.5)],
        "loss": [(1, 9.0), (2, 7.5)],
    }
    assert curves.read_history(tmp_path / "none.csv") == {}


def test_a_curve_for_each_term_the_loss_first(tmp_path):
    stage, other = curves.training_curves(content.run(tmp_path))
    assert stage["title"] == "Stage 1: the shared representation"
    assert [term["name"] for term in other["terms"]] == ["loss", "discriminator"]
    assert [term["name"] for term in stage["terms"]] == ["loss", "l1"]
    loss = stage["terms"][0]
    assert loss["about"].startswith("The stage's loss")
    assert loss["last"] == 6.5
    values = loss["chart"]["data"]["values"]
    assert {value["of"] for value in values} == {"training", "validation"}
    assert {"epoch": 2, "value": 8.0, "of": "validation"} in values


def test_terms_of_other_methods_are_drawn_too():
    stage, terms = made_method.METHOD.stages[1], made_method.METHOD.terms
    drawn = curves.stage_curves(stage, terms, {"new": [(1, 0.0)]})
    assert drawn["title"] == "Stage 2: the code"
    (term,) = drawn["terms"]
    assert term["about"] == ""
    low, high = term["chart"]["encoding"]["y"]["scale"]["domain"]
    assert low < 0 < high


@pytest.mark.parametrize("count", [1, 2, 6, 7, 500])
def test_few_epochs_are_marked(count):
    points = [(epoch, 1.0) for epoch in range(1, count + 1)]
    marked = vega_charts.curve("loss", {"training": points})["encoding"]["x"]["axis"]
    assert 1 <= len(marked["values"]) <= 6
    assert set(marked["values"]) <= {epoch for epoch, _ in points}


def _bars():
    return scores.panels(content.RESULTS)[0]["tables"][0]["chart"]


@pytest.mark.parametrize(
    "spec",
    [
        _bars(),
        vega_charts.point_map(),
        vega_charts.curve("loss", {"training": [(1, 9.0), (2, 7.0)]}),
        vega_charts.curve("loss", {"training": [(1, 4.0)], "validation": []}),
    ],
    ids=["bars", "map", "curve", "one epoch"],
)
def test_vega_lite_compiles_it(spec, capfd):
    assert vl_convert.vegalite_to_vega(spec)["marks"]
    assert "WARN" not in capfd.readouterr().err
