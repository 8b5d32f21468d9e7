"""What the exported graphs do before the model: check, decode and resize.

Plain TensorFlow operations, so that the server runs them without Python.
"""

import tensorflow as tf

# PNG and JPEG decode to both.
FILE_CHANNELS = (1, 3)


def takes_files(image_shape):
    """Whether PNG and JPEG files can be decoded to such images."""
    return image_shape[-1] in FILE_CHANNELS


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


def on_any_batch(model, images):
    """The model's outputs, also of no images, which not every convolution takes.

    oneDNN's gives an empty batch the wrong shape on some processors: so an empty
    batch gets a black image, whose outputs are cut off.
    """
    count = tf.shape(images)[0]
    missing = tf.cast(tf.equal(count, 0), tf.int32)
    padded = tf.pad(images, [[0, missing], [0, 0], [0, 0], [0, 0]])
    outputs = model(padded, training=False)
    return {name: vectors[:count] for name, vectors in outputs.items()}


def decode_images(image_bytes, image_shape, enlarge=True):
    """PNG or JPEG files `(batch,)` to uint8 `(batch, height, width, channels)`.

    As `tfmi.pipelines.images.read_image` reads files for training, to the
    rounding of the resampling: transparency is laid over white, colour becomes
    grey for a model of one channel, and another size is scaled to fit, the
    aspect kept, and centred on the median colour of the border.

    Args:
        enlarge: whether a smaller picture grows to fill the size.
    """
    return tf.map_fn(
        lambda encoded: fit(_decode(encoded, image_shape[-1]), image_shape, enlarge),
        image_bytes,
        fn_output_signature=tf.TensorSpec(image_shape, tf.uint8),
    )


def _decode(encoded, channels):
    """One file to float32 `(height, width, channels)`, 0 to 255."""
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
    image = tf.cond(
        is_png,
        lambda: _over_white(tf.io.decode_png(encoded, channels=4)),
        lambda: tf.cast(tf.io.decode_jpeg(encoded, channels=3), tf.float32),
    )
    return tf.image.rgb_to_grayscale(image) if channels == 1 else image


def _over_white(image):
    image = tf.cast(image, tf.float32)
    opacity = image[..., 3:] / 255
    return image[..., :3] * opacity + 255 * (1 - opacity)


def fit(image, image_shape, enlarge=True):
    """A picture of any size to uint8 `image_shape`; see `decode_images`."""
    wanted = tf.constant(image_shape[:2])
    size = tf.shape(image)[:2]
    scale = tf.reduce_min(tf.cast(wanted, tf.float32) / tf.cast(size, tf.float32))
    scale = scale if enlarge else tf.minimum(scale, 1.0)
    inner = tf.cast(tf.round(tf.cast(size, tf.float32) * scale), tf.int32)
    inner = tf.minimum(tf.maximum(inner, 1), wanted)
    scaled = tf.image.resize(image, inner, antialias=True)
    before = (wanted - inner) // 2
    after = wanted - inner - before
    paper = _paper_color(image)
    margins = tf.stack([before, after], axis=1)
    margins = tf.concat([margins, tf.zeros([1, 2], tf.int32)], axis=0)
    page = tf.pad(scaled - paper, margins) + paper
    page = tf.cast(tf.clip_by_value(tf.round(page), 0, 255), tf.uint8)
    return tf.ensure_shape(page, image_shape)


def _paper_color(image):
    """The median of the border pixels, float32 `(channels,)`."""
    sides = [image[0], image[-1], image[:, 0], image[:, -1]]
    border = tf.sort(tf.concat(sides, axis=0), axis=0)
    count = tf.shape(border)[0]
    return tf.floor((border[(count - 1) // 2] + border[count // 2]) / 2)
