"""Regions and their agreement with classes."""

import numpy as np
import pytest

from tfmi.errors import DataError
from tfmi.maps import regions


def test_regions_of_plain_vectors_are_found():
    vectors = np.zeros((6, 5, 3))
    vectors[2:, :, 1] = 4
    vectors[4:, :, 2] = 9
    found = regions.regions(vectors, 3)
    assert found.dtype == np.uint8 and found.shape == (6, 5)
    classes = np.repeat([[7], [7], [1], [1], [3], [3]], 5, axis=1)
    assert regions.agreement(found, classes) == 1.0
    assert regions.agreement(np.zeros((6, 5)), classes) == 0.0


def test_pixels_without_a_class_do_not_count():
    found = np.array([[0, 1, 1, 0]])
    assert regions.agreement(found, np.array([[2, 3, 0, 2]])) == 1.0
    with pytest.raises(DataError, match="must hold classes"):
        regions.agreement(found, np.zeros((1, 4)))
    with pytest.raises(DataError, match="of 1x4 cells. Received: 4x1"):
        regions.agreement(found, np.ones((4, 1)))
