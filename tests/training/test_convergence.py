"""Stages whose number of epochs follows the losses on held-out pairs."""

import csv
import math

import numpy as np
import pytest
import tiny
import tiny_methods
import tiny_models
from click.testing import CliRunner

from tfmi import methods
from tfmi import pipelines
from tfmi import recipes
from tfmi import runs
from tfmi.cli import cli
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.training import automatic
from tfmi.training import convergence
from tfmi.training import held_out
from tfmi.training import loop
from tfmi.training import stages
from tfmi.training.convergence import Schedule
from tfmi.training.convergence import change_and_limit

pytestmark = pytest.mark.any_versions

STEPS = [50 * n for n in range(1, 81)]
SCHEDULE = Schedule(budget=4000, per_epoch=40, decays=False)


def looks(curve, **others):
    """The looks of a loss, a function of the step, and of other terms."""
    curves = {"loss": curve, **others}
    return [(step, {name: c(step) for name, c in curves.items()}) for step in STEPS]


def settling(step):
    """Falls from 4 to 3 and is flat from about step 1,000 on."""
    return 3 + math.exp(-step / 200)


def test_the_change_of_a_line_is_its_fall_and_its_error_that_of_its_points():
    values = [10.0, 9.0, 8.0, 7.0, 6.0]
    assert change_and_limit([0, 1, 2, 3, 4], values, 1) == pytest.approx((-3, 0.04))
    # By hand: the slope is 0, the residuals -1/2, 1/2, 1/2, -1/2 leave a variance of
    # 1/2 at 2 degrees of freedom, and sum((x - 1.5)^2) is 5.
    change, limit = change_and_limit([0, 1, 2, 3], [0, 1, 1, 0], 0)
    assert change == pytest.approx(0)
    assert limit == pytest.approx(2 * math.sqrt(0.5 / 5) * 3)


def test_a_loss_that_settles_ends_the_stage_soon_after():
    ending = SCHEDULE.ending(looks(settling))
    assert 1000 <= ending.falls_from <= 1500
    assert ending.step == math.ceil(ending.falls_from / 40) * 40
    assert ending.reason.startswith("its losses on held-out pairs were flat at step 1,")
    # What comes later changes nothing.
    assert SCHEDULE.ending(looks(settling)[:40]) == ending


@pytest.mark.parametrize(
    "curve", [lambda step: -math.log(step), lambda step: 4 - step / 4000]
)
def test_a_loss_that_falls_on_uses_its_budget(curve):
    ending = SCHEDULE.ending(looks(curve))
    assert (ending.step, ending.falls_from) == (4000, 4000)
    assert ending.reason == "its budget of 100 epochs was used"


def test_a_loss_that_rises_on_held_out_pairs_is_enough():
    ending = SCHEDULE.ending(looks(lambda step: settling(step) + step / 1000))
    assert ending.step < 1500


def test_noise_hides_a_fall_that_is_smaller_and_none_that_is_larger():
    noise = dict(zip(STEPS, np.random.default_rng(0).normal(0, 0.05, 80), strict=True))
    falling = looks(lambda step: 4 - step / 400 + noise[step])
    assert SCHEDULE.ending(falling).step == 4000
    assert SCHEDULE.ending(looks(lambda s: settling(s) + noise[s])).step < 2000


def test_both_players_of_a_game_must_stand_still():
    game = Schedule(4000, 40, decays=False, is_game=True)
    still = looks(settling, discriminator=lambda step: 2.7)
    assert game.ending(still).step < 1700
    # The first player's loss rises while the discriminator learns.
    rising = looks(lambda step: step / 1000, discriminator=lambda step: 2.7)
    moving = looks(settling, discriminator=lambda step: 2.7 - step / 4000)
    assert {game.ending(each).step for each in (rising, moving)} == {4000}


def test_steps_in_which_the_objective_changes_say_nothing():
    warming = Schedule(4000, 40, decays=False, changing=2000)
    assert warming.ending(looks(settling)).falls_from == 2000 + 50 * 7


