"""Studies: what a file may hold, and the rows that come of it."""

import json
import pathlib

import pytest

from tfmi import recipes
from tfmi.errors import UsageError
from tfmi.experiments import study
from tfmi.experiments import sweep

STUDIES = pathlib.Path(__file__).parents[2] / "docs" / "studies"
COMMITTED = sorted(STUDIES.glob("*.json"))
STUDY = {
    "recipe": "colored-mnist",
    "settings": {"shared_epochs": 1},
    "seeds": [0, 1],
    "shared": {
        "l1_weight": [1, 0],
        "normalize_codes": [False],
        "critic": ["concat"],
    },
    "exclusive": {"exclusive_size": [16]},
}


def read(tmp_path, content=STUDY):
    path = tmp_path / "study.json"
    path.write_text(json.dumps(content))
    read = study.read(path)
    return read, recipes.find(read.recipe).replace(**read.settings)


def knobs_of(tmp_path, content=STUDY):
    read_study, recipe = read(tmp_path, content)
    return read_study.knobs(recipe)


def rows_of(tmp_path, content=STUDY, every_stage=False):
    read_study, recipe = read(tmp_path, content)
    return sweep.variants(read_study.knobs(recipe), recipe, every_stage)


def test_the_recipe_s_own_value_is_a_point_of_every_curve(tmp_path):
    knobs = {knob.setting: knob for knob in knobs_of(tmp_path)}
    assert knobs["l1_weight"].values == (0, 0.1, 1)
    assert knobs["normalize_codes"].values == (False, True)
    assert knobs["critic"].values == ("concat", "dot")
    assert knobs["exclusive_size"].values == (8, 16)
    own = [knob.key(knob.baseline) for knob in knobs.values()]
    assert own == ["baseline"] * 4


def test_rows_differ_from_the_baseline_in_one_setting(tmp_path):
    rows = rows_of(tmp_path)
    assert {row.key: (row.changes, row.scored) for row in rows} == {
        "baseline": ({}, ("shared", "exclusive")),
        "l1-weight-0": ({"l1_weight": 0}, ("shared",)),
        "l1-weight-1": ({"l1_weight": 1}, ("shared",)),
        "normalize-codes-false": ({"normalize_codes": False}, ("shared",)),
        "critic-concat": ({"critic": "concat"}, ("shared",)),
        "exclusive-size-16": ({"exclusive_size": 16}, ("exclusive",)),
    }
    assert rows[0].key == "baseline"


def test_both_stages_and_a_study_of_one(tmp_path):
    first = {**STUDY, "exclusive": {}}
    assert rows_of(tmp_path, first)[0].scored == ("shared",)
    both = rows_of(tmp_path, first, every_stage=True)
    assert {row.scored for row in both} == {("shared", "exclusive")}


def test_what_others_have_in_the_place_of_a_term(tmp_path):
    shared = {"estimator": ["info_nce"], "shared_kl_weight": [0.01]}
    content = {**STUDY, "shared": shared, "exclusive": {"independence": ["club"]}}
    assert [knob.values for knob in knobs_of(tmp_path, content)] == [
        ("jsd", "info_nce"),
        (0, 0.01),
        ("discriminator", "club"),
    ]
    assert {row.scored for row in rows_of(tmp_path, content)[1:]} == {
        ("shared",),
        ("exclusive",),
    }


def test_values_that_are_given_alone_make_no_baseline():
    knob = sweep.Knob("l1_weight", (0.0, 0.1))
    rows = sweep.variants([knob], recipes.find("colored-mnist"))
    assert [row.key for row in rows] == ["l1-weight-0", "l1-weight-0.1"]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"probe": "strong"}, "entries of a study must be .*Received: probe"),
        ({"recipe": None}, "recipe of a study must be .*Received: None"),
        ({"seeds": []}, "seeds of a study must be"),
        ({"seeds": [0.5]}, "seeds of a study must be"),
        ({"shared": []}, "shared must be an object"),
        ({"shared": {}, "exclusive": {}}, "a study must have a knob"),
        ({"shared": {"l1_weight": 1}}, "l1_weight of a study must be a list"),
        ({"shared": {"l1_weight": [-1]}}, "l1_weight must be >= 0"),
        ({"shared": {"l1_weight": [[1]]}}, "l1_weight must be of type float"),
        ({"shared": {"critic": ["concat", 1]}}, "critic must be of type str"),
        ({"shared": {"exclusive_size": [8]}}, "a knob of shared must be"),
        ({"exclusive": {"l1_weight": [0]}}, "a knob of exclusive must be"),
        ({"exclusive": {"gamma": [0]}}, "Received: gamma"),
        ({"shared": {"seed": [1]}}, "Received: seed"),
        ({"shared": {"encoder": ["a.keras"]}}, "Received: encoder"),
    ],
)
def test_bad_studies_say_rule_and_value(tmp_path, change, message):
    with pytest.raises(UsageError, match=message):
        knobs_of(tmp_path, {**STUDY, **change})


def test_a_study_is_a_json_file(tmp_path):
    with pytest.raises(UsageError, match="a study must be a JSON file. Received"):
        study.read(tmp_path / "none.json")


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_committed_studies_can_be_carried_out(path):
    content = study.read(path)
    assert len(content.seeds) >= 3
    recipe = recipes.find(content.recipe).replace(**content.settings)
    rows = sweep.variants(content.knobs(recipe), recipe)
    # Each value is one that the recipe does not have.
    settings = [each for stage in content.values.values() for each in stage.items()]
    assert len(rows) == 1 + sum(len(values) for _, values in settings)
