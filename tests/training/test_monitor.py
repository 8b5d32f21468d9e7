"""Scalars, the online probe and the projector, on a made-up encoder."""

import csv
import types

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin

from tfmi.evaluation.measure.online_probe import online_scores
from tfmi.methods.cross_mi import METHOD
from tfmi.pipelines.base import NOT_SCORED
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.training import monitor
from tfmi.training import projector
from tfmi.training.callbacks import StepScalars
from tfmi.training.loop import Span

SIDE = Factor("side", ("left", "right"))
SHADE = Factor("shade", ("dark", "light"))


class Halves:
    """Images whose left or right half is lit, of two shades."""

    domains = (Domain("x", "halves", (SIDE,), (SHADE,)),)

    def labelled(self, domain, split, batch_size, seed=0):
        generator = np.random.default_rng(len(split))
        count = {"train": 400, "test": 90}[split]
        side, shade = generator.integers(2, size=(2, count))
        images = np.zeros((count, 4, 4, 1), np.uint8)
        for image, right, light in zip(images, side, shade, strict=True):
            image[:, 2 * right : 2 * right + 2] = 100 + 100 * light
        labels = {"side": side, "shade": shade}
        return tf.data.Dataset.from_tensor_slices((images, labels)).batch(batch_size)


class Bar:
    def __init__(self):
        self.lines, self.paused = [], 0.0

    def say(self, line):
        self.lines.append(line)

    def pause(self, seconds):
        self.paused += seconds


def left_and_right(images, training):
    assert not training
    return {"vector": tf.reduce_mean(images, axis=(1, 3))}


def nothing(images, training):
    return {"vector": tf.ones((len(images), 3))}


