"""Whether an export says what Keras says."""

import numpy as np

from tfmi.errors import DataError
from tfmi.exporting import reference
from tfmi.exporting import warmup
from tfmi.exporting.formats import onnx_file
from tfmi.exporting.formats import saved_model


def saved_model_differences(path, arrays):
    """Largest difference of each signature from the reference; runs the warm-up.

    Args:
        path: folder of the SavedModel.
        arrays: of `reference.load`.

    Returns:
        `{signature: largest absolute difference}`.

    Raises:
        DataError: for a signature, an output or a warm-up request that fails.
    """
    images, expected = reference.batches(arrays)
    asked = {
        saved_model.DEFAULT: (images, expected),
        saved_model.SCALED: ([reference.scaled(batch) for batch in images], expected),
    }
    if "files" in arrays:
        asked[saved_model.ENCODED] = reference.batches(arrays, "files")
    differences = {}
    with saved_model.loaded(path) as (call, known):
        missing = set(asked) - set(known)
        if missing:
            raise DataError(
                f"a SavedModel must have the signatures {', '.join(asked)}. "
                f"Received: none named {', '.join(sorted(missing))}"
            )
        for signature, (inputs, wanted) in asked.items():
            received = [call(signature, batch) for batch in inputs]
            differences[signature] = largest_difference(wanted, received)
    warmup.check(path)
    return differences


def onnx_differences(path, arrays):
    """The same of an ONNX file: `{"onnx": largest absolute difference}`."""
    images, expected = reference.batches(arrays)
    return {"onnx": largest_difference(expected, onnx_file.run(path, images))}


def largest_difference(expected, received):
    """Largest absolute difference over batches and outputs.

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
            difference = np.abs(value - got[name]).min(axis=0)
            largest = np.maximum(largest, difference.max())
    return float(largest)


def require_equal(difference, what, tolerance=reference.TOLERANCE):
    """Raise a DataError where a difference is above the tolerance."""
    if not difference <= tolerance:
        raise DataError(
            f"an export must differ from Keras by at most {tolerance}; nothing was "
            f"written. Received: {difference:.2e} for {what}"
        )
