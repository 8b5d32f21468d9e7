"""From raw images to an encoder's vectors."""

import numpy as np
import pytest
import tensorflow as tf

from tfmi.models.preprocessing import representer


def test_an_encoder_is_traced_once_for_any_number_of_images():
    traced = []

    def encoder(images, training):
        traced.append(tuple(images.shape))
        return {"vector": tf.reduce_mean(images, axis=(1, 2))}

    represent = representer(encoder)
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 3), np.uint8)
    scaled = images.astype(np.float32) / 127.5 - 1
    for count in (5, 1, 3):
        wanted = pytest.approx(scaled[:count].mean(axis=(1, 2)), abs=1e-5)
        assert represent(images[:count]) == wanted
    assert traced == [(None, 4, 4, 3)]
    # Floats are taken as they are, by a program of their own.
    assert represent(scaled) == pytest.approx(scaled.mean(axis=(1, 2)), abs=1e-5)
    assert represent(scaled[:, :2]).shape == (5, 3)
    assert len(traced) == 3
