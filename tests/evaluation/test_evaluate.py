"""evaluate() from images to files, and neighbours, on 8x8 images."""

import csv
import json

import numpy as np
import pytest
import tensorflow as tf

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.evaluation.evaluate import evaluate
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.pipelines.base import PairDataset

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


def _noise(images):
    """Nothing of a shape, though each probe makes something else of it."""
    return np.random.default_rng(len(images)).normal(size=(len(images), 4))


def _nothing(images):
    return np.ones((len(images), 2))


KEYS = [(r, d) for d in "xy" for r in ("shared", "exclusive")]
TRAINED = {(r, d): _shape if r == "shared" else _shade for r, d in KEYS}
UNTRAINED = dict.fromkeys(KEYS, _nothing)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    output = tmp_path_factory.mktemp("run") / "evaluation"
    lines = []
    results = evaluate(
        TRAINED, UNTRAINED, Halves(), output, progress=lines.append, metrics=False
    )
    return results, output, lines


def test_evaluate_writes_every_file(outcome):
    results, output, lines = outcome
    names = {path.name for path in output.iterdir()}
    parts = [f"{r}_{d}" for r, d in KEYS]
    assert names == {
        "features",
        "results.json",
        "results.csv",
        "tables.txt",
        *(f"neighbours_{part}.png" for part in parts),
        *(f"accuracy_{part}_{p}.png" for part in parts for p in ("paper", "strong")),
    }
    assert all(path.stat().st_size for path in output.rglob("*"))
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
    # Of each representation, domain and metric: the ideal, N = 1 and N = 5 of
    # both encoders, and the majority.
    assert len(lines) - len(probed) == 4 * 2 * 6 * 2
    assert {line["metric"] for line in lines} == {"", "l2", "cosine"}
    assert {line["row"] for line in probed if line["balanced_accuracy"]} == {
        "Ours",
        "Untrained encoder",
        "Majority class",
    }


def test_neighbours_are_scored_in_tables_of_their_own(outcome):
    results, output, _ = outcome
    assert len(results["neighbours"]) == 2 * len(KEYS)
    for table in results["neighbours"]:
        rows = {row["row"]: row["accuracies"] for row in table["rows"]}
        assert list(rows) == [
            "Ideal",
            "Ours, N = 1",
            "Ours, N = 5",
            "Untrained encoder, N = 1",
            "Untrained encoder, N = 5",
            "Majority class",
        ]
        held = "shape" if table["representation"] == "shared" else "shade"
        assert rows["Ours, N = 5"][held] == 1.0
        assert rows["Untrained encoder, N = 5"][held] < 0.7
        assert table["text"] in (output / "tables.txt").read_text()
        name = {"l2": "L2", "cosine": "cosine"}[table["metric"]]
        assert f"training images, by {name} distance" in table["text"]


def test_levels_are_those_of_the_data(outcome):
    for table in outcome[0]["tables"]:
        majority = {row["row"]: row for row in table["rows"]}["Majority class"]
        for factor, count in (("shape", 2), ("shade", 3)):
            level = table["levels"][factor]
            assert (level["values"], level["chance"]) == (count, 1 / count)
            assert level["majority"] == majority["accuracies"][factor]


class Counted:
    """A representer that counts the images it is given."""

    def __init__(self, represent):
        self.represent, self.images = represent, 0

    def __call__(self, images):
        self.images += len(images)
        return self.represent(images)


def test_seeds_repeat_the_probes_of_ours_alone(outcome, tmp_path):
    key = ("exclusive", "x")
    ours, untrained = Counted(_noise), Counted(_nothing)
    arguments = {key: ours}, {key: untrained}, Halves(), tmp_path, ["paper"]
    results = evaluate(*arguments, seed=5, seeds=3, progress=str)
    # 600 training and 90 test images, and one of each batch to know them by.
    assert ours.images == untrained.images == 690 + 3
    assert results["seeds"] == [5, 6, 7]
    (table,) = results["tables"]
    rows = {row["row"]: row for row in table["rows"]}
    assert [s["seed"] for s in rows["Ours"]["seeds"]] == [5, 6, 7]
    assert [s["seed"] for s in rows["Untrained encoder"]["seeds"]] == [5]
    found = [s["accuracies"]["shape"] for s in rows["Ours"]["seeds"]]
    assert len(set(found)) > 1
    assert rows["Ours"]["accuracies"]["shape"] == pytest.approx(np.mean(found))
    deviation = np.std(found, ddof=1)
    assert rows["Ours"]["deviations"]["shape"] == pytest.approx(deviation)
    assert rows["Untrained encoder"]["deviations"]["shape"] is None
    assert f" +-{100 * deviation:.2f} [" in table["text"]
    assert "over 3 seeds" in table["text"]
    with open(tmp_path / "results.csv", newline="") as file:
        lines = [x for x in csv.DictReader(file) if x["row"] == "Ours"]
    assert [line["seed"] for line in lines] == [s for s in "567" for _ in range(2)]
    again = evaluate(*arguments, seed=5, seeds=1, progress=str)
    assert ours.images == 690 + 2 * 3
    scores = {row["row"]: row for row in again["tables"][0]["rows"]}["Ours"]["seeds"]
    assert scores == rows["Ours"]["seeds"][:1]


