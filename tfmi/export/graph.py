"""What the exported graphs do before the model: check, decode and resize.

Plain TensorFlow operations, so that the server runs them without Python.
"""

import tensorflow as tf

# PNG and JPEG decode to both.
ENCODED_CHANNELS = (1, 3)


def checked(images, image_shape):
    """The images; the graph fails with the rule where their shape is another.

    Args:
        images: `(batch, height, width, channels)`, all of them unknown.
        image_shape: `(height, width, channels)` that the model takes.
    """
    # Compared as text: a tensor of another rank then has the same message.
    shape = tf.shape(images)
    received = _joined(shape, ", ")
    wanted = "x".join(map(str, image_shape))
    rule = tf.debugging.Assert(
        tf.equal(_joined(shape[1:], "x"), wanted),
        [f"images must be of {wanted}. Received a batch of shape (" + received + ")"],
    )
    with tf.control_dependencies([rule]):
        return tf.ensure_shape(tf.identity(images), (None, *image_shape))


def _joined(numbers, separator):
    return tf.strings.reduce_join(tf.strings.as_string(numbers), separator=separator)


def decode_images(image_bytes, image_shape):
    """PNG or JPEG files `(batch,)` to uint8 `(batch, height, width, channels)`.

    Each is converted to the channels of the model (1 or 3) and resized
    (bilinear, antialiased) where its size differs.
    """
    return tf.map_fn(
        lambda encoded: _decode(encoded, image_shape),
        image_bytes,
        fn_output_signature=tf.TensorSpec(image_shape, tf.uint8),
    )


def _decode(encoded, image_shape):
    is_png = tf.equal(tf.strings.substr(encoded, 0, 4), b"\x89PNG")
    is_jpeg = tf.equal(tf.strings.substr(encoded, 0, 3), b"\xff\xd8\xff")
    size = tf.strings.as_string(tf.strings.length(encoded))
    rule = tf.debugging.Assert(
        tf.logical_or(is_png, is_jpeg),
        ["each image must be a PNG or JPEG file. Received " + size + " other bytes"],
    )
    # An eager Assert gives None.
    with tf.control_dependencies([] if rule is None else [rule]):
        encoded = tf.identity(encoded)
    image = tf.io.decode_image(
        encoded, channels=image_shape[-1], expand_animations=False
    )
    image = tf.image.resize(image, image_shape[:2], antialias=True)
    image = tf.cast(tf.clip_by_value(tf.round(image), 0, 255), tf.uint8)
    return tf.ensure_shape(image, image_shape)
