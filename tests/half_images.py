"""8x8 images whose lit half is their shape, and representations of them."""

import numpy as np
import tensorflow as tf

from tfmi.evaluation.results import UNTRAINED
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.pipelines.base import PairDataset
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED

SHAPE = Factor("shape", ("left", "right"))
SHADE = Factor("shade", ("dark", "middle", "light"))


class Halves(PairDataset):
    """The lit half of an image is its shape, the grey level its shade."""

    name = "half images"
    source = "made in the test"
    image_shape = (8, 8, 1)
    domains = (
        Domain("x", "first", (SHAPE,), (SHADE,)),
        Domain("y", "second", (SHAPE,), (SHADE,)),
    )

    def num_images(self, split):
        return {"train": 600, "test": 90}[split]

    def pairs(self, batch_size, seed, first_step, steps, split="train"):
        raise NotImplementedError

    def labelled(self, domain, split, batch_size, seed=0):
        generator = np.random.default_rng([seed, len(split), ord(domain)])
        count = self.num_images(split)
        shape, shade = (
            generator.integers(2, size=count),
            generator.integers(3, size=count),
        )
        images = np.zeros((count, 8, 8, 1), np.uint8)
        for image, side, level in zip(images, shape, shade, strict=True):
            image[:, 4 * side : 4 * side + 4] = 80 + 80 * level
        labels = {"shape": shape, "shade": shade}
        return tf.data.Dataset.from_tensor_slices((images, labels)).batch(batch_size)


def lit_side(images):
    lit = np.asarray(images)[..., 0].max(axis=1) > 0
    return 3.0 * lit[:, [0, 7]]


def shade_level(images):
    level = np.asarray(images).max(axis=(1, 2, 3)) // 80 - 1
    return 3.0 * np.eye(3)[level]


def noise(images):
    """Nothing of a shape, though each probe makes something else of it."""
    return np.random.default_rng(len(images)).normal(size=(len(images), 4))


def nothing(images):
    return np.ones((len(images), 2))


KEYS = [(r, d) for d in "xy" for r in (SHARED, EXCLUSIVE)]
NAMES = [(r.name, d) for r, d in KEYS]
TRAINED = {(r, d): lit_side if r is SHARED else shade_level for r, d in KEYS}
ROWS = {"Ours": TRAINED, UNTRAINED: dict.fromkeys(KEYS, nothing)}
HELD = {"shared": "shape", "exclusive": "shade"}