def test_untrained_encoders_can_be_left_out(tmp_path):
    key = ("shared", "x")
    results = evaluate({key: _shape}, {}, Halves(), tmp_path, ["paper"], progress=str)
    (table,) = results["tables"]
    names = [row["row"] for row in table["rows"]]
    assert names == ["Ideal", "Ours", "Majority class"]


class Marked(Halves):
    """Images of the training split can be told from those of the test split."""

    def labelled(self, domain, split, batch_size, seed=0):
        mark = tf.constant(int(split == "train"), tf.uint8)
        return (
            super()
            .labelled(domain, split, batch_size, seed)
            .map(lambda images, labels: (images + mark, labels))
        )


def _known_by_heart(images):
    images = np.asarray(images)
    return _shape(images - 1) if images.min() == 1 else np.zeros((len(images), 2))


def test_scores_are_those_of_images_that_no_probe_was_fitted_on(tmp_path):
    key, protocols = ("shared", "x"), ["paper", "strong"]
    results = evaluate(
        {key: _known_by_heart},
        {},
        Marked(),
        tmp_path,
        protocols,
        progress=str,
        metrics=False,
    )
    assert len(results["tables"]) == 2
    for table in results["tables"]:
        rows = {row["row"]: row["accuracies"]["shape"] for row in table["rows"]}
        assert rows["Ours"] < 0.65


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
        metrics=False,
    )
    for table in results["tables"]:
        rows = {row["row"]: row["accuracies"] for row in table["rows"]}
        assert rows["Ours"]["shade"] == 1.0
        assert rows["Majority class"]["shade"] < 0.6
    for table in results["neighbours"]:
        rows = {row["row"]: row["accuracies"] for row in table["rows"]}
        assert rows["Ours, N = 5"]["shade"] == 1.0
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
    assert {path.name for path in tmp_path.iterdir()} == {"tables.txt", "features"}
    assert list((tmp_path / "features").iterdir()) == []
    assert (tmp_path / "tables.txt").read_text() == "old"


def test_unknown_protocol(tmp_path):
    with pytest.raises(UsageError, match="must be one of paper, strong. Received: p"):
        evaluate(TRAINED, UNTRAINED, Halves(), tmp_path, ["p"])
    with pytest.raises(UsageError, match="seeds must be >= 1. Received: 0"):
        evaluate(TRAINED, UNTRAINED, Halves(), tmp_path, seeds=0)


class Few(Halves):
    domains = Halves.domains[:1]

    def num_images(self, split):
        return {"train": 40, "test": 19}[split]


def test_metrics_are_asked_for_and_need_images(tmp_path):
    keys = KEYS[:2]
    ours, lines = {key: TRAINED[key] for key in keys}, []
    arguments = ours, {}, Few(), tmp_path, ["paper"]
    results = evaluate(*arguments, progress=lines.append)
    assert results["disentanglement"] == []
    assert "no metrics of x: too few images, [40, 19]" in lines


def test_metrics_of_each_domain_that_has_both(tmp_path):
    ours = {key: TRAINED[key] for key in KEYS[:3]}
    results = evaluate(ours, {}, Halves(), tmp_path, ["paper"], progress=str)
    (table,) = results["disentanglement"]
    assert (table["domain"], table["protocol"]) == ("x", "paper")
    rows = {row["row"]: row for row in table["rows"]}
    assert list(rows) == ["Ideal", "Ours", "Majority class"]
    assert rows["Ours"]["mig"] > 0.95
    assert table["text"] in (tmp_path / "tables.txt").read_text()
    assert json.loads((tmp_path / "results.json").read_text()) == results
