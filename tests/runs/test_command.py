"""The command of a run, as another person would type it."""

import shlex

from click.testing import CliRunner

from tfmi import recipes
from tfmi.cli import cli
from tfmi.runs import command

RECIPE = recipes.find("colored-mnist").replace(l1_weight=0.25, switched=False)


def test_what_differs_and_no_folder_of_this_machine():
    data = {"data_dir": "/home/anna/my data/mnist/", "digits": "black", "sample": True}
    assert command.train_command(RECIPE, data) == (
        "tfmi train colored-mnist --data-dir mnist --digits black --sample "
        "--no-switched --l1-weight 0.25"
    )


def test_it_is_taken(tmp_path):
    """Up to the data, which is not there."""
    text = command.train_command(RECIPE, {"data_dir": str(tmp_path / "none")})
    result = CliRunner().invoke(cli, shlex.split(text)[1:])
    assert result.exit_code == 1, result.output
    assert "none" in result.output


def test_a_recipe_of_python_has_none():
    assert command.train_command(RECIPE.replace(name="mine"), {}) is None


def test_paths_in_a_text():
    data = {"manifest": "/data/dhsd/words.csv", "folder": "/data/dhsd", "limit": 3}
    text = "4 images of /data/dhsd/words.csv in /data/dhsd"
    assert command.without_folders(text, data) == "4 images of words.csv in dhsd"
