"""Which images make pair number n: stateless, so any step can be asked for.

All functions are vectorised over a batch and run inside `tf.data.map`.
"""

import numpy as np
import tensorflow as tf

from tfmi.errors import DataError


class GroupPairing:
    """Pairs of two different images of the same group.

    Args:
        labels: `(images,)` ints, the group of each image.
        seed: the pairs are a function of it and of the step.

    Raises:
        DataError: where a group has a single image.
    """

    def __init__(self, labels, seed):
        labels = np.asarray(labels)
        groups, sizes = np.unique(labels, return_counts=True)
        if (sizes < 2).any():
            raise DataError(
                "each group must have at least 2 images. "
                f"Received: group {groups[sizes < 2][0]} with 1"
            )
        order = np.argsort(labels, kind="stable")
        group_of = np.searchsorted(groups, labels[order])
        starts = np.cumsum(sizes) - sizes
        self.num_images = len(labels)
        self.seed = seed
        self._order = tf.constant(order, tf.int64)
        self._start = tf.constant(starts[group_of], tf.int64)
        self._size = tf.constant(sizes[group_of], tf.int64)

    def indices(self, step, batch_size):
        """The images of batch number `step`.

        The anchor x goes through all images once an epoch, in an order that
        is new each epoch; the partner y is any other image of its group.

        Returns:
            Two int64 tensors `(batch_size,)`: indices of x and of y.
        """
        steps_per_epoch = self.num_images // batch_size
        epoch, within = step // steps_per_epoch, step % steps_per_epoch
        slots = within * batch_size + tf.range(batch_size, dtype=tf.int64)
        anchors = tf.random.experimental.index_shuffle(
            slots,
            seed=tf.cast(tf.stack([self.seed, epoch]), tf.uint32),
            max_index=tf.cast(self.num_images - 1, tf.int64),
        )
        start, size = tf.gather(self._start, anchors), tf.gather(self._size, anchors)
        uniform = tf.random.stateless_uniform(
            [batch_size], seed=tf.stack([self.seed, step]), dtype=tf.float64
        )
        jump = 1 + tf.cast(uniform * tf.cast(size - 1, tf.float64), tf.int64)
        partners = start + (anchors - start + jump) % size
        return tf.gather(self._order, anchors), tf.gather(self._order, partners)
