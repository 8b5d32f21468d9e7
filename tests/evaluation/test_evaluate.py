"""evaluate() from images to files, and neighbours, on 8x8 images."""

import csv
import json

import numpy as np
import pytest
import tensorflow as tf
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.pipelines.base import PairDataset

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.evaluation.evaluate import evaluate
from tfmi.evaluation.neighbours import neighbour_accuracy
from tfmi.evaluation.neighbours import neighbours

SHAPE = Factor("shape", ("left", "right"))
SHADE = Factor("shade", ("dark", "middle", "light"))


class Halves(PairDataset):
    """The lit half of an image is its shape, the grey level its shade."""

    name = "halves"
    source = "made in the test"
    image_shape = (8, 8, 1)
    domains = (
        Domain("x", "first", (SHAPE,), (SHADE,)),
        Domain("y", "second", (SHAPE,), (SHADE,)),
    )

    def num_images(self, split):
        return {"train": 600, "test": 90}[split]

    def pairs(self, batch_size, seed, first_step, steps, split="train"):
        raise NotImplementedError

    def labelled(self, domain, split, batch_size, seed=0):
        generator = np.random.default_rng([seed, len(split), ord(domain)])
        count = self.num_images(split)
        shape, shade = (
            generator.integers(2, size=count),
            generator.integers(3, size=count),
        )
        images = np.zeros((count, 8, 8, 1), np.uint8)
        for image, side, level in zip(images, shape, shade, strict=True):
            image[:, 4 * side : 4 * side + 4] = 80 + 80 * level
        labels = {"shape": shape, "shade": shade}
        return tf.data.Dataset.from_tensor_slices((images, labels)).batch(batch_size)


def _shape(images):
    lit = np.asarray(images)[..., 0].max(axis=1) > 0
    return 3.0 * lit[:, [0, 7]]


def _shade(images):
    level = np.asarray(images).max(axis=(1, 2, 3)) // 80 - 1
    return 3.0 * np.eye(3)[level]


def _nothing(images):
    return np.ones((len(images), 2))


KEYS = [(r, d) for d in "xy" for r in ("shared", "exclusive")]
TRAINED = {(r, d): _shape if r == "shared" else _shade for r, d in KEYS}
UNTRAINED = dict.fromkeys(KEYS, _nothing)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    output = tmp_path_factory.mktemp("run") / "evaluation"
    lines = []
    results = evaluate(TRAINED, UNTRAINED, Halves(), output, progress=lines.append)
    return results, output, lines


def test_evaluate_writes_every_file(outcome):
    results, output, lines = outcome
    names = {path.name for path in output.iterdir()}
    parts = [f"{r}_{d}" for r, d in KEYS]
    assert names == {
        "results.json",
        "results.csv",
        "tables.txt",
        *(f"neighbours_{part}.png" for part in parts),
        *(f"accuracy_{part}_{p}.png" for part in parts for p in ("paper", "strong")),
    }
    assert all(path.stat().st_size for path in output.iterdir())
    for path in output.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    assert json.loads((output / "results.json").read_text()) == results
    assert "probe strong on exclusive y" in lines


def test_evaluate_scores_what_the_vectors_hold(outcome):
    for table in outcome[0]["tables"]:
        rows = {row["row"]: row for row in table["rows"]}
        assert list(rows) == ["Ideal", "Ours", "Untrained encoder", "Majority class"]
        held = "shape" if table["representation"] == "shared" else "shade"
        assert rows["Ours"]["accuracies"][held] > 0.99
        assert rows["Ours"]["distance"] < 0.3
        assert rows["Untrained encoder"]["accuracies"][held] < 0.7
        assert table["text"] in (outcome[1] / "tables.txt").read_text()


