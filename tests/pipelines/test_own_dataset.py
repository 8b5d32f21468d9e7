"""Datasets made in Python as pairs and labelled images."""

import numpy as np
import pytest
import tensorflow as tf

from tfmi import pipelines
from tfmi.errors import DataError
from tfmi.errors import UsageError

FACTORS = {"shared": {"digit": 10}, "exclusive": {"hue": ("red", "blue")}}


def images(count, seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, 12, 12, 3)).astype(np.uint8)


def numbered(count=20):
    """Images that hold their number, and the same of the other side."""
    x = np.broadcast_to(
        np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 12, 12, 3)
    )
    return tf.data.Dataset.from_tensor_slices((x, 255 - x))


def labelled(count=10, keys=("digit", "hue")):
    labels = {key: np.arange(count) % 2 for key in keys}
    return tf.data.Dataset.from_tensor_slices((images(count), labels))


def dataset(pairs=None):
    splits = {"train": labelled(10), "test": labelled(6)}
    return pipelines.from_dataset(pairs or numbered(), splits, FACTORS, name="mine")


def drawn(own, first, steps, seed=3, batch=4):
    batches = own.pairs(batch, seed, first, steps).as_numpy_iterator()
    return [batch["x"][:, 0, 0, 0].tolist() for batch in batches]


@pytest.mark.parametrize(
    "pairs",
    [
        numbered(),
        numbered().batch(7),
        numbered().map(lambda x, y: {"x": x, "y": y, "weight": 1.0}),
    ],
    ids=["tuples", "batches", "dicts"],
)
def test_pairs_of_any_form(pairs):
    own = dataset(pairs)
    assert own.image_shape == (12, 12, 3)
    assert own.num_images("train") == 20
    (batch,) = own.pairs(4, 0, 0, 1).as_numpy_iterator()
    assert batch["x"].shape == batch["y"].shape == (4, 12, 12, 3)
    np.testing.assert_array_equal(batch["x"], 255 - batch["y"])


def test_each_epoch_has_every_pair_once_in_a_new_order():
    steps = drawn(dataset(), 0, 10)
    first, second = (sum(steps[k : k + 5], []) for k in (0, 5))
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second
    assert drawn(dataset(), 0, 10, seed=4) != steps


def test_a_resumed_stream_goes_on_where_it_was():
    assert drawn(dataset(), 7, 4) == drawn(dataset(), 0, 11)[7:]


def test_labelled_images_and_factors():
    own = dataset()
    (domain,) = own.domains
    assert [f.values for f in domain.factors] == [
        tuple("0123456789"),
        ("red", "blue"),
    ]
    batches = list(own.labelled("x", "test", 4))
    assert [len(batch[0]) for batch in batches] == [4, 2]
    assert batches[0][1]["hue"].numpy().tolist() == [0, 1, 0, 1]


def test_two_domains_have_labels_of_their_own():
    splits = {
        side: {"train": labelled(8, [name]), "test": labelled(4, [name])}
        for side, name in (("x", "digit"), ("y", "hue"))
    }
    factors = {"x": {"shared": {"digit": 2}}, "y": {"exclusive": {"hue": 2}}}
    own = pipelines.from_dataset(numbered(), splits, factors)
    assert [d.name for d in own.domains] == ["x", "y"]
    assert set(next(iter(own.labelled("y", "train", 8)))[1]) == {"hue"}


def test_a_user_may_hold_out_images_for_validation():
    image = np.zeros((4, 12, 12, 3), np.uint8)
    images = tf.data.Dataset.from_tensor_slices((image, {"kind": [0, 1, 0, 1]}))
    pairs = tf.data.Dataset.from_tensor_slices((image, image))
    splits = dict.fromkeys(("train", "test"), images)
    factors = {"shared": {"kind": 2}}
    plain = pipelines.from_dataset(pairs, splits, factors)
    held = pipelines.from_dataset(pairs, {**splits, "validation": images}, factors)
    assert plain.splits == ("train", "test")
    assert held.splits == ("train", "test", "validation")
    assert held.num_images("validation") == 4
    assert pipelines.from_dataset(pairs).splits == ("train", "test")


def test_without_labels_there_is_nothing_to_score():
    own = pipelines.from_dataset(numbered())
    assert own.domains[0].factors == ()
    (batch, labels) = next(iter(own.labelled("x", "test", 5)))
    assert len(batch) == 5 and labels == {}


def test_a_count_that_the_dataset_does_not_know_is_counted():
    assert dataset(numbered().filter(lambda x, y: True)).num_images("train") == 20


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: dataset(numbered().map(lambda x, y: x)), r"must be .* of \(x, y\)"),
        (
            lambda: dataset(numbered().map(lambda x, y: (x / 255, y))),
            "must be uint8 of one size",
        ),
        (
            lambda: dataset(numbered().map(lambda x, y: (x[:8], y))),
            "must be uint8 of one size",
        ),
        (lambda: dataset(numbered().repeat()), "repeats for ever"),
        (
            lambda: pipelines.from_dataset(numbered(), None, FACTORS),
            "labelled must hold images of the splits train and test for x",
        ),
        (
            lambda: pipelines.from_dataset(
                numbered(),
                {"train": labelled(keys=["digit"]), "test": labelled()},
                FACTORS,
            ),
            "with every factor of x. Received: digit in train",
        ),
        (
            lambda: pipelines.from_dataset(numbered(), None, {"common": {"a": 2}}),
            "factors must be shared or exclusive. Received: common",
        ),
    ],
)
def test_other_datasets_are_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_an_empty_dataset_is_refused():
    with pytest.raises(DataError, match="must hold images. Received: none"):
        dataset(numbered().take(0))
