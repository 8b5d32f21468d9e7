"""MapNormalization and FusedAdam against Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmi.models.layers import MOMENTUM
from tfmi.models.layers import FusedAdam
from tfmi.models.layers import MapNormalization

RNG = np.random.default_rng(0)
MAPS = RNG.normal(2.0, 3.0, size=(4, 5, 3, 6)).astype("f")


def normalizations():
    theirs = keras.layers.BatchNormalization(momentum=MOMENTUM, name="b")
    layers = MapNormalization(name="a"), theirs
    start = [RNG.uniform(0.5, 1.5, size=6) for _ in range(4)]
    for layer in layers:
        layer.build(MAPS.shape)
        layer.set_weights(start)
    return layers


def outputs_and_gradients(layer, training):
    maps = tf.constant(MAPS)
    sources = [maps, *(v.value for v in layer.trainable_variables)]
    with tf.GradientTape() as tape:
        tape.watch(maps)
        outputs = layer(maps, training=training)
        loss = tf.reduce_sum(tf.sin(outputs))
    return [outputs, *tape.gradient(loss, sources)]


@pytest.mark.parametrize("training", [True, False])
def test_normalization_is_that_of_keras(training):
    own, keras_own = normalizations()
    results = [outputs_and_gradients(layer, training) for layer in (own, keras_own)]
    for left, right in zip(*results, strict=True):
        scale = max(1.0, np.abs(right).max())
        np.testing.assert_allclose(left / scale, right / scale, atol=1e-5)
    for left, right in zip(own.get_weights(), keras_own.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-5)


def test_frozen_normalization_keeps_its_averages():
    own, _ = normalizations()
    own.trainable = False
    before = own.get_weights()
    own(MAPS, training=True)
    for left, right in zip(before, own.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_half_precision_keeps_the_statistics():
    half = MapNormalization(dtype="mixed_bfloat16", momentum=0.0)
    outputs = half(tf.cast(MAPS, tf.bfloat16), training=True)
    assert outputs.dtype == tf.bfloat16
    assert half.moving_mean.dtype == "float32"
    expected = tf.cast(tf.cast(MAPS, tf.bfloat16), tf.float32)
    np.testing.assert_allclose(
        half.moving_mean, np.mean(expected, axis=(0, 1, 2)), rtol=1e-4
    )
    np.testing.assert_allclose(
        half.moving_variance, np.var(expected, axis=(0, 1, 2)), rtol=1e-4
    )


def test_adam_is_that_of_keras():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    results = []
    for kind in (FusedAdam, keras.optimizers.Adam):
        variables = [keras.Variable(np.ones(shape)) for shape in ((3,), (2, 4))]
        optimizer = kind(schedule, beta_1=0.5)
        optimizer.build(variables)
        generator = np.random.default_rng(1)
        for _ in range(5):
            gradients = [
                tf.constant(generator.normal(size=v.shape), tf.float32)
                for v in variables
            ]
            optimizer.apply(gradients, variables)
        results.append([*variables, *optimizer.variables])
    for left, right in zip(*results, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-5, atol=1e-7)


def test_adam_round_trips():
    optimizer = FusedAdam(0.1, beta_1=0.5)
    config = keras.saving.serialize_keras_object(optimizer)
    restored = keras.saving.deserialize_keras_object(config)
    assert isinstance(restored, FusedAdam)
    assert restored.beta_1 == 0.5
