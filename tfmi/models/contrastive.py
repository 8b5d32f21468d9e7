"""Contrastive estimates of mutual information, and independence of codes by moments."""

import tensorflow as tf

from tfmi.models.objectives import SUM_DTYPE

# Of a dimension that does not vary, which has no correlations.
LEAST_VARIANCE = 1e-6


def info_nce(scores):
    """The InfoNCE bound of mutual information (van den Oord et al. 2018), to be
    maximised.

    Args:
        scores: `(..., batch, batch)`, of each first sample with each second one; those
            of one pair lie on the diagonal.

    Returns:
        A float32 scalar in nats, at most the logarithm of the batch: the mean over
        both directions and all matrices.
    """
    scores = tf.cast(scores, SUM_DTYPE)
    own = tf.linalg.diag_part(scores)
    rows, columns = (tf.reduce_logsumexp(scores, axis=axis) for axis in (-1, -2))
    size = tf.cast(tf.shape(scores)[-1], SUM_DTYPE)
    return tf.reduce_mean(own - (rows + columns) / 2) + tf.math.log(size)


def cosine_scores(first, second, temperature):
    """Cosines of the angles of all first codes with all second ones, over a
    temperature: `(batch, batch)`.

    Args:
        first, second: `(batch, size)`.
    """
    first, second = (
        tf.math.l2_normalize(tf.cast(codes, SUM_DTYPE), axis=-1, epsilon=1e-8)
        for codes in (first, second)
    )
    return tf.matmul(first, second, transpose_b=True) / temperature


def mean_squared_correlation(first, second):
    """Mean over all pairs of their dimensions of the squared correlation of two codes
    over a batch: about 1 / batch where nothing of one is in the other, and 1 / size
    where they are the same code of independent dimensions.

    Args:
        first, second: `(batch, size)`, of any two sizes.

    Returns:
        A float32 scalar.
    """
    first, second = _standardized(first), _standardized(second)
    count = tf.cast(tf.shape(first)[0], SUM_DTYPE)
    correlations = tf.matmul(first, second, transpose_a=True) / count
    return tf.reduce_mean(tf.square(correlations))


def _standardized(codes):
    codes = tf.cast(codes, SUM_DTYPE)
    mean, variance = tf.nn.moments(codes, axes=[0])
    return (codes - mean) * tf.math.rsqrt(variance + LEAST_VARIANCE)
