"""What Keras says of some images, kept so that an export can be checked again.

`references/<encoder>-<version>.npz` holds `images` (uint8), `files` (PNG and
JPEG), and for each output `images/<output>` and `files/<output>`, each
`(right values, n, size)`; see `serving_model.right_outputs`.
"""

import functools
import pathlib
import tempfile

import numpy as np
import tensorflow as tf

from tfmi.errors import DataError
from tfmi.exporting import graph
from tfmi.exporting import image_files
from tfmi.exporting import sample_files
from tfmi.exporting.comparison import TOLERANCE
from tfmi.exporting.serving_model import right_outputs
from tfmi.files import foreign
from tfmi.models.preprocessing import scale_images
from tfmi.pipelines.images import read_image
from tfmi.runs.samples import read_arrays

BATCH_SIZES = (1, 3, 64)
COUNT = max(BATCH_SIZES)
# Of each size; that of the largest has all images.
BATCHES = 8
EXTREMES = 4
# Type (numpy's letter) and number of dimensions of each kind of input.
KINDS = {"images": ("B", 4), "files": ("S", 1)}
# One right value of an output, or three where it is rounded.
RIGHT_VALUES = (1, 3)
# Of 255, by which resampling may round otherwise than Pillow's.
ROUNDING = 2


def make(encoders, real, enlarge=True):
    """The reference of encoders.

    Args:
        encoders: as of `serving_model.serving_model`.
        real: uint8 images `(n, height, width, channels)`, n at least 1.
        enlarge: as in `image_files.decode_images`.

    Returns:
        `{name: array}` as in the file.

    Raises:
        DataError: as `decode_files`.
    """
    images = probe_images(real)
    arrays = {"images": images, **_outputs(encoders, images, "images")}
    shape = images.shape[1:]
    if graph.takes_files(shape):
        files = encode_images(images)
        decoded = decode_files(files, shape, enlarge)
        arrays.update(files=files, **_outputs(encoders, decoded, "files"))
    return arrays


def _outputs(encoders, images, kind):
    outputs = right_outputs(encoders, images, TOLERANCE)
    return {f"{kind}/{name}": values for name, values in outputs.items()}


