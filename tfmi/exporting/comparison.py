"""Whether an export says what Keras says."""

import numpy as np

from tfmi.errors import DataError

# The largest difference of an output that counts as equal (`largest_difference`).
TOLERANCE = 1e-4


def tolerance(largest):
    """What a format that is made from another one may differ from Keras by later, on
    another processor, where roundings fall otherwise.

    Args:
        largest: difference when it was written.
    """
    return 2 * largest + 1e-3


def largest_difference(expected, received):
    """Largest difference over batches and outputs: absolute, and of an output whose
    numbers go beyond 1, as roundings do, in parts of its largest one.

    Args:
        expected: `{output: (right values, batch, size)}` of each batch; what is
            received is compared with the nearest right value.
        received: `{output: (batch, size)}` of each.

    Raises:
        DataError: where the names or the shapes of the outputs differ.
    """
    largest = 0.0
    for wanted, got in zip(expected, received, strict=True):
        shapes = {name: value.shape[1:] for name, value in wanted.items()}
        if shapes != {name: value.shape for name, value in got.items()}:
            raise DataError(
                f"an export must have the outputs {shapes}. Received: "
                f"{ {name: value.shape for name, value in got.items()} }"
            )
        for name, value in wanted.items():
            # np.maximum keeps a NaN, the built-in max may drop it.
            difference = np.abs(value - got[name]).min(axis=0).max()
            scale = np.maximum(np.abs(value).max(), 1)
            largest = np.maximum(largest, difference / scale)
    return float(largest)


def require_equal(difference, what, tolerance=TOLERANCE):
    """Raise a DataError where a difference is above the tolerance."""
    if not difference <= tolerance:
        raise DataError(
            f"an export must differ from Keras by at most {tolerance}, or that part of "
            f"the largest number; nothing was written. Received: {difference:.2e} for "
            f"{what}"
        )


def change(before, after):
    """Largest and mean absolute difference of two encoders' outputs.

    Args:
        before, after: `{output: (batch, size)}`.
    """
    differences = [np.abs(before[name] - after[name]) for name in before]
    return {
        "largest": float(np.max([d.max() for d in differences])),
        "mean": float(np.mean([d.mean() for d in differences])),
    }
