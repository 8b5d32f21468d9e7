"""Which images, splits and factors evaluate() scores, and which metrics it adds."""

import numpy as np
import pytest
import tensorflow as tf
from half_images import KEYS
from half_images import SHADE
from half_images import TRAINED
from half_images import Halves
from half_images import lit_side
from half_images import nothing
from half_images import shade_level

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.evaluation import results
from tfmi.evaluation.evaluate import evaluate
from tfmi.evaluation.results import MAJORITY
from tfmi.evaluation.results import UNTRAINED
from tfmi.evaluation.tables import accuracy
from tfmi.pipelines.base import Domain
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED


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
    return lit_side(images - 1) if images.min() == 1 else np.zeros((len(images), 2))


def test_scores_are_those_of_images_that_no_probe_was_fitted_on():
    row = {(SHARED, "x"): _known_by_heart}
    scores = evaluate(row, Marked(), progress=str, metrics=False)
    assert len(scores.probed) == 2
    for _, _, protocol in scores.probed:
        assert scores.by_factor(row="Ours", protocol=protocol)["shape"] < 0.65


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
    keys = [(SHARED, "x"), (EXCLUSIVE, "x")]
    rows = {
        "Ours": dict.fromkeys(keys, shade_level),
        UNTRAINED: dict.fromkeys(keys, nothing),
    }
    scores = evaluate(rows, SomeScored(), tmp_path, progress=str, metrics=False)
    for protocol in ("paper", "strong", "5-nn l2", "5-nn cosine"):
        for name in ("shared", "exclusive"):
            of = {"representation": name, "protocol": protocol}
            assert scores.by_factor(row="Ours", **of)["shade"] == 1.0
            assert scores.by_factor(row=MAJORITY, **of)["shade"] < 0.6
    assert (tmp_path / "neighbours_shared_x.png").is_file()


class NothingScored(Halves):
    domains = (Domain("x", "first", (), ()),)


def test_a_dataset_without_factors_is_refused(tmp_path):
    with pytest.raises(DataError, match="a factor to score for x"):
        evaluate({"Ours": {}}, NothingScored(), tmp_path)


class Few(Halves):
    domains = Halves.domains[:1]

    def num_images(self, split):
        return {"train": 40, "test": 19}[split]


def test_metrics_are_asked_for_and_need_images():
    row, lines = {key: TRAINED[key] for key in KEYS[:2]}, []
    scores = evaluate(row, Few(), protocols=["paper"], progress=lines.append)
    assert scores.select(factor=None) == []
    assert "no metrics of x: too few images, [40, 19]" in lines


def test_metrics_of_each_domain_that_has_both(tmp_path):
    row = {key: TRAINED[key] for key in KEYS[:3]}
    scores = evaluate(row, Halves(), tmp_path, protocols=["paper"], progress=str)
    joint = {"representation": "shared+exclusive", "protocol": "paper"}
    assert scores.values_of("domain", factor=None) == ["x"]
    assert scores.values_of("row", **joint) == ["Ours", MAJORITY]
    (mig,) = scores.select(row="Ours", score="mig", **joint)
    assert mig.value > 0.95
    assert "S and E of x, first" in (tmp_path / "tables.txt").read_text()
    assert results.load(tmp_path / "results.json") == scores


def test_the_validation_split_is_scored_in_place_of_the_test_split():
    class Held(Halves):
        """With images of one shade for validation, which probes are not fitted on."""

        splits = ("train", "test", "validation")

        def num_images(self, split):
            return 40 if split == "validation" else super().num_images(split)

    asked = []

    class Recording(Held):
        def labelled(self, domain, split, batch_size, seed=0):
            asked.append(split)
            return super().labelled(domain, split, batch_size, seed)

    options = {"protocols": ("paper",), "limit": 100, "metrics": False}
    rows = {(SHARED, "x"): lit_side}
    scores = evaluate(rows, Recording(), split="validation", **options)
    assert set(asked) == {"train", "validation"}
    assert scores.split == "validation"
    assert "validation split" in accuracy.title(scores, "shared", "x")
    asked.clear()
    assert evaluate(rows, Recording(), **options).split == "test"
    assert set(asked) == {"train", "test"}
    with pytest.raises(UsageError, match="half images must hold out images"):
        evaluate(rows, Halves(), split="validation", **options)
    with pytest.raises(UsageError, match="the split must be one of test, validation"):
        evaluate(rows, Halves(), split="train", **options)
