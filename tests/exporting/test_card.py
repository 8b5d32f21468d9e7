"""What a model card says of a recipe: values beside the paper, and codes."""

import pytest
from click.testing import CliRunner

from tfmi import recipes
from tfmi import runs
from tfmi.cli import cli
from tfmi.exporting import card


def test_a_card_of_the_papers_recipe_says_what_is_not_the_papers():
    settings = recipes.find("colored-mnist-paper").to_dict()
    text = card._recipe(settings)
    assert "| setting | value | beside the paper |" in text
    lines = {line.split(" | ")[0].strip("| "): line for line in text.splitlines()}
    assert "deviation: the paper has 0.0001" in lines["learning_rate"]
    assert "guess:" in lines["l1_reduction"] and "guess:" in lines["feature_map"]
    assert lines["batch_size"].endswith("| 64 |  |")
    assert "guess: that of DCGAN" in lines["beta_1 of the discriminators' Adam"]


def test_other_cards_have_no_such_column():
    text = card._recipe(recipes.find("colored-mnist").to_dict())
    assert "| setting | value |" in text and "beside the paper" not in text


@pytest.mark.parametrize(
    "name, count",
    [("colored-mnist", 2), ("iam-cross-mi", 1), ("iam", 0), ("sentinel2", 0)],
)
def test_a_card_says_which_representations_are_codes(name, count):
    lines = card._levels(recipes.find(name).to_dict(), ("shared", "exclusive"))
    assert len(lines) == count
    assert all("one of 3 values from -1 to 1" in line for line in lines)


def test_info_says_what_is_not_the_papers(tmp_path):
    runs.begin(tmp_path, recipes.find("iam-paper"), {})
    result = CliRunner().invoke(cli, ["info", str(tmp_path)])
    assert result.exit_code == 0, result.output
    lines = {line.split()[0]: line for line in result.output.splitlines() if line}
    assert "(deviation: the paper has 0.0001" in lines["learning_rate"]
    assert lines["l1_weight"].split() == ["l1_weight", "0.1"]
    assert "hidden units of the probe: 16 and 16" in result.output
