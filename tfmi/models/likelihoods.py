"""How likely an image is, given what a decoder says of its pixels."""

import math

import tensorflow as tf

from tfmi.models.objectives import SUM_DTYPE


def reconstruction_loss(images, decoded, likelihood, deviation):
    """Minus the log-likelihood of images, in nats an image: a float32 scalar.

    Args:
        images: `(batch, height, width, channels)` in [-1, 1].
        decoded: of the same shape, of a decoder.
        likelihood: "bernoulli" or "gaussian".
        deviation: standard deviation of a gaussian pixel.
    """
    if likelihood == "bernoulli":
        return bernoulli_loss(images, decoded)
    return gaussian_loss(images, decoded, deviation)


def pixel_means(decoded, likelihood):
    """The images in [-1, 1] that a decoder means."""
    return 2 * tf.sigmoid(decoded) - 1 if likelihood == "bernoulli" else decoded


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
