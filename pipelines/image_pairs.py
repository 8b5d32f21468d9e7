"""The `PairDataset` of images that lie in rows, whatever pairs them."""

import numpy as np

from tfmi.files import printable
from tfmi.lazy import LazyModule
from tfmi.pipelines.base import PairDataset
from tfmi.pipelines.rows import gather

tf = LazyModule("tensorflow")


class ImagePairs(PairDataset):
    """Pairs of images that an integer index finds.

    Args:
        name: of the pipeline.
        source: one line for people.
        rows: what `rows[indices]` gives uint8 images for.
        image_shape: `(height, width, channels)`.
        domains: the `Domain`s, with the factors that `labels` has.
        pairing: function `(split, seed)` to an object with `num_images` and
            `indices(step, batch_size)` (module `pairing`).
        members: `{(domain, split): rows}`, the images of each split.
        labels: `{domain: {factor: int (all rows,)}}`, and `{(domain, split): ...}`
            of a split that has other factors.
        report: attributes `channels`, `notes`, `unusable`, `split` of `PairDataset`.
    """

    def __init__(
        self,
        name,
        source,
        rows,
        image_shape,
        domains,
        pairing,
        members,
        labels,
        **report,
    ):
        self.name = name
        self.source = printable(source)
        self.image_shape = tuple(int(side) for side in image_shape)
        self.domains = domains
        self._rows = rows
        self._pairing = pairing
        self.splits = tuple(dict.fromkeys(split for _, split in members))
        self._labels = labels
        # A fixed shuffle, so that the first images are a fair sample of all.
        self._members = {
            key: np.random.default_rng([0, *f"{key}".encode()]).permutation(indices)
            for key, indices in members.items()
        }
        for attribute, value in report.items():
            setattr(self, attribute, value)
        self.notes, self.unusable = (
            tuple(map(printable, lines)) for lines in (self.notes, self.unusable)
        )

    def num_images(self, split):
        return self._pairing(split, 0).num_images

    def pairs(self, batch_size, seed, first_step, steps, split="train"):
        pairing = self._pairing(split, seed)

        def make_batch(step):
            x, y = pairing.indices(step, batch_size)
            return {"x": self._gather(x), "y": self._gather(y)}

        steps = tf.data.Dataset.range(first_step, first_step + steps)
        return steps.map(make_batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(8)

    def labelled(self, domain, split, batch_size, seed=0):
        indices = self._members[domain, split]
        every = self._labels.get((domain, split), self._labels[domain])
        labels = {name: values[indices] for name, values in every.items()}
        batches = tf.data.Dataset.from_tensor_slices((indices, labels))
        return batches.batch(batch_size).map(
            lambda rows, labels: (self._gather(rows), labels)
        )

    def _gather(self, indices):
        return gather(self._rows, indices, self.image_shape)
