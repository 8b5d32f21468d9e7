"""Which images make pair number n: stateless, so any step can be asked for.

All functions are vectorised over a batch and run inside `tf.data.map`.
"""

import numpy as np

from tfmi.errors import DataError
from tfmi.lazy import LazyModule

tf = LazyModule("tensorflow")


class GroupPairing:
    """Pairs of two different images of the same group.

    Args:
        labels: `(images,)` ints, the group of each image.
        seed: the pairs are a function of it and of the step.
        rows: `(images,)` ints, what to give for each image; by default its
            position.

    Raises:
        DataError: where a group has a single image.
    """

    def __init__(self, labels, seed, rows=None):
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
        rows = order if rows is None else np.asarray(rows)[order]
        self._rows = tf.constant(rows, tf.int64)
        self._start = tf.constant(starts[group_of], tf.int64)
        self._size = tf.constant(sizes[group_of], tf.int64)

    @classmethod
    def within(cls, groups, members, seed):
        """Pairs among the members whose group has another member.

        Args:
            groups: `(images,)` ints, the group of each image.
            members: `(k,)` ints, the images to pair.
            seed: as above.
        """
        inverse, sizes = np.unique(
            groups[members], return_inverse=True, return_counts=True
        )[1:]
        members = members[sizes[inverse] > 1]
        return cls(groups[members], seed, rows=members)

    def indices(self, step, batch_size):
        """The images of batch number `step`.

        The anchor x goes through all images once an epoch, in an order that
        is new each epoch; the partner y is any other image of its group.

        Returns:
            Two int64 tensors `(batch_size,)`: indices of x and of y.
        """
        anchors = epoch_order(step, batch_size, self.num_images, self.seed)
        start, size = tf.gather(self._start, anchors), tf.gather(self._size, anchors)
        uniform = tf.random.stateless_uniform(
            [batch_size], seed=tf.stack([self.seed, step]), dtype=tf.float64
        )
        jump = 1 + tf.cast(uniform * tf.cast(size - 1, tf.float64), tf.int64)
        partners = start + (anchors - start + jump) % size
        return tf.gather(self._rows, anchors), tf.gather(self._rows, partners)


class ListedPairing:
    """Pairs that are given.

    Args:
        x, y: `(pairs,)` ints, the two images of each pair.
        seed: the order is a function of it and of the step.
    """

    def __init__(self, x, y, seed):
        self.num_images = len(x)
        self.seed = seed
        self._x, self._y = tf.constant(x, tf.int64), tf.constant(y, tf.int64)

    def indices(self, step, batch_size):
        """As `GroupPairing.indices`: each pair once an epoch."""
        pairs = epoch_order(step, batch_size, self.num_images, self.seed)
        return tf.gather(self._x, pairs), tf.gather(self._y, pairs)


def epoch_order(step, batch_size, count, seed):
    """Batch `step` of a walk through `count` items, in a new order each epoch."""
    steps_per_epoch = count // batch_size
    epoch, within = step // steps_per_epoch, step % steps_per_epoch
    slots = within * batch_size + tf.range(batch_size, dtype=tf.int64)
    return tf.random.experimental.index_shuffle(
        slots,
        seed=tf.cast(tf.stack([seed, epoch]), tf.uint32),
        max_index=tf.cast(count - 1, tf.int64),
    )
