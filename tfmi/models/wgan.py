"""Wasserstein games with a gradient penalty, and the reversal of gradients."""

import keras
import tensorflow as tf

from tfmi.models.networks import CODE_DTYPE
from tfmi.models.networks import num_blocks
from tfmi.models.objectives import SUM_DTYPE


@keras.saving.register_keras_serializable(package="tfmi")
class GradientReversal(keras.layers.Layer):
    """The identity, whose gradient is multiplied by -1 (Ganin et al. 2016).

    Call arguments: `inputs`, of any shape.
    """

    def call(self, inputs):
        return reversed_gradient(inputs)

    def compute_output_shape(self, input_shape):
        return input_shape


@tf.custom_gradient
def reversed_gradient(values):
    """The values themselves; their gradient is minus what comes back."""
    return tf.identity(values), lambda gradient: -gradient


def image_pair_critic(image_shape, width=32, initializer="glorot_uniform", name=None):
    """A critic of a target image, given an input image of the same shape.

    Stride-2 4x4 convolutions with leaky ReLU, no normalisation (the penalty is of
    each image by itself), and a linear score.

    Args:
        image_shape: `(height, width, channels)`.
        width: channels of the first convolution, doubled by each, up to 8 times.
        initializer: of the kernels.

    Returns:
        A model from `(batch, height, width, 2 * channels)`, the input's channels first,
        to `(batch, 1)`, float32.
    """
    pair = keras.Input((*image_shape[:2], 2 * image_shape[2]), name="pair")
    features = pair
    for block in range(num_blocks(image_shape)):
        features = keras.layers.Conv2D(
            width * min(2**block, 8),
            4,
            strides=2,
            padding="same",
            kernel_initializer=initializer,
            name=f"conv_{block}",
        )(features)
        features = keras.layers.LeakyReLU(0.2, name=f"relu_{block}")(features)
    score = keras.layers.Dense(1, dtype=CODE_DTYPE, name="score")(
        keras.layers.Flatten()(features)
    )
    return keras.Model(pair, score, name=name)


def critic_loss(critic, real, fake, seed, penalty_weight):
    """What a critic minimises: minus the Wasserstein distance as it sees it, plus
    the penalty (Gulrajani et al. 2017, Eq. 3).

    Args:
        critic: model from `(batch, ...)` to `(batch, 1)`.
        real, fake: `(batch, ...)`.
        seed: int tensor `(2,)`, of the places between real and fake ones.
        penalty_weight: of the gradient penalty.

    Returns:
        A float32 scalar.
    """
    distance = _mean(critic(real, training=True)) - _mean(critic(fake, training=True))
    return penalty_weight * gradient_penalty(critic, real, fake, seed) - distance


def generator_loss(critic, fake):
    """What a generator minimises: minus the critic's mean score of what it makes."""
    return -_mean(critic(fake, training=True))


def gradient_penalty(critic, real, fake, seed):
    """Mean of (|gradient| - 1)^2 at random places between real and fake ones."""
    batch = tf.shape(real)[0]
    shape = tf.concat([[batch], tf.ones(len(real.shape) - 1, tf.int32)], axis=0)
    place = tf.random.stateless_uniform(shape, seed, dtype=real.dtype)
    between = real + place * (fake - real)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(between)
        score = tf.reduce_sum(critic(between, training=True))
    gradient = tf.cast(tape.gradient(score, between), SUM_DTYPE)
    squares = tf.reduce_sum(tf.square(gradient), axis=list(range(1, len(real.shape))))
    # The root's gradient at 0 is no number.
    return tf.reduce_mean(tf.square(tf.sqrt(squares + 1e-12) - 1.0))


def _mean(scores):
    return tf.reduce_mean(tf.cast(scores, SUM_DTYPE))
