"""A classifier on representations of EuroSAT-like images."""

import numpy as np
import pytest

from tfmi.errors import DataError
from tfmi.evaluation.measure import land_use
from tfmi.evaluation.tables.downstream import land_use_text


def batches(classes=4, each=30):
    """The class is the mean of the first channel; the second is noise."""
    generator = np.random.default_rng(0)
    labels = np.tile(np.arange(classes), each)
    images = generator.integers(0, 30, (len(labels), 64, 64, 2), dtype=np.uint8)
    images[..., 0] += (40 * labels).astype(np.uint8)[:, None, None]
    for start in range(0, len(labels), 50):
        yield images[start : start + 50], labels[start : start + 50]


def means(images):
    return np.asarray(images, np.float32).mean(axis=(1, 2)) / 100


def nothing(images):
    return np.zeros((len(images), 3), np.float32)


def test_scores_stand_beside_raw_pixels_the_majority_and_the_paper():
    result = land_use.score({"S": means, "Nothing": nothing}, batches(), ["strong"])
    assert (result["train"], result["test"], result["classes"]) == (96, 24, 4)
    rows = {row["row"]: row["accuracy"]["strong"] for row in result["rows"]}
    assert list(rows) == ["S", "Nothing", "Raw pixels", "Majority class"]
    assert rows["S"] > 0.7 and rows["Nothing"] == 0.25
    assert result["rows"][2]["size"] == 8 * 8 * 2
    text = land_use_text(result, ["strong"])
    for line in ("93.11%", "87.64%", "92.38%", "probes fitted on 96 images"):
        assert line in text


def test_fewer_labels():
    result = land_use.score({}, batches(), ["paper"], limit=40)
    assert (result["train"], result["test"]) == (40, 24)


def test_validation_images_are_of_the_training_images():
    labels = np.tile(np.arange(4), 30)
    train, test = land_use._split(labels, 0, None, "test")
    rest, held_out = land_use._split(labels, 0, None, "validation")
    assert sorted([*rest, *held_out]) == sorted(train) and len(held_out) == 10
    assert not set(held_out) & set(test)
    result = land_use.score({}, batches(), ["paper"], scored="validation", limit=40)
    assert (result["train"], result["test"]) == (40, 10)


def test_windows_of_an_image_are_averaged():
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 2), dtype=np.uint8)
    seen = []

    def represent(windows):
        seen.append(windows.shape)
        return windows[:, 5, 7].astype(np.float32)

    found = land_use.in_windows(represent, 20)(images)
    assert seen == [(27, 20, 20, 2)]
    assert found == pytest.approx(images[:, 5:60:20, 7:60:20].mean(axis=(1, 2)))
    whole = land_use.in_windows(represent, 64)(images)
    assert (whole == images[:, 5, 7]).all()
    with pytest.raises(DataError, match="at most 64 pixels. Received: 65"):
        land_use.in_windows(represent, 65)(images)


def test_too_few_images():
    with pytest.raises(DataError, match="readable images of EuroSAT. Received: none"):
        land_use.score({}, [])
    with pytest.raises(DataError, match="a class with 1"):
        land_use.score({}, batches(each=1))
