"""Codes that are normal distributions with independent dimensions."""

import keras
import tensorflow as tf

from tfmi.errors import UsageError
from tfmi.models.networks import CODE_DTYPE
from tfmi.models.networks import finished_code
from tfmi.models.objectives import SUM_DTYPE

# Of a log-variance, whatever a network says: its exponential stays a number.
LEAST, MOST = -10.0, 10.0


def gaussian_encoder(encoder, name=None, normalize=False, levels=0):
    """An encoder whose vector is the mean and the log-variance of a code.

    Args:
        encoder: model from images to `{"feature_map", "vector": (batch, 2 * size)}`.
        normalize, levels: of the mean, as of `networks.encoder`.

    Returns:
        A model to `{"feature_map", "vector": the mean (batch, size), "log_variance":
        (batch, size)}`.
    """
    mean, log_variance = mean_and_log_variance(encoder.output["vector"])
    outputs = {
        "feature_map": encoder.output["feature_map"],
        "vector": finished_code(mean, normalize, levels),
        "log_variance": log_variance,
    }
    return keras.Model(encoder.input, outputs, name=name)


def check_encoders(*encoders):
    """Check that encoders, those that are there, give distributions.

    Raises:
        UsageError: where one has no "log_variance".
    """
    for encoder in encoders:
        if encoder is not None and "log_variance" not in encoder.output:
            raise UsageError(
                'with kl_weight an encoder must give {"feature_map", "vector", '
                f'"log_variance"}}. Received: {encoder.name} without the last'
            )


def mean_and_log_variance(vector):
    """The halves of `(batch, 2 * size)`, the second bounded."""
    mean, log_variance = keras.ops.split(vector, 2, axis=-1)
    mean = keras.layers.Identity(dtype=CODE_DTYPE)(mean)
    return mean, keras.ops.clip(log_variance, LEAST, MOST)


def posterior(outputs):
    """Mean and log-variance of what a `gaussian_encoder` gives."""
    return outputs["vector"], outputs["log_variance"]


def drawn(encoded, seeds):
    """A draw of the code of each of several outputs of a `gaussian_encoder`."""
    return [sample(*posterior(o), s) for o, s in zip(encoded, seeds, strict=True)]


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


def symmetric_kl(first, second):
    """Mean of the KL divergences of two normal distributions from each other, as
    `kl_divergence` gives them.

    Args:
        first, second: `(mean, log_variance)`, each `(batch, size)`.
    """
    return (kl_divergence(*first, *second) + kl_divergence(*second, *first)) / 2