def watch(folder, encoder, every, logs, first=0):
    """The lines of a stage of 12 steps, two an execution."""
    folder.mkdir(exist_ok=True)
    bar = Bar()
    (stage,) = [stage for stage in METHOD.stages if stage.name == folder.name]
    span = Span(first, total=12, per_epoch=6)
    watched = monitor.TrainingMonitor(stage, folder, Halves(), span, every, bar)
    watched.set_model(types.SimpleNamespace(encoder=lambda name, domain: encoder))
    watched.on_train_begin()
    for epoch in range(first // 6, 2):
        watched.on_epoch_begin(epoch)
        for batch in (1, 3, 5):
            watched.on_train_batch_end(batch, logs)
        watched.on_epoch_end(epoch, logs)
    watched.on_train_end()
    assert watched.seconds == pytest.approx(bar.paused)
    assert watched.seconds > 0
    return bar.lines


def records(folder):
    with open(folder / "probes.csv", newline="") as file:
        return list(csv.DictReader(file))


def tensors(folder):
    events = EventAccumulator(str(folder))
    events.Reload()
    return {
        tag: [
            (e.step, float(tf.make_ndarray(e.tensor_proto)))
            for e in events.Tensors(tag)
        ]
        for tag in events.Tags()["tensors"]
    }


@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "exclusive"
    lines = watch(folder, left_and_right, 5, {"discriminator": 2.77})
    return folder, lines


def test_probes_come_every_so_many_steps_and_at_the_end(probed):
    folder, lines = probed
    # After the executions in which steps 5 and 10 were, and at the last step.
    assert [int(r["step"]) for r in records(folder)][::2] == [6, 10, 12]
    assert {r["factor"] for r in records(folder)} == {"side", "shade"}
    assert min(float(r["accuracy"]) for r in records(folder)) > 0.95
    assert float(records(folder)[0]["majority"]) < 0.6
    assert lines[0].startswith("exclusive step 6, probe: side of x 100.0%")


def test_probes_are_scalars(probed):
    found = tensors(probed[0] / "logs" / "watch")
    assert [step for step, _ in found["probe/x/side"]] == [6, 10, 12]
    assert found["probe/x/side"][-1][1] == pytest.approx(1.0)


def test_a_leak_is_said_during_training(probed):
    warnings = [line for line in probed[1] if line.startswith("warning")]
    assert len(warnings) == 1
    assert "a probe reads side from E of x" in warnings[0]


def test_collapse_is_said_without_a_probe(tmp_path):
    lines = watch(tmp_path / "shared", nothing, 0, {})
    assert len(lines) == 1
    assert "S of x hardly differs" in lines[0]
    assert not (tmp_path / "shared" / "probes.csv").exists()


def test_a_resumed_stage_keeps_the_probes_before_it(tmp_path):
    folder = tmp_path / "shared"
    watch(folder, left_and_right, 5, {})
    watch(folder, left_and_right, 5, {}, first=6)
    assert [int(r["step"]) for r in records(folder)][::2] == [6, 10, 12]


def test_the_projector_finds_vectors_labels_and_sprites(probed):
    folder = probed[0] / "logs" / "watch"
    context = types.SimpleNamespace(
        logdir=str(folder), data_provider=None, multiplexer=None, flags=None
    )
    plugin = ProjectorPlugin(context)
    plugin._run_paths = {}
    configs, _ = plugin._read_latest_config_files([(".", str(folder))])
    (embedding,) = configs["."].embeddings
    assert embedding.tensor_name == "exclusive_x"
    vectors = np.loadtxt(folder / embedding.tensor_path, delimiter="\t")
    assert vectors.shape == (90, 4)
    labels = (folder / embedding.metadata_path).read_text().splitlines()
    assert labels[0] == "side\tshade"
    assert len(labels) == 91
    assert set(labels[1].split("\t")) < {"left", "right", "dark", "light"}
    sheet = np.asarray(Image.open(folder / embedding.sprite.image_path))
    assert list(embedding.sprite.single_image_dim) == [4, 4]
    # Ten a line; the first of the second line is image number 10.
    images = next(iter(Halves().labelled("x", "test", 90)))[0].numpy()
    np.testing.assert_array_equal(sheet[4:8, :4, 0], images[10, ..., 0])


def test_one_factor_has_no_heading(tmp_path):
    images = np.zeros((2, 100, 50, 3), np.uint8)
    vectors = np.zeros((2, 3))
    projector.write_projector(tmp_path, {"a": (vectors, images, {"side": ["l", "r"]})})
    assert (tmp_path / "a_labels.tsv").read_text() == "l\nr\n"
    with Image.open(tmp_path / "a_sprites.png") as sheet:
        assert sheet.size == (64, 128)


TEXTS = [
    "a\nb",
    "a\r\nb",
    "a\tb",
    "a\x0bb",
    "a\x85b",
    "a\u2028b",
    'a "b"',
    "'",
    "",
    "\n",
]


@pytest.mark.parametrize("columns", [1, 2])
def test_labels_are_a_line_an_image_whatever_the_text(tmp_path, columns):
    texts = [*TEXTS, "\udcff"]
    images, vectors = np.zeros((len(texts), 4, 4, 3), np.uint8), np.eye(len(texts))
    labels = {f"factor\n{n}": texts for n in range(columns)}
    projector.write_projector(tmp_path, {"a": (vectors, images, labels)})
    content = (tmp_path / "a_labels.tsv").read_bytes().decode()
    lines = content.splitlines()
    heading = lines.pop(0) if columns > 1 else "factor 0"
    assert heading == "\t".join(f"factor {n}" for n in range(columns))
    assert len(lines) == content.count("\n") - (columns > 1) == len(texts)
    assert all(line.strip() and line.count("\t") == columns - 1 for line in lines)
    assert lines[0].split("\t")[0] == "a b"
    assert len((tmp_path / "a.tsv").read_text().splitlines()) == len(texts)


def test_images_that_do_not_count_have_no_name():
    assert monitor.value_names(SIDE, [1, NOT_SCORED]) == ["right", "-"]
    vectors = np.zeros((4, 2))
    labels = {"side": np.full(4, NOT_SCORED)}
    assert online_scores((vectors, labels), (vectors, labels)) == {}


@pytest.mark.parametrize("start", [0, 3])
def test_scalars_are_means_over_the_steps_since_the_last(tmp_path, start):
    values = np.arange(20.0)
    scalars = StepScalars(tmp_path, Span(start, total=20, per_epoch=10), every=4)
    before = {"loss": values[:start].sum() / max(start, 1)}
    scalars.set_model(types.SimpleNamespace(get_metrics_result=lambda: before))
    for epoch in range(2):
        scalars.on_epoch_begin(epoch)
        for step in range(max(start, 10 * epoch), 10 * epoch + 10):
            mean = values[10 * epoch : step + 1].mean()
            scalars.on_train_batch_end(step - 10 * epoch, {"loss": mean})
    scalars.on_train_end()
    found = tensors(tmp_path)["steps/loss"]
    ends = [start + 4, *([start + 8] if start == 0 else []), 10, 14, 18, 20]
    assert [step for step, _ in found] == ends
    for begin, (end, value) in zip([start, *ends], found, strict=False):
        assert value == pytest.approx(values[begin:end].mean(), rel=1e-5)