def patchwork_images(shape):
    """Random uint8 images `(32, *shape)` of 4 x 4 patches, instead of real ones."""
    generator = np.random.default_rng(0)
    patches = generator.integers(0, 256, (COUNT // 2, 4, 4, shape[2]), np.uint8)
    rows, columns = (4 * np.arange(side) // side for side in shape[:2])
    return patches[:, rows][:, :, columns]


def probe_images(real):
    """64 uint8 images: half real, the others random, black, white and checkered."""
    shape = real.shape[1:]
    checkered = np.indices(shape).sum(0) % 2
    extremes = np.stack(
        [np.zeros(shape), np.full(shape, 255), 255 * checkered, 255 * (1 - checkered)]
    )
    # Of four levels, which take a quarter of the space of all 256.
    random = 85 * np.random.default_rng(0).integers(
        0, 4, (COUNT // 2 - EXTREMES, *shape), dtype=np.uint8
    )
    # Alternating, so that small batches meet each kind.
    images = np.empty((COUNT, *shape), np.uint8)
    images[::2] = np.resize(real, (COUNT // 2, *shape))
    images[1::2] = np.concatenate([extremes.astype(np.uint8), random])
    return images


def encode_images(images):
    """Files `(n,)` of bytes, of every kind in turn: of the images' size, then of
    twice it."""
    kinds = list(sample_files.KINDS)
    files = []
    for number, image in enumerate(images):
        turn, kind = divmod(number, len(kinds))
        image = image.repeat(1 + turn % 2, axis=0).repeat(1 + turn % 2, axis=1)
        files.append(sample_files.encode(image, kinds[kind]))
    # Neither format ends in a zero byte, which this dtype would drop.
    return np.array(files, dtype="S")


def decode_files(files, shape, enlarge):
    """What the served graph makes of files, which training has to read alike.

    Raises:
        DataError: where it reads a file otherwise.
    """
    decoded = decoder(shape, enlarge)(tf.constant(files)).numpy()
    kinds = list(sample_files.KINDS)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "file"
        for number, (file, image) in enumerate(zip(files, decoded, strict=True)):
            path.write_bytes(file)
            trained = read_image(path, shape, enlarge).astype(int)
            difference = np.abs(trained - image).max()
            if difference > ROUNDING:
                raise DataError(
                    "a served file must give the image that training reads; nothing "
                    f"was written. Received: {difference} of 255 in a "
                    f"{kinds[number % len(kinds)]}"
                )
    return decoded


@functools.lru_cache(maxsize=1)
def decoder(shape, enlarge):
    return tf.function(
        lambda files: image_files.decode_images(files, shape, enlarge),
        input_signature=[tf.TensorSpec((None,), tf.string)],
        autograph=False,
    )


def save(path, arrays):
    """Write the file."""
    np.savez_compressed(path, **arrays)


def load(path):
    """Read the file.

    Raises:
        DataError: where it cannot be read, or holds anything else.
    """
    with foreign("a reference must be an .npz file of tfmi export", path):
        arrays = read_arrays(path)
        for kind, (dtype, dimensions) in KINDS.items():
            if kind in arrays:
                _check_kind(arrays, kind, dtype, dimensions)
        return {"images": arrays["images"], **arrays}


def _check_kind(arrays, kind, dtype, dimensions):
    inputs = arrays[kind]
    if inputs.dtype.char != dtype or inputs.ndim != dimensions or not inputs.size:
        raise ValueError(f"{kind} of {inputs.dtype} {inputs.shape}")
    for name, values in _outputs_of(arrays, kind).items():
        if values.dtype != np.float32 or values.ndim != 3 or not values.size:
            raise ValueError(f"{name} of {values.dtype} {values.shape}")
        if values.shape[0] not in RIGHT_VALUES or values.shape[1] != len(inputs):
            raise ValueError(f"{name} of {values.shape}")
        if not np.isfinite(values).all():
            raise ValueError(f"{name} that is not finite")


def require_complete(arrays, info):
    """Raise a DataError for a reference without all inputs and outputs of an export.

    Args:
        arrays: of `load`.
        info: the export's entry in the manifest.
    """
    shape, sizes = tuple(info["image_shape"]), info["outputs"]
    kinds = KINDS if graph.takes_files(shape) else ("images",)
    for kind in kinds:
        outputs = _outputs_of(arrays, kind)
        received = {name: values.shape[2] for name, values in outputs.items()}
        images = arrays["images"].shape[1:]
        if kind not in arrays or received != sizes or images != shape:
            raise DataError(
                f"a reference must have images of {shape}, {kind} and their outputs of "
                f"the sizes {sizes}. Received: {images}, {received}"
            )


def span(arrays):
    """The largest difference that two outputs of such sizes have."""
    outputs = _outputs_of(arrays, "images").values()
    return 2 * float(max(np.abs(values).max() for values in outputs))


def _outputs_of(arrays, kind):
    """`{output: (right values, n, size)}`."""
    return {
        name.partition("/")[2]: values
        for name, values in arrays.items()
        if name.startswith(f"{kind}/")
    }


def batches(arrays, kind="images"):
    """The inputs and Keras's outputs in batches of 1, 3 and 64, at most 8 of each.

    Returns:
        A list of arrays, and a list of `{output: (right values, batch, size)}`.
    """
    outputs, inputs = _outputs_of(arrays, kind), arrays[kind]
    if inputs.dtype.kind == "S":
        inputs = inputs.astype(object)
    parts = [
        slice(start, start + size)
        for size in BATCH_SIZES
        for start in range(0, len(inputs), size)[:BATCHES]
    ]
    expected = [{name: v[:, part] for name, v in outputs.items()} for part in parts]
    return [inputs[part] for part in parts], expected


def scaled(batch):
    """A uint8 batch as the signature for scaled floats takes it."""
    return scale_images(batch).numpy()
