"""Runs beside each other as one page, without a browser."""

import json
import re
import types

import pytest
from click.testing import CliRunner
from made_results import results

from tfmi import recipes
from tfmi.cli import cli
from tfmi.experiments import comparison_page
from tfmi.methods.cross_mi import METHOD

EVERY = {
    "first": results((0.95, 0.08), (0.12, 0.99), baselines=True),
    "second": results((0.90, 0.10), protocols=("paper", "strong")),
}
HISTORY = "epoch,loss,val_loss\n0,{},3\n1,2,1\n"


def run(folder, name, loss, **changes):
    path = folder / name
    path.mkdir()
    (path / "shared.csv").write_text(HISTORY.format(loss))
    config = {"source": "made up", "versions": {"tfmi": "0"}, "seconds": {"shared": 9}}
    return types.SimpleNamespace(
        path=path,
        config=config,
        recipe=recipes.find("colored-mnist").replace(**changes),
        method=METHOD,
        stages=("shared",),
        image_shape=(28, 28, 3),
        samples=types.SimpleNamespace(num_images={"train": 640, "test": 60}),
        history_file=lambda stage: path / f"{stage}.csv",
    )


@pytest.fixture
def written(tmp_path):
    chosen = [run(tmp_path, "first", 9), run(tmp_path, "second", 7, l1_weight=0.25)]
    comparison_page.write(tmp_path / "page.html", chosen, EVERY)
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def charts(page):
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    return json.loads(data[1])["charts"]


def test_scores_of_both_beside_the_baselines(written):
    assert "95.00%" in written and "90.00%" in written
    assert '<tr class="untrained"><th scope="row">Untrained, first</th>' in written
    assert 'id="panel-1"' in written and 'id="panel-2"' not in written
    bars = [c for c in charts(written).values() if "layer" in c]
    assert {v["row"] for v in bars[0]["data"]["values"]} >= {"first", "second"}


def test_a_line_a_run_in_a_chart_a_term(written):
    (curve,) = [c for c in charts(written).values() if "layer" not in c]
    values = {(v["of"], v["epoch"]): v["value"] for v in curve["data"]["values"]}
    assert values[("first", 1)] == 9 and values[("second", 1)] == 7
    colors = curve["encoding"]["color"]["scale"]
    assert colors["domain"] == ["first", "second"] and len(set(colors["range"])) == 2


def test_only_settings_that_differ(written):
    head, _, rest = written.partition("Settings that differ")
    table = rest[: rest.index("</table>")]
    assert re.findall(r'<th scope="row">(.*?)</th>', table) == ["l1_weight"]
    assert "<td>0.25</td>" in table


def test_what_training_took(written):
    assert "ms a step" in written and "180.0" in written


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--compare", "a", "a"], "--compare must have two runs or more. Received: 1"),
        (["a", "b"], "there must be one RUN without --compare. Received: a, b"),
        (["a", "--output", "x.html"], "--output must go with --compare"),
    ],
)
def test_usage(arguments, words):
    done = CliRunner().invoke(cli, ["report", *arguments])
    assert done.exit_code == 2 and words in done.output
