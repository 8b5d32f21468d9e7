import numpy as np
import pytest
import tensorflow as tf

from tfmi.models.shifts import random_shifts

IMAGES = np.arange(64 * 8 * 16, dtype=np.uint8).reshape(64, 8, 16, 1)


def shifted(max_shift, seed=(0, 1)):
    return random_shifts(tf.constant(IMAGES), max_shift, tf.constant(seed)).numpy()


def expected(image, down, right):
    padded = np.pad(image[..., 0], ((2, 2), (4, 4)), mode="reflect")
    return padded[2 + down : 10 + down, 4 + right : 20 + right, None]


def test_each_image_moves_by_itself_and_is_mirrored_at_the_ends():
    found = set()
    for image, moved in zip(IMAGES, shifted(0.25), strict=True):
        found |= {
            (down, right)
            for down in range(-2, 3)
            for right in range(-4, 5)
            if (expected(image, down, right) == moved).all()
        }
    assert {down for down, _ in found} == set(range(-2, 3))
    assert {right for _, right in found} == set(range(-4, 5))


def test_shifts_are_a_function_of_the_seed():
    assert (shifted(0.25) == shifted(0.25)).all()
    assert (shifted(0.25) != shifted(0.25, (0, 2))).any()


@pytest.mark.parametrize("max_shift", [0.0, 0.05])
def test_less_than_a_pixel_moves_nothing(max_shift):
    assert (shifted(max_shift) == IMAGES).all()
