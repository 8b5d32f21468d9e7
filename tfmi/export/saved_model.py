"""SavedModels for TensorFlow Serving: `<target>/<version>/`.

Written by `keras.export.ExportArchive`, never by `tf.saved_model.save`, whose
result loads in Python but not in the server.
"""

import os

import keras
import tensorflow as tf

from tfmi.errors import DataError

# What decode_image gives of both PNG and JPEG.
ENCODED_CHANNELS = (1, 3)


def write(serving, scaled, path):
    """Write a SavedModel with dynamic batch into a folder that is not published.

    Signatures, each to `{output name: (batch, size)}`: `serving_default` takes
    uint8 `images`, `scaled` takes floats in [-1, 1], and `encoded` (images of 1
    or 3 channels) takes PNG or JPEG `image_bytes` `(batch,)`.

    Args:
        serving: model from uint8 images.
        scaled: model from scaled floats with the same encoders.
        path: new folder.
    """
    image_shape = serving.input_shape[1:]
    archive = keras.export.ExportArchive()
    archive.track(serving)
    archive.track(scaled)
    _add(archive, "serving_default", serving, image_shape, tf.uint8)
    _add(archive, "scaled", scaled, image_shape, tf.float32)
    if image_shape[-1] in ENCODED_CHANNELS:
        archive.add_endpoint(
            name="encoded",
            fn=lambda image_bytes: serving(
                decode_images(image_bytes, image_shape), training=False
            ),
            input_signature=[tf.TensorSpec((None,), tf.string, name="image_bytes")],
        )
    try:
        archive.write_out(str(path), verbose=False)
    except tf.errors.OpError as error:
        raise DataError(
            f"the export folder must be writable. Received: {path} ({error.message})"
        ) from error


def _add(archive, name, model, image_shape, dtype):
    archive.add_endpoint(
        name=name,
        fn=lambda images: model(images, training=False),
        input_signature=[tf.TensorSpec((None, *image_shape), dtype, name="images")],
    )


def decode_images(image_bytes, image_shape):
    """PNG or JPEG bytes `(batch,)` to uint8 `(batch, height, width, channels)`.

    Resized (bilinear, antialiased) where the size differs.
    """
    return tf.map_fn(
        lambda encoded: _decode(encoded, image_shape),
        image_bytes,
        fn_output_signature=tf.TensorSpec(image_shape, tf.uint8),
    )


def _decode(encoded, image_shape):
    is_png = tf.strings.substr(encoded, 0, 4) == b"\x89PNG"
    is_jpeg = tf.strings.substr(encoded, 0, 3) == b"\xff\xd8\xff"
    rule = tf.debugging.Assert(
        is_png | is_jpeg,
        [
            "image_bytes must be whole PNG or JPEG files. Received (bytes):",
            tf.strings.length(encoded),
        ],
    )
    with tf.control_dependencies([rule] if rule is not None else []):
        encoded = tf.identity(encoded)
    image = tf.io.decode_image(
        encoded, channels=image_shape[-1], expand_animations=False
    )
    image = tf.image.resize(image, image_shape[:2], antialias=True)
    image = tf.cast(tf.clip_by_value(tf.round(image), 0, 255), tf.uint8)
    return tf.ensure_shape(image, image_shape)


def next_version(target):
    """The version folder after the newest: 1 where there is none."""
    if not target.is_dir():
        return 1
    # The server reads a version as an integer: "00000007" is 7.
    versions = [int(p.name) for p in target.iterdir() if p.name.isdecimal()]
    return max(versions, default=0) + 1


def publish(aside, destination):
    """Put a written and verified folder in place, whole."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    os.rename(aside, destination)


def signatures(path):
    """`{signature: {"inputs", "outputs"}}`, each `{name: {"dtype", "shape"}}`."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(path))
    return {
        name: {"inputs": _infos(known.inputs), "outputs": _infos(known.outputs)}
        for name, known in sorted(loaded.signature_def.items())
        if not name.startswith("__")
    }


def _infos(infos):
    return {
        name: {
            "dtype": tf.dtypes.as_dtype(info.dtype).name,
            "shape": [None if d.size < 0 else d.size for d in info.tensor_shape.dim],
        }
        for name, info in sorted(infos.items())
    }
