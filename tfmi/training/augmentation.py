"""What training does to images so that few of them teach more."""

import tensorflow as tf

from tfmi.models.preprocessing import scale_images
from tfmi.models.shifts import random_shifts


def prepared(pairs, first_step, max_shift, seed, scaled=True):
    """Pairs as the models take them. Both images of a pair are moved, each by
    itself, as a function of the seed and the step.

    Args:
        scaled: whether they are floats already; else the model scales them, and what
            goes to its device is a quarter as large.
    """

    def prepare(step, pair):
        if max_shift:
            pair = {
                domain: random_shifts(images, max_shift, tf.stack([seed + k, step]))
                for k, (domain, images) in enumerate(pair.items())
            }
        if not scaled:
            return pair
        return {domain: scale_images(images) for domain, images in pair.items()}

    return pairs.enumerate(first_step).map(prepare, tf.data.AUTOTUNE).prefetch(2)
