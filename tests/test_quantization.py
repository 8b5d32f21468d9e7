"""Finite scalar quantization: its levels, its gradient, its life in a file."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmi.errors import UsageError
from tfmi.models import networks
from tfmi.models.quantization import FiniteScalarQuantization


@pytest.mark.parametrize(
    "levels, expected",
    [(2, [-1, 1]), (3, [-1, 0, 1]), (4, [-1, -1 / 3, 1 / 3, 1])],
)
def test_codes_take_the_levels_and_no_other_value(levels, expected):
    codes = np.random.default_rng(0).normal(scale=3, size=(500, 4)).astype(np.float32)
    rounded = FiniteScalarQuantization(levels)(codes).numpy()
    np.testing.assert_allclose(np.unique(rounded), expected, atol=1e-6)
    # The nearest level of the bounded code.
    bounded = np.tanh(codes)
    nearest = np.abs(bounded[..., None] - expected).argmin(axis=-1)
    np.testing.assert_allclose(rounded, np.asarray(expected)[nearest], atol=1e-6)


def test_gradient_is_that_of_the_bounded_code():
    codes = tf.constant([[-2.0, -0.3, 0.1, 1.5]])
    layer = FiniteScalarQuantization(3)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(codes)
        rounded, bounded = layer(codes), tf.tanh(codes)
    np.testing.assert_allclose(
        tape.gradient(rounded, codes), tape.gradient(bounded, codes), rtol=1e-6
    )


def test_a_single_level_is_refused():
    with pytest.raises(UsageError, match="levels must be >= 2. Received: 1"):
        FiniteScalarQuantization(1)


def test_encoder_with_levels_survives_a_file(tmp_path):
    encoder = networks.encoder((12, 12, 3), 5, width=4, normalize=True, levels=3)
    images = np.random.default_rng(0).normal(size=(20, 12, 12, 3)).astype(np.float32)
    vectors = encoder(images, training=True)["vector"].numpy()
    assert set(np.unique(vectors.round(4))) == {-1.0, 0.0, 1.0}
    # After the training step, which moves the mean statistics.
    encoder.save(tmp_path / "encoder.keras")
    loaded = keras.saving.load_model(tmp_path / "encoder.keras")
    np.testing.assert_array_equal(
        loaded(images)["vector"], encoder(images, training=False)["vector"]
    )
