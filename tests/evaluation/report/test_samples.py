"""Test images with their vectors."""

import numpy as np
import pytest
import report_content as content

from tfmi.errors import DataError
from tfmi.evaluation.report import samples

DATASET = content.Halves()
REPRESENTS = {"shared": content.shape_vectors}


def test_images_come_from_all_of_the_split():
    sample = samples.draw(DATASET, DATASET.domains[0], REPRESENTS, count=20)
    every = next(DATASET.labelled("x", "test", 60))
    wanted = np.linspace(0, 59, 20).astype(int)
    np.testing.assert_array_equal(sample.images, every[0][wanted])
    for name, labels in sample.labels.items():
        np.testing.assert_array_equal(labels, every[1][name][wanted])
    assert sample.vectors["shared"].shape == (20, 2)
    assert sample.vectors["shared"].dtype == np.float32


def test_batches_are_joined(monkeypatch):
    whole = samples.draw(DATASET, DATASET.domains[0], {"all": _pixels}, count=50)
    monkeypatch.setattr(samples, "BATCH", 7)
    parts = samples.draw(DATASET, DATASET.domains[0], {"all": _pixels}, count=50)
    np.testing.assert_array_equal(parts.images, whole.images)
    np.testing.assert_array_equal(parts.vectors["all"], whole.vectors["all"])


def _pixels(images):
    return images.reshape(len(images), -1) / 255


def test_a_small_split_gives_all_it_has():
    sample = samples.draw(DATASET, DATASET.domains[0], REPRESENTS)
    assert len(sample.images) == content.TEST_IMAGES


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_images(count, monkeypatch):
    monkeypatch.setattr(DATASET, "num_images", lambda split: count)
    with pytest.raises(DataError, match=f"2 test images .* Received: {count} of x"):
        samples.draw(DATASET, DATASET.domains[0], REPRESENTS)


def test_vectors_must_be_finite():
    represents = {"shared": lambda images: np.full((len(images), 2), np.nan)}
    with pytest.raises(DataError, match="must be finite"):
        samples.draw(DATASET, DATASET.domains[0], represents)
