"""Tiny models and runs of any method, and what each method has to do."""

import fake_run
import keras
import numpy as np
import tensorflow as tf
import tiny
from click.testing import CliRunner

from tfmi import methods
from tfmi import pipelines
from tfmi import recipes
from tfmi import runs
from tfmi.cli import cli
from tfmi.cli import export
from tfmi.evaluation.measure.metrics import jsd
from tfmi.training import loop
from tfmi.training import stages

SHAPE = (12, 12, 3)


def pair(batch=8, shape=SHAPE, seed=0):
    """Random images in [-1, 1], whatever was drawn before."""
    generator = np.random.default_rng(seed)
    return {
        domain: tf.constant(generator.uniform(-1, 1, (batch, *shape)), tf.float32)
        for domain in "xy"
    }


def build(name, stage="training", before=None, shape=SHAPE, options=None, **settings):
    """The compiled model of a stage of the recipe of that name."""
    recipe = recipes.find(name).replace(**settings)
    method = methods.find(recipe.method)
    return method.build(stage, recipe, shape, before=before, **(options or {}))


def losses_of(model, data, steps=8):
    """The loss of each of some steps on one batch."""
    losses = []
    for _ in range(steps):
        model.reset_metrics()
        losses.append(float(model.train_step(data)["loss"]))
    return losses


def terms_of(model, data):
    """Terms without training, as floats."""
    model.reset_metrics()
    return {name: float(value) for name, value in model.test_step(data).items()}


def equal_after_reload(model, data, path):
    """Whether a model in a file trains on as the model itself does."""
    model.train_step(data)
    model.save(path)
    loaded = keras.saving.load_model(path)
    for _ in range(2):
        loaded.train_step(data)
        model.train_step(data)
    return all(
        (np.asarray(a) == np.asarray(b)).all()
        for a, b in zip(loaded.variables, model.variables, strict=True)
    )


def train(folder, name, stop=None, precision="float32", **settings):
    """A run of a recipe on the tiny MNIST, or on from where it is stopped."""
    data = {"data_dir": str(tiny.write_mnist(folder / "mnist"))}
    recipe = recipes.find(name).replace(**settings)
    run = runs.create(recipe, data, folder / "runs")
    run.save_config(precision=precision, jit=False)
    stages.train(run, pipelines.find(recipe.pipeline)(**data), stop or (lambda: False))
    return run


def resumed_is_unbroken(folder, monkeypatch, name, steps=3, **settings):
    """Whether a run that was stopped after some steps ends with the very weights of
    one that was not."""
    unbroken = train(folder / "unbroken", name, **settings)
    monkeypatch.setattr(loop, "SECONDS", 0)
    left = [steps]

    def stop():
        left[0] -= 1
        return left[0] <= 0

    run = train(folder / "stopped", name, stop, **settings)
    assert not run.finished
    run = runs.load(run.path)
    assert stages.train(run, run.open_dataset(), lambda: False)
    for stage in run.stages:
        models = [each.trained_model(stage) for each in (run, unbroken)]
        for a, b in zip(*(model.variables for model in models), strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b), a.path)
    return True


MNIST = ("--data-dir", "mnist")


def every_command(folder, monkeypatch, dataset, method, settings, data=MNIST):
    """Takes a method through every command; returns the run.

    Args:
        data: options of the dataset; the tiny MNIST lies in `folder / "mnist"`.
    """
    monkeypatch.chdir(folder)
    tiny.write_mnist(folder / "mnist")
    # What takes longest and is no method's own: estimates of what two vectors have in
    # common, probes of int8, and an export a representation beside that of all.
    monkeypatch.setattr(jsd, "jsd_information", lambda *vectors, seed: 0.0)
    monkeypatch.setattr(export, "_probe", lambda run: None)
    if len(methods.find(method).representations()) > 1:
        fake_run.combined_only(monkeypatch)

    def call(*args):
        result = CliRunner().invoke(cli, [str(arg) for arg in args])
        if result.exit_code and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, (args, result.output)
        return result.output

    options = [
        part
        for name, value in settings.items()
        for part in ("--" + name.replace("_", "-"), value)
    ]
    chosen = ["train", dataset, "--method", method]
    call(*chosen, *data, *options, "--probe-every", 4)
    (path,) = (folder / "runs").iterdir()
    run = runs.load(path)
    assert "distance" in call("evaluate", path, "--protocol", "paper")
    call("info", path)
    call("retrieve", path)
    call("export", path, "--quantize", "int8")
    call("report", path)
    assert methods.find(method).stages[0].title in run.report_file.read_text()
    assert path.name in call("compare", path)
    call("verify", f"exported/{run.recipe.name}")
    pictures = folder / "pictures"
    pictures.mkdir()
    for number in range(3):
        keras.utils.save_img(
            pictures / f"{number}.png", np.full((12, 12, 3), 80 * number, np.uint8)
        )
    for source in (path, f"exported/{run.recipe.name}"):
        call("embed", source, "pictures", "--output", "vectors.npz")
    with np.load("vectors.npz") as vectors:
        assert {r.name for r in run.representations} <= set(vectors.files)
    return run
