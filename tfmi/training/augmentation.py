"""What training does to images so that few of them teach more."""

import tensorflow as tf

from tfmi.models.preprocessing import scale_images


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


def prepared(pairs, first_step, max_shift, seed):
    """Pairs as the models take them. Both images of a pair are moved, each by
    itself, as a function of the seed and the step."""

    def prepare(step, pair):
        if max_shift:
            pair = {
                domain: random_shifts(images, max_shift, tf.stack([seed + k, step]))
                for k, (domain, images) in enumerate(pair.items())
            }
        return {domain: scale_images(images) for domain, images in pair.items()}

    return pairs.enumerate(first_step).map(prepare, tf.data.AUTOTUNE).prefetch(2)
