"""What Keras says of some images, kept so that an export can be checked again.

`references/<encoder>-<version>.npz` holds `images` (uint8), `files` (PNG and
JPEG), and for each output `images/<output>` and `files/<output>`, each
`(right values, n, size)`; see `serving_model.right_outputs`.
"""

import zipfile

import numpy as np
import tensorflow as tf

from tfmi.errors import DataError
from tfmi.exporting import graph
from tfmi.exporting.comparison import TOLERANCE
from tfmi.exporting.serving_model import right_outputs
from tfmi.models.preprocessing import scale_images

BATCH_SIZES = (1, 3, 64)
COUNT = max(BATCH_SIZES)
EXTREMES = 4


def make(encoders, real, enlarge=True):
    """The reference of encoders.

    Args:
        encoders: as of `serving_model.serving_model`.
        real: uint8 images `(n, height, width, channels)`, n at least 1.
        enlarge: as in `graph.decode_images`.

    Returns:
        `{name: array}` as in the file.
    """
    images = probe_images(real)
    arrays = {"images": images, **_outputs(encoders, images, "images")}
    shape = images.shape[1:]
    if graph.takes_files(shape):
        files = encode_images(images)
        decoded = graph.decode_images(tf.constant(files), shape, enlarge)
        arrays.update(files=files, **_outputs(encoders, decoded, "files"))
    return arrays


def _outputs(encoders, images, kind):
    outputs = right_outputs(encoders, images, TOLERANCE)
    return {f"{kind}/{name}": values for name, values in outputs.items()}


def probe_images(real):
    """64 uint8 images: half real, the others random, black, white and checkered."""
    shape = real.shape[1:]
    checkered = np.indices(shape).sum(0) % 2
    extremes = np.stack(
        [np.zeros(shape), np.full(shape, 255), 255 * checkered, 255 * (1 - checkered)]
    )
    random = np.random.default_rng(0).integers(
        0, 256, (COUNT // 2 - EXTREMES, *shape), dtype=np.uint8
    )
    # Alternating, so that small batches meet each kind.
    images = np.empty((COUNT, *shape), np.uint8)
    images[::2] = np.resize(real, (COUNT // 2, *shape))
    images[1::2] = np.concatenate([extremes.astype(np.uint8), random])
    return images


def encode_images(images):
    """Files `(n,)` of bytes: PNG and JPEG, of the images' size and of twice it."""
    height, width = images.shape[1:3]
    files = []
    for i, image in enumerate(images):
        if i % 4 >= 2:
            image = tf.image.resize(image, (2 * height, 2 * width), method="nearest")
        encode = tf.io.encode_jpeg if i % 2 else tf.io.encode_png
        files.append(encode(image).numpy())
    # Neither format ends in a zero byte, which this dtype would drop.
    return np.array(files, dtype="S")


def save(path, arrays):
    """Write the file."""
    np.savez_compressed(path, **arrays)


def load(path):
    """Read the file.

    Raises:
        DataError: where it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {"images": file["images"], **file}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"a reference must be an .npz file of tfmi export. Received: {path}"
        ) from error


def batches(arrays, kind="images"):
    """The inputs and Keras's outputs in batches of 1, 3 and 64.

    Returns:
        A list of arrays, and a list of `{output: (right values, batch, size)}`.
    """
    outputs = {
        name.partition("/")[2]: value
        for name, value in arrays.items()
        if name.startswith(f"{kind}/")
    }
    inputs = arrays[kind]
    if inputs.dtype.kind == "S":
        inputs = inputs.astype(object)
    parts = [
        slice(start, start + size)
        for size in BATCH_SIZES
        for start in range(0, len(inputs), size)
    ]
    expected = [{name: v[:, part] for name, v in outputs.items()} for part in parts]
    return [inputs[part] for part in parts], expected


def scaled(batch):
    """A uint8 batch as the signature for scaled floats takes it."""
    return scale_images(batch).numpy()
