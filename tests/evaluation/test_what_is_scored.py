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
from tfmi.evaluation.measure.reference_levels import reference_levels
from tfmi.evaluation.results import INDEPENDENT
from tfmi.evaluation.results import KNOWN
from tfmi.evaluation.results import MAJORITY
from tfmi.evaluation.results import UNTRAINED
from tfmi.evaluation.tables import accuracy
from tfmi.pipelines.base import Domain
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED

pytestmark = pytest.mark.any_versions


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


class Dependent(Halves):
    """The shape tells the shade of nine images in ten, whatever the images show."""

    domains = Halves.domains[:1]

    def labelled(self, domain, split, batch_size, seed=0):
        images, labels = next(iter(super().labelled(domain, split, 10**6, seed)))
        shape = labels["shape"].numpy()
        shade = np.where(np.arange(len(shape)) % 10, shape, 2)
        labels = {"shape": shape, "shade": shade}
        rows = tf.data.Dataset.from_tensor_slices((images, labels))
        return rows.batch(batch_size)


def test_what_factors_tell_of_each_other_stands_in_the_tables(tmp_path):
    keys = [(SHARED, "x"), (EXCLUSIVE, "x")]
    row = {"Ours": dict.fromkeys(keys, lit_side)}
    scores = evaluate(row, Dependent(), tmp_path, progress=str, metrics=False)
    for protocol in ("paper", "strong", "1-nn l2"):
        of = {"row": KNOWN, "protocol": protocol}
        told = scores.by_factor(representation="shared", **of)
        assert told == {"shape": 1.0, "shade": pytest.approx(0.9)}
        # Of two shapes of one shade the more frequent one is named.
        told = scores.by_factor(representation="exclusive", **of)
        assert told["shade"] == 1.0 and 0.9 < told["shape"] < 1.0
        assert scores.by_factor(row=MAJORITY, protocol=protocol)["shade"] < 0.6
    assert f"  {KNOWN} " in (tmp_path / "tables.txt").read_text()


def test_factors_that_tell_nothing_of_each_other_have_no_such_rows():
    row = {(SHARED, "x"): lit_side, (EXCLUSIVE, "x"): shade_level}
    scores = evaluate(row, Halves(), progress=str, metrics=False)
    assert scores.select(row=KNOWN) == [] and scores.select(row=MAJORITY)
    assert scores.select(row=INDEPENDENT) == []


def independent_level(labels, representation=EXCLUSIVE):
    """What `reference_levels` says of both factors, of the same training and test."""
    levels = reference_levels(
        representation, Halves.domains[0], {"train": labels, "test": labels}
    )
    return {name: s["accuracy"] for name, s in levels.get(INDEPENDENT, {}).items()}


def test_a_code_that_is_independent_of_what_tells_the_rest_has_a_limit():
    """Of two values a code that is independent of the group names `1 - E|p - m|` at
    most, p being the share of one value in a group and m the median of p."""
    groups = np.repeat(np.arange(4), 1000)
    shares = np.array([0.05, 0.2, 0.8, 0.9])
    shade = (np.tile(np.arange(1000), 4) < 1000 * shares[groups]).astype(int)
    limit = independent_level({"shape": groups, "shade": shade})
    assert limit["shade"] == pytest.approx(1 - (0.75 + 0.7) / 4, abs=0.02)
    # Of the group it tells nothing.
    assert limit["shape"] == 0.25


def test_a_copy_of_what_it_must_not_tell_is_named_like_a_guess():
    groups = np.arange(4000) % 5
    limit = independent_level({"shape": groups, "shade": groups * (groups != 1)})
    assert limit["shade"] == pytest.approx(2 / 5, abs=0.05)


def test_the_limit_is_of_independent_codes_and_of_dependent_factors_alone():
    random = np.random.default_rng(0)
    groups = np.arange(3000) % 30
    # A hundred images of a group: shares differ by chance, which is no limit.
    assert (
        independent_level({"shape": groups, "shade": random.integers(0, 9, 3000)}) == {}
    )
    copies = {"shape": groups, "shade": groups}
    assert independent_level(copies) and independent_level(copies, SHARED) == {}


def test_images_that_do_not_count_do_not_change_the_limit():
    groups = np.arange(4000) % 5
    shade = groups % 2
    counted = {"shape": groups, "shade": shade}
    more = {
        "shape": np.concatenate([groups, groups + 5]),
        "shade": np.concatenate([shade, np.full(4000, -1)]),
    }
    limits = [independent_level(labels)["shade"] for labels in (counted, more)]
    assert limits[0] == pytest.approx(limits[1], abs=0.01)


def test_values_that_training_has_not_are_named_the_most_frequent_one():
    labels = {
        "train": {"shape": [0, 0, 1, 1, 1], "shade": [2, 2, 1, 1, -1]},
        "test": {"shape": [0, 1, 3, -1, 1], "shade": [2, 1, 1, 0, -1]},
    }
    labels["test"] = {name: 20 * values for name, values in labels["test"].items()}
    levels = reference_levels(SHARED, Halves.domains[0], labels)
    assert levels[MAJORITY]["shade"]["accuracy"] == 0.5
    # Of 4 images that count: 2, 1, and twice the first of the two most frequent.
    assert levels[KNOWN]["shade"]["accuracy"] == 0.75


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