def test_the_learning_rate_falls_after_it_is_flat_and_within_the_budget():
    schedule = Schedule(4000, 40, decays=True)
    ending = schedule.ending(looks(settling))
    assert ending.step == math.ceil(1.25 * ending.falls_from / 40) * 40
    middle = (ending.falls_from + ending.step) / 2
    places = (0, ending.falls_from, middle, ending.step)
    rates = [schedule.rate(place, ending) for place in places]
    assert rates == pytest.approx([1, 1, 0.5, 0])
    ending = schedule.ending(looks(lambda step: -step))
    assert (ending.falls_from, ending.step) == (3200, 4000)


@pytest.mark.parametrize("epochs", ["often", "auto:0", "auto:", "auto:1.5", "auto: 3"])
def test_epochs_are_a_number_or_automatic(epochs):
    with pytest.raises(UsageError, match=f"number, auto or auto:N. Received: {epochs}"):
        recipes.find("pairs").replace(shared_epochs=epochs)


def test_a_budget_is_the_number_of_epochs():
    recipe = recipes.find("pairs").replace(shared_epochs="auto:30")
    assert (recipe.epochs("shared"), recipe.is_auto("shared")) == (30, True)
    assert recipe.replace(shared_epochs="auto").epochs("shared") == 200
    assert automatic.automatic_stages(recipe) == ["shared", "exclusive"]
    assert recipes.from_dict(recipe.to_dict()) == recipe


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("pairs --shared-epochs auto", "--validation-fraction 0", "Received: 0.0"),
        (
            "sentinel2 --shared-epochs auto:5",
            "--validation-fraction 0",
            "Received: 0.0",
        ),
        ("pairs --shared-epochs auto", "--strategy mirrored", "go with numbers"),
        ("pairs --shared-epochs autos", "", "Received: autos"),
        ("pairs --shared-epochs x", "", "'x' is not a valid integer"),
        ("pairs-cross-domain --training-epochs auto", "", "not a valid integer"),
    ],
)
def test_what_cannot_be_automatic_is_told_at_once(
    name, options, message, tmp_path, monkeypatch
):
    def heavy():
        raise AssertionError("TensorFlow is loaded")

    monkeypatch.setattr("tfmi.training.hardware.prepare", heavy)
    command = ["train", *name.split(), *options.split()]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 2, result.output
    assert message in result.output


def test_a_dataset_that_holds_out_none_has_no_automatic_epochs(monkeypatch):
    monkeypatch.setattr(pipelines, "holding_out", lambda name: {})
    recipe = recipes.find("pairs")
    with pytest.raises(UsageError, match="Received: pairs, which holds out none"):
        automatic.settled(recipe, {"shared_epochs": "auto"}, {})


def test_held_out_images_must_have_partners(tmp_path):
    recipe = recipes.find("colored-mnist").replace(shared_epochs="auto")
    dataset = pipelines.find("colored-mnist")(data_dir=str(tiny.write_mnist(tmp_path)))
    with pytest.raises(UsageError, match="a validation split of the dataset. Received"):
        automatic.check_held_out(recipe, dataset)
    dataset.splits = ("train", "test", "validation")
    # One image held out of each group has no partner.
    dataset.num_images = lambda split: 0
    with pytest.raises(DataError, match="held-out images of one group.*Received: 0"):
        automatic.check_held_out(recipe, dataset)


@pytest.mark.parametrize("stage", ["shared", "exclusive"])
def test_a_look_leaves_the_model_as_it_was(stage):
    model, data = getattr(tiny_models, f"{stage}_model")(), tiny_models.pair()
    model.train_step(data)
    variables = [*model.variables, *model.metrics_variables]
    before = tiny_models.values(variables)
    with held_out.state_kept(model):
        first = float(model.held_out_step(data)["loss"])
    assert tiny_models.equal(before, tiny_models.values(variables))
    if stage == "exclusive":
        with held_out.state_kept(model):
            assert np.isfinite(tuple(model.local_terms(data))).all()
        assert tiny_models.equal(before, tiny_models.values(variables))
    model.reset_metrics()
    # By the batch's own statistics, which the moving averages are far from.
    assert first != pytest.approx(float(model.test_step(data)["loss"]), abs=1e-4)


