"""Stripes that lie or stand, dark or light; a pair shares the direction."""

from typing import Annotated

import numpy as np

from tfmi.pipelines import from_dataset
from tfmi.pipelines.options import option

NEEDS = "nothing: it is drawn"
SIDE = 16


def available():
    """One line on the data that can be had right now."""
    return "always"


def open_dataset(
    mine_option: Annotated[int, option("Number of stripes.", at_least=1)] = 2,
):
    """Stripes, drawn."""
    import tensorflow as tf

    def drawn(count, seed):
        images, labels = draw(count, seed, mine_option)
        return tf.data.Dataset.from_tensor_slices((images, labels))

    images, labels = draw(64, 0, mine_option)
    order = np.argsort(labels["way"], kind="stable")
    first, second = order[::2], order[1::2]
    pairs = tf.data.Dataset.from_tensor_slices((images[first], images[second]))
    return from_dataset(
        pairs,
        {"train": drawn(120, 1), "test": drawn(60, 2)},
        {"shared": {"way": 2}, "exclusive": {"hue": ("dark", "light")}},
        name="mine",
        source=f"{mine_option} stripes an image",
    )


def draw(count, seed, stripes):
    """uint8 images `(count, 16, 16, 1)` and `{factor: labels}`."""
    generator = np.random.default_rng(seed)
    way, hue = generator.integers(2, size=(2, count))
    images = np.zeros((count, SIDE, SIDE, 1), np.uint8)
    for image, stands, light in zip(images, way, hue, strict=True):
        band = (np.arange(SIDE) * 2 * stripes // SIDE % 2) * (100 + 100 * light)
        image[..., 0] = band[:, None] if stands else band[None]
    return images, {"way": way, "hue": hue}