def test_csv_has_a_line_for_each_cell(outcome):
    with open(outcome[1] / "results.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    probed = [line for line in lines if line["protocol"] != "neighbours"]
    assert len(probed) == 8 * 4 * 2
    # Of each representation and domain: the ideal, N = 1 and N = 5.
    assert len(lines) - len(probed) == 4 * 3 * 2
    assert {line["row"] for line in lines if line["balanced_accuracy"]} == {
        "Ours",
        "Untrained encoder",
        "Majority class",
    }


def test_neighbours_are_scored_in_tables_of_their_own(outcome):
    results, output, _ = outcome
    assert len(results["neighbours"]) == len(KEYS)
    for table in results["neighbours"]:
        rows = {row["row"]: row["accuracies"] for row in table["rows"]}
        assert list(rows) == ["Ideal", "Ours, N = 1", "Ours, N = 5"]
        held = "shape" if table["representation"] == "shared" else "shade"
        assert rows["Ours, N = 5"][held] == 1.0
        assert table["text"] in (output / "tables.txt").read_text()


class SomeScored(Halves):
    """Half of the images have no shade that counts; their shape is noise."""

    domains = (Domain("x", "first", (), (SHADE,)),)

    def labelled(self, domain, split, batch_size, seed=0):
        whole = super().labelled(domain, split, 10**6, seed)
        images, labels = next(iter(whole))
        images, shade = images.numpy(), labels["shade"].numpy()
        images[::2], shade[::2] = 255 - 80, -1
        rows = tf.data.Dataset.from_tensor_slices((images, {"shade": shade}))
        return rows.batch(batch_size)


def test_images_that_do_not_count_are_left_out(tmp_path):
    keys = [("shared", "x"), ("exclusive", "x")]
    results = evaluate(
        dict.fromkeys(keys, _shade),
        dict.fromkeys(keys, _nothing),
        SomeScored(),
        tmp_path,
        progress=str,
    )
    for table in results["tables"]:
        rows = {row["row"]: row["accuracies"] for row in table["rows"]}
        assert rows["Ours"]["shade"] == 1.0
        assert rows["Majority class"]["shade"] < 0.6
    for table in results["neighbours"]:
        assert table["rows"][-1]["accuracies"]["shade"] == 1.0
    assert (tmp_path / "neighbours_shared_x.png").is_file()


class NothingScored(Halves):
    domains = (Domain("x", "first", (), ()),)


def test_a_dataset_without_factors_is_refused(tmp_path):
    with pytest.raises(DataError, match="a factor to score for x"):
        evaluate({}, {}, NothingScored(), tmp_path)


def test_a_file_in_place_of_the_folder_is_one_line(tmp_path):
    path = tmp_path / "evaluation"
    path.write_text("mine")
    with pytest.raises(DataError, match="must be a folder that can be written"):
        evaluate(TRAINED, UNTRAINED, Halves(), path, progress=lambda line: None)
    assert path.read_text() == "mine"


def test_failed_write_keeps_what_was_there(tmp_path, monkeypatch):
    (tmp_path / "tables.txt").write_text("old")

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    key = ("shared", "x")
    with pytest.raises(DataError, match="No space left"):
        evaluate({key: _shape}, UNTRAINED, Halves(), tmp_path, ["paper"], progress=str)
    assert [path.name for path in tmp_path.iterdir()] == ["tables.txt"]
    assert (tmp_path / "tables.txt").read_text() == "old"


def test_unknown_protocol(tmp_path):
    with pytest.raises(UsageError, match="must be one of paper, strong. Received: p"):
        evaluate(TRAINED, UNTRAINED, Halves(), tmp_path, ["p"])


def test_neighbours_leave_the_query_out():
    vectors = np.array([[0.0], [0.0], [1.0], [5.0]])
    found = neighbours(vectors, [0, 3], 2)
    assert found.tolist() == [[1, 2], [2, found[1, 1]]]
    assert neighbours(vectors, [1], 9).shape == (1, 3)


def test_neighbour_accuracy_votes_and_breaks_ties_by_nearness():
    vectors, labels = np.array([[0.0], [1.0], [1.1], [9.0]]), [0, 1, 1, 2]
    queries, wanted = np.array([[0.1], [8.0]]), [0, 2]
    assert neighbour_accuracy(vectors, labels, queries, wanted, n=1) == 1.0
    assert neighbour_accuracy(vectors, labels, queries, wanted, n=2) == 1.0
    assert neighbour_accuracy(vectors, labels, queries, wanted, n=3) == 0.0
