"""Images moved at random, so that few of them teach more."""

import tensorflow as tf


def random_shifts(images, max_shift, seed):
    """Move each image at random, down or up and left or right.

    What a shift uncovers mirrors what lies beside it.

    Args:
        images: `(batch, height, width, channels)`.
        max_shift: the farthest, as a fraction of a side, below 1.
        seed: int tensor `(2,)`; the shifts are a function of it.

    Returns:
        As `images`.
    """
    seeds = tf.random.experimental.stateless_split(seed, 2)
    for axis in (1, 2):
        positions = _shifted(tf.shape(images), axis, max_shift, seeds[axis - 1])
        images = tf.gather(images, positions, axis=axis, batch_dims=1)
    return images


def _shifted(shape, axis, max_shift, seed):
    """`(batch, side)` positions along an axis, mirrored at its ends."""
    last = shape[axis] - 1
    farthest = tf.cast(max_shift * tf.cast(shape[axis], tf.float32), tf.int32)
    shifts = tf.random.stateless_uniform(
        [shape[0], 1], seed, -farthest, farthest + 1, tf.int32
    )
    positions = tf.abs(tf.range(shape[axis])[None] + shifts)
    return last - tf.abs(last - positions)