AUTO = {**tiny.SETTINGS, "shared_epochs": "auto:9", "exclusive_epochs": "auto:6"}


@pytest.fixture
def often(monkeypatch):
    """Looks that are near enough to each other for a training of some steps."""
    monkeypatch.setattr(convergence, "EVERY", 3)
    monkeypatch.setattr(convergence, "LOOKS", 3)
    # A stage of random strokes is to end before its budget.
    monkeypatch.setattr(convergence, "ERRORS", 1e6)


def stop_after(steps):
    left = [steps]

    def stop():
        left[0] -= 1
        return left[0] <= 0

    return stop


def train(folder, stop, names):
    data = str(tiny.write_mnist(folder / "mnist", train=80))
    options = {"data_dir": data, "validation_fraction": 0.3}
    recipe = recipes.find("colored-mnist").replace(**AUTO)
    run = runs.begin(folder, recipe, options, names)
    stages.train(run, run.open_dataset(), stop)
    return run


def go_on(run, stop):
    run = runs.load(run.path)
    stages.train(run, run.open_dataset(), stop)
    return run


def assert_same(run, other):
    assert run.finished
    assert run.config["ended"] == other.config["ended"]
    for stage in run.stages:
        models = [each.trained_model(stage) for each in (run, other)]
        for a, b in zip(*(model.variables for model in models), strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b), a.path)
        files = [each.path / stage / "held_out.csv" for each in (run, other)]
        assert files[0].read_text() == files[1].read_text()


def test_an_automatic_stage_ends_early_says_why_and_is_the_same_when_resumed(
    tmp_path, often, monkeypatch, capfd
):
    whole = train(tmp_path / "whole", lambda: False, ["shared"])
    said = capfd.readouterr().err
    assert "shared stage: its losses on held-out pairs were flat at step" in said
    ended = runs.load(whole.path).config["ended"]["shared"]
    assert ended["epochs"] < 9
    assert "were flat at step" in ended["reason"]
    assert runs.trained_epochs(whole, "shared") == ended["epochs"]
    with open(whole.path / "shared" / "history.csv") as file:
        assert len(list(csv.DictReader(file))) == ended["epochs"]
    with open(whole.path / "shared" / "held_out.csv") as file:
        assert next(csv.reader(file)) == ["step", "loss"]
    monkeypatch.setattr(loop, "SECONDS", 0)
    run = train(tmp_path / "stopped", stop_after(16), ["shared"])
    assert not run.finished
    assert_same(go_on(run, lambda: False), whole)


@pytest.mark.long
def test_both_automatic_stages_are_the_same_wherever_they_are_stopped(
    tmp_path, often, monkeypatch
):
    whole = train(tmp_path / "whole", lambda: False, ["shared", "exclusive"])
    monkeypatch.setattr(loop, "SECONDS", 0)
    run = train(tmp_path / "stopped", stop_after(4), ["shared", "exclusive"])
    for steps in (5, 13, 16, 10**6):
        assert not run.finished
        run = go_on(run, stop_after(steps))
    assert_same(run, whole)
    with open(run.path / "exclusive" / "held_out.csv") as file:
        assert next(csv.reader(file)) == ["step", "loss", "discriminator"]


@pytest.mark.parametrize("method", ["deep-infomax", "vae", "iiae", "disentangled-ssl"])
def test_every_method_but_one_has_it(method):
    name = f"colored-mnist-{method}"
    recipe = recipes.find(name)
    assert [f.name for f in recipe.settings() if f.metadata["auto"]] == [
        f"{stage.name}_epochs" for stage in methods.find(method).stages
    ]
    model = tiny_methods.build(
        name, methods.find(method).stages[0].name, encoder_width=4
    )
    assert "loss" in model.held_out_step(tiny_methods.pair())
