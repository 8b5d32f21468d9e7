"""Codes that are normal distributions with independent dimensions."""

import math

import keras
import tensorflow as tf

from tfmi.models.networks import CODE_DTYPE
from tfmi.models.objectives import SUM_DTYPE

# Of a log-variance, whatever a network says: its exponential stays a number.
LEAST, MOST = -10.0, 10.0


def gaussian_encoder(encoder, name=None):
    """An encoder whose vector is the mean and the log-variance of a code.

    Args:
        encoder: model from images to `{"feature_map", "vector": (batch, 2 * size)}`.

    Returns:
        A model to `{"feature_map", "vector": the mean (batch, size), "log_variance":
        (batch, size)}`.
    """
    mean, log_variance = mean_and_log_variance(encoder.output["vector"])
    outputs = {
        "feature_map": encoder.output["feature_map"],
        "vector": mean,
        "log_variance": log_variance,
    }
    return keras.Model(encoder.input, outputs, name=name)


def mean_and_log_variance(vector):
    """The halves of `(batch, 2 * size)`, the second bounded."""
    mean, log_variance = keras.ops.split(vector, 2, axis=-1)
    mean = keras.layers.Identity(dtype=CODE_DTYPE)(mean)
    return mean, keras.ops.clip(log_variance, LEAST, MOST)


def sample(mean, log_variance, seed):
    """A draw `(batch, size)` whose gradients reach both (Kingma, Welling 2014)."""
    noise = tf.random.stateless_normal(tf.shape(mean), seed, dtype=mean.dtype)
    return mean + tf.exp(log_variance / 2) * noise


def kl_divergence(mean, log_variance, other_mean=0.0, other_log_variance=0.0):
    """KL divergence of normal distributions from others, by default N(0, 1).

    Args:
        mean, log_variance: `(batch, size)`.
        other_mean, other_log_variance: of the second distribution.

    Returns:
        A float32 scalar in nats: summed over the dimensions, averaged over the batch.
    """
    mean, other_mean = tf.cast(mean, SUM_DTYPE), tf.cast(other_mean, SUM_DTYPE)
    log_ratio = tf.cast(log_variance, SUM_DTYPE) - other_log_variance
    distance = tf.square(mean - other_mean) * tf.exp(-other_log_variance)
    terms = (tf.exp(log_ratio) + distance - 1.0 - log_ratio) / 2
    return tf.reduce_mean(tf.reduce_sum(terms, axis=-1))


def gaussian_loss(images, means, deviation):
    """Minus the log-likelihood of images under normal pixels, its constant included.

    Args:
        images, means: `(batch, height, width, channels)`.
        deviation: standard deviation of a pixel.

    Returns:
        A float32 scalar in nats: summed over the pixels, averaged over the batch.
    """
    squares = tf.square(tf.cast(images, SUM_DTYPE) - tf.cast(means, SUM_DTYPE))
    constant = math.log(deviation) + math.log(2 * math.pi) / 2
    return _mean_of_sums(squares / (2 * deviation**2) + constant)


def bernoulli_loss(images, logits):
    """Minus the log-likelihood of images in [-1, 1], whose pixels are taken as the
    probabilities that they are 1 and not -1.

    Args:
        logits: of those probabilities, `(batch, height, width, channels)`.

    Returns:
        As `gaussian_loss`.
    """
    targets = (tf.cast(images, SUM_DTYPE) + 1) / 2
    logits = tf.cast(logits, SUM_DTYPE)
    return _mean_of_sums(
        tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    )


def _mean_of_sums(values):
    return tf.reduce_mean(tf.reduce_sum(values, axis=[1, 2, 3]))
