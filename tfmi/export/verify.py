"""Whether an export says what Keras says.

Each export is run as a consumer runs it: the SavedModel through the loader
that TensorFlow Serving uses, not `tf.saved_model.load`, which accepts exports
that the server cannot run; the ONNX file through onnxruntime.
"""

import numpy as np
import tensorflow as tf

from tfmi.errors import DataError
from tfmi.preprocessing import scale_images

TOLERANCE = 1e-4
BATCH_SIZES = (1, 3, 64)


def probe_batches(images):
    """uint8 batches: real, random, zero and 255 images, each of `BATCH_SIZES`.

    Args:
        images: real images `(n, height, width, channels)`, n at least 1.
    """
    shape = (max(BATCH_SIZES), *images.shape[1:])
    kinds = [
        np.resize(images, shape),
        np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8),
        np.zeros(shape, np.uint8),
        np.full(shape, 255, np.uint8),
    ]
    return [kind[:size] for kind in kinds for size in BATCH_SIZES]


def check_saved_model(path, batches, expected):
    """Largest difference of every signature of a SavedModel from Keras.

    Args:
        path: the folder.
        batches: of `probe_batches`.
        expected: Keras's outputs for them, of `run_keras`.

    Raises:
        DataError: above `TOLERANCE`, or where a signature cannot be run.
    """
    feeds = {
        "serving_default": lambda batch: batch,
        "scaled": lambda batch: scale_images(batch).numpy(),
        "encoded": _png_bytes,
    }
    largest = 0.0
    for signature, received in run_saved_model(path, batches, feeds).items():
        difference = largest_difference(expected, received)
        require_equal(difference, f"the signature {signature} of {path}")
        largest = max(largest, difference)
    return largest


def check_onnx(path, batches, expected):
    """Largest difference of an ONNX file from Keras; see `check_saved_model`."""
    difference = largest_difference(expected, run_onnx(path, batches))
    require_equal(difference, path)
    return difference


def _png_bytes(batch):
    # PNG loses nothing, so the outputs must be those of the raw images.
    return np.array([tf.io.encode_png(image).numpy() for image in batch], object)


def run_saved_model(path, batches, feeds):
    """Outputs for each batch by the server's loader, of the signatures there are.

    Args:
        feeds: `{signature: function from a uint8 batch to what it takes}`.

    Returns:
        `{signature: [{output name: array} for each batch]}`.

    Raises:
        DataError: where it does not load, run or have a `serving_default`.
    """
    try:
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            loaded = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(path))
            known = loaded.signature_def
            names = [name for name in feeds if name in known]
            values = {name: _feed(feeds[name], batches) for name in names}
            results = {n: _run(session, known[n], values[n]) for n in names}
    except (tf.errors.OpError, OSError, ValueError) as error:
        raise DataError(
            "an export must run in the loader of TensorFlow Serving. "
            f"Received: {path} ({str(error).splitlines()[0]})"
        ) from error
    if "serving_default" not in results:
        raise DataError(
            "an export must have the signature serving_default. "
            f"Received: {sorted(known)} in {path}"
        )
    return results


def _feed(feed, batches):
    # Prepared eagerly although the session's graph is the current one.
    with tf.init_scope():
        return [feed(batch) for batch in batches]


def _run(session, signature, values):
    (given,) = signature.inputs.values()
    fetches = {name: info.name for name, info in signature.outputs.items()}
    return [session.run(fetches, {given.name: value}) for value in values]


def run_onnx(path, batches):
    """Outputs for each batch by onnxruntime on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return [
        dict(zip(names, session.run(names, {"images": batch}), strict=True))
        for batch in batches
    ]


def run_keras(model, batches):
    """Outputs of the Keras model for each batch, as arrays."""
    outputs = [model(batch, training=False) for batch in batches]
    return [{name: np.asarray(value) for name, value in o.items()} for o in outputs]


def largest_difference(expected, received):
    """Largest absolute difference over batches and outputs; NaN if one is NaN.

    Raises:
        DataError: where the names or the shapes of the outputs differ.
    """
    largest = 0.0
    for wanted, got in zip(expected, received, strict=True):
        if _shapes(wanted) != _shapes(got):
            raise DataError(
                f"an export must have the outputs {_shapes(wanted)}. "
                f"Received: {_shapes(got)}"
            )
        for name, value in wanted.items():
            # np.maximum, unlike max, never loses a NaN.
            largest = np.maximum(largest, np.abs(value - got[name]).max())
    return float(largest)


def _shapes(outputs):
    return {name: value.shape for name, value in sorted(outputs.items())}


def require_equal(difference, what):
    """Raise a DataError where a difference is above the tolerance, or NaN."""
    if not difference <= TOLERANCE:
        raise DataError(
            f"an export must differ from Keras by at most {TOLERANCE}; nothing was "
            f"published. Received: {difference:.2e} for {what}"
        )
