"""Whether an export says what Keras says."""

import numpy as np

from tfmi.errors import DataError

TOLERANCE = 1e-4


def probe_batches(images):
    """uint8 batches of 1, 3 and 64: real, random, black and white images.

    Args:
        images: real images `(n, height, width, channels)`, n at least 1.
    """
    shape = images.shape[1:]
    random = np.random.default_rng(0).integers(0, 256, (64, *shape), dtype=np.uint8)
    real = np.resize(images, (64, *shape))
    return [
        real[:1],
        real[:3],
        real,
        random,
        np.zeros((3, *shape), np.uint8),
        np.full((1, *shape), 255, np.uint8),
    ]


def largest_difference(expected, received):
    """Largest absolute difference over batches and outputs.

    Raises:
        DataError: where the names or the shapes of the outputs differ.
    """
    largest = 0.0
    for wanted, got in zip(expected, received, strict=True):
        shapes = {name: value.shape for name, value in wanted.items()}
        if shapes != {name: value.shape for name, value in got.items()}:
            raise DataError(
                f"an export must have the outputs {shapes}. Received: "
                f"{ {name: value.shape for name, value in got.items()} }"
            )
        for name, value in wanted.items():
            # np.maximum keeps a NaN, the built-in max may drop it.
            largest = np.maximum(largest, np.abs(value - got[name]).max())
    return float(largest)


def require_equal(difference, what):
    """Raise a DataError where a difference is above the tolerance."""
    if not difference <= TOLERANCE:
        raise DataError(
            f"an export must differ from Keras by at most {TOLERANCE}; nothing was "
            f"written. Received: {difference:.2e} for {what}"
        )
