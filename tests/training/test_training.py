"""Training in a run folder: stopping, resuming, what can go wrong on disk."""

import csv
import json

import keras
import numpy as np
import pytest
import tiny

from tfmi import files
from tfmi import pipelines
from tfmi import recipes
from tfmi import runs
from tfmi.errors import DataError
from tfmi.models import networks
from tfmi.models import saving
from tfmi.training import checkpoint
from tfmi.training import loop
from tfmi.training import stages


@pytest.fixture
def data(tmp_path):
    return {"data_dir": str(tiny.write_mnist(tmp_path / "mnist data"))}


@pytest.fixture
def dataset(data):
    return pipelines.find("colored-mnist")(**data)


def start(tmp_path, data, **changes):
    recipe = recipes.find("colored-mnist").replace(**tiny.SETTINGS, **changes)
    return runs.create(recipe, data, tmp_path / "runs")


def never():
    return False


class StopAfter:
    def __init__(self, steps):
        self.left = steps

    def __call__(self):
        self.left -= 1
        return self.left <= 0


def weights(run):
    model = keras.saving.load_model(run.path / "exclusive.keras")
    return [np.asarray(value) for value in model.variables]


def test_run_folder_holds_what_it_should(tmp_path, data, dataset):
    # Codes of a few levels may be the same before and after ten steps.
    run = start(tmp_path, data, exclusive_levels=0)
    assert stages.train(run, dataset, never)
    run = runs.load(run.path)
    assert run.finished
    assert run.config["source"] == dataset.source
    assert run.config["versions"]["keras"] == keras.__version__
    assert run.factors["x"]["exclusive"]["background_color"][0] == "red"
    for stage in ("shared", "exclusive"):
        with open(run.path / stage / "history.csv") as file:
            rows = list(csv.DictReader(file))
        assert [row["epoch"] for row in rows] == ["0", "1"]
        assert {"loss", "global", "local"} <= set(rows[0])
        watched = run.path / stage / "logs" / "watch"
        assert (watched / "projector_config.pbtxt").is_file()
        assert not (run.path / stage / "probes.csv").exists()
    images = run.sample_images("x", 5)
    assert run.represent("shared", "x")(images).shape == (5, 4)
    assert not np.allclose(
        run.represent("exclusive", "y")(images),
        run.represent_untrained("exclusive", "y")(images),
    )
    assert runs.newest(tmp_path / "runs").path == run.path


def test_an_untrained_encoder_tells_images_apart(tmp_path, data, dataset):
    run = start(tmp_path, data, normalize_codes=True, exclusive_levels=3)
    run.save_config(image_shape=list(dataset.image_shape))
    images = np.random.default_rng(0).integers(0, 256, (5, 12, 12, 3), np.uint8)
    for representation in ("shared", "exclusive"):
        vectors = run.represent_untrained(representation, "x")(images)
        # Rounded, they would be zeros alike.
        assert len(np.unique(vectors.round(6), axis=0)) == 5


def test_the_preview_is_there_before_the_first_step(
    tmp_path, data, dataset, monkeypatch
):
    monkeypatch.setattr(stages._Training, "stage", lambda *arguments: None)
    run = start(tmp_path, data)
    assert not stages.train(run, dataset, never)
    assert (run.path / "preview.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken")
    data = {"data_dir": str(tiny.write_mnist(folder / "mnist"))}
    run = start(folder, data, max_shift=0.2)
    stages.train(run, pipelines.find("colored-mnist")(**data), never)
    return run


@pytest.mark.parametrize(
    "steps", [*(pytest.param(n, marks=pytest.mark.long) for n in (3, 13)), 5]
)
def test_stopped_and_resumed_equals_unbroken(
    tmp_path, data, dataset, unbroken, steps, monkeypatch
):
    run = start(tmp_path, data, max_shift=0.2)
    # A step an execution: the unbroken run has had several.
    monkeypatch.setattr(loop, "SECONDS", 0)
    # Nor does it matter that vectors are probed on the way.
    assert not stages.train(run, dataset, StopAfter(steps), probe_every=3)
    assert (run.path / "shared" / "probes.csv").is_file()
    spent = dict(run.config["seconds"])
    assert not run.finished
    assert stages.train(runs.load(run.path), dataset, never)
    seconds = runs.load(run.path).config["seconds"]
    assert set(seconds) == {"shared", "exclusive"}
    assert all(0 < before <= seconds[stage] for stage, before in spent.items())
    assert sum(seconds.values()) > sum(spent.values())
    config = runs.load(run.path).config
    model = keras.saving.load_model(run.path / "exclusive.keras")
    trained = sum(np.size(variable) for variable in model.trainable_variables)
    assert config["parameters"]["exclusive"] == trained
    assert config["peak_memory"]["shared"]["process"] > 1e8
    for resumed, expected in zip(weights(run), weights(unbroken), strict=True):
        np.testing.assert_array_equal(resumed, expected)
    for stage in ("shared", "exclusive"):
        histories = [r.history_file(stage).read_bytes() for r in (run, unbroken)]
        assert histories[0] == histories[1]


