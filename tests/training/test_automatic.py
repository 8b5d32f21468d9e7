"""Automatic epochs where they cannot be: a recipe's own give way, and say so."""

import own_images
import pytest
import tiny
from click.testing import CliRunner

from tfmi import api
from tfmi import pipelines
from tfmi import recipes
from tfmi import runs
from tfmi.cli import cli
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.training import automatic

pytestmark = pytest.mark.any_versions
BUDGETS = {"shared_epochs": 80, "exclusive_epochs": 30}
OWN = ("iam", "pairs", "pairs-cross-mi", "sentinel2")


@pytest.mark.parametrize("name", OWN)
def test_they_are_the_default_where_nobody_knows_how_many(name):
    stages = automatic.automatic_stages(recipes.find(name))
    assert stages == ["shared", "exclusive"]


@pytest.mark.parametrize(
    "data, replicas, reason",
    [
        ({}, True, "--strategy must go with numbers of epochs"),
        ({"validation_fraction": 0.0}, False, "must have a --validation-fraction"),
    ],
)
def test_budgets_take_their_place(data, replicas, reason, capfd):
    recipe = recipes.find("pairs")
    settings = {"encoder_width": 4}
    settled = automatic.settled(recipe, settings, data, replicas)
    assert settled == ({**settings, **BUDGETS}, data)
    said = capfd.readouterr().err
    assert "80 of shared, 30 of exclusive" in said
    assert reason in said


def test_numbers_need_nothing_held_out(capfd):
    settings = {"shared_epochs": 2, "exclusive_epochs": 3}
    settled = automatic.settled(recipes.find("pairs"), settings, {}, replicas=True)
    assert settled == (settings, {})
    assert not capfd.readouterr().err


def test_held_out_by_default():
    settled = automatic.settled(recipes.find("pairs"), {}, {"folder": "f"})
    assert settled == ({}, {"folder": "f", pipelines.HOLD_OUT: pipelines.HELD_OUT})


def test_of_those_asked_for_none_gives_way():
    settings = {"exclusive_epochs": "auto:3"}
    with pytest.raises(UsageError, match="go with numbers"):
        automatic.settled(recipes.find("pairs"), settings, {}, replicas=True)


@pytest.fixture
def data(tmp_path):
    """Of five images a writer, of which a tenth has no partner."""
    folder = tmp_path / "few"
    for writer in range(3):
        (folder / f"w{writer}").mkdir(parents=True)
        for image in range(5):
            path = folder / f"w{writer}" / f"{image}.png"
            own_images.picture(writer, image, image).save(path)
    return {"folder": str(folder)}


def test_of_few_images_all_are_trained_on(data, capfd):
    settings = {**tiny.SETTINGS, **dict.fromkeys(BUDGETS, "auto:3"), "batch_size": 6}
    with pytest.raises(DataError, match="held-out images of one group"):
        api.open_chosen("pairs", settings, data)
    for name in BUDGETS:
        del settings[name]
    recipe, dataset, options = api.open_chosen("pairs", settings, data)
    assert {name: getattr(recipe, name) for name in BUDGETS} == BUDGETS
    assert options == data
    assert dataset.num_images("train") == 12
    assert "80 of shared, 30 of exclusive, as automatic epochs must have held-out" in (
        capfd.readouterr().err
    )


def test_a_batch_that_only_all_images_fill(tmp_path, capfd):
    manifest = own_images.write_manifest(tmp_path)
    data = {"manifest": str(manifest), "share": "writer", "evaluate": "writer"}
    whole = pipelines.open_dataset("pairs", data).num_images("train")
    settings = {**tiny.SETTINGS, "batch_size": whole}
    for name in BUDGETS:
        del settings[name]
    recipe, dataset, options = api.open_chosen("pairs", settings, data)
    assert (dataset.num_images("train"), options) == (whole, data)
    assert recipe.shared_epochs == 80
    assert "batch_size must be at most" in capfd.readouterr().err
    with pytest.raises(DataError, match="batch_size must be at most"):
        api.open_chosen("pairs", {**settings, "batch_size": whole + 1}, data)
    assert "epochs" not in capfd.readouterr().err


def test_a_run_of_automatic_epochs_is_not_resumed_by_replicas(tmp_path, monkeypatch):
    def heavy():
        raise AssertionError("TensorFlow is loaded")

    monkeypatch.setattr("tfmi.training.hardware.prepare", heavy)
    run = runs.create(recipes.find("pairs"), {"folder": "f"}, str(tmp_path))
    command = ["train", "--resume", str(run.path), "--strategy", "mirrored"]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 2, result.output
    assert "--strategy must go with numbers of epochs" in result.output