def test_pairs_are_moved_each_by_itself(dataset):
    pairs = dataset.pairs(8, 0, 3, 1)
    (still,) = stages.prepared(pairs, 3, 0.0, 0).as_numpy_iterator()
    (moved,) = stages.prepared(pairs, 3, 0.25, 0).as_numpy_iterator()
    assert (still["x"] != moved["x"]).any()
    assert (still["y"] != moved["y"]).any()
    assert (still["x"].min(), still["x"].max()) == (-1, 1)
    # An image in both places is moved to two places.
    twice = pairs.map(lambda pair: {"x": pair["x"], "y": pair["x"]})
    (pair,) = stages.prepared(twice, 3, 0.25, 0).as_numpy_iterator()
    assert (pair["x"] != pair["y"]).any()


@pytest.mark.long
def test_a_run_of_stage_1_alone(tmp_path, data, dataset):
    folder = tmp_path / "alone"
    folder.mkdir()
    recipe = recipes.find("colored-mnist").replace(**tiny.SETTINGS)
    run = runs.begin(folder, recipe, data, stages=("shared",))
    assert stages.train(run, dataset, never)
    run = runs.load(folder)
    assert run.finished
    assert not (folder / "exclusive").exists()
    images = run.sample_images("y", 3)
    assert run.represent("shared", "y")(images).shape == (3, 4)
    with pytest.raises(DataError, match="must have a stage exclusive"):
        run.represent("exclusive", "x")
    # Stage 2 is the same, whether it follows stage 1 or takes it from a file.
    whole = start(tmp_path, data)
    stages.train(whole, dataset, never)
    taken = start(tmp_path, data)
    (taken.path / "shared.keras").write_bytes((folder / "shared.keras").read_bytes())
    assert stages.train(taken, dataset, never)
    for value, expected in zip(weights(taken), weights(whole), strict=True):
        np.testing.assert_allclose(value, expected, atol=1e-6)


def test_runs_are_never_overwritten(tmp_path, data):
    assert start(tmp_path, data).path != start(tmp_path, data).path


def test_unfinished_run_is_not_newest(tmp_path, data):
    start(tmp_path, data)
    with pytest.raises(DataError, match="there must be a finished run"):
        runs.newest(tmp_path / "runs")


def test_unfinished_run_has_no_encoders(tmp_path, data):
    with pytest.raises(DataError, match="the run must be finished"):
        start(tmp_path, data).represent("shared", "x")


def test_batch_larger_than_the_data(tmp_path, data, dataset):
    run = start(tmp_path, data).recipe.replace(batch_size=41)
    with pytest.raises(DataError, match=r"\(40\). Received: 41"):
        stages.check_sizes(run, dataset)


@pytest.mark.parametrize("left", [0, 1000, -100])
def test_damaged_model_is_one_line(tmp_path, left):
    encoder = networks.encoder((12, 12, 1), 2, width=4)
    path = tmp_path / "model.keras"
    encoder.save(path)
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(DataError, match="must be a whole .keras file. Received"):
        saving.load_model(path)
    with pytest.raises(DataError, match="must be a whole .keras file. Received"):
        with saving.whole_file(path):
            encoder.load_weights(path)


def test_full_disk_keeps_the_checkpoint(tmp_path):
    path = tmp_path / "checkpoint"
    path.write_text("old")

    with pytest.raises(DataError, match="No space left"):
        with files.replacing(path) as temporary:
            temporary.write_text("half")
            raise OSError(28, "No space left on device")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_loss_that_is_no_number_is_not_saved(tmp_path):
    path, span = tmp_path / "checkpoint.keras", loop.Span(0, 9, 9)
    every = [checkpoint.FiniteLoss(), checkpoint.Checkpoint(path, span, never, -1)]
    callbacks = keras.callbacks.CallbackList(every)
    with pytest.raises(DataError, match="finite number"):
        callbacks.on_train_batch_end(0, {"loss": float("nan")})
    assert not path.exists()


def test_runs_folder_must_be_writable(tmp_path, data):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(DataError, match="runs folder must be writable"):
        start(tmp_path, data)


def test_a_broken_config_is_no_run(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(DataError, match="a run must be a folder"):
        runs.load(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"recipe": {"name": 3}}))
    with pytest.raises(DataError, match="a run must be a folder"):
        runs.load(tmp_path)
