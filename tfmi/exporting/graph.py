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


def fit(image, image_shape, enlarge=True):
    """A picture of any size scaled to fit, as `tfmi.pipelines.images.fit` does it.

    Args:
        image: uint8 `(height, width, channels)`.
        image_shape: `(height, width, channels)` wanted.
        enlarge: whether a smaller picture grows to fill the size.

    Returns:
        uint8 of the shape wanted: the aspect kept, centred on the median colour of
        the picture's border.
    """
    wanted = tf.constant(image_shape[:2])
    size = tf.shape(image)[:2]
    # In Python's precision, for the same roundings.
    scale = tf.reduce_min(tf.cast(wanted, tf.float64) / tf.cast(size, tf.float64))
    scale = scale if enlarge else tf.minimum(scale, 1.0)
    inner = tf.cast(tf.round(tf.cast(size, tf.float64) * scale), tf.int32)
    inner = tf.minimum(tf.maximum(inner, 1), wanted)
    scaled = tf.cast(tf.image.resize(image, inner, antialias=True), tf.float32)
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
    border = tf.sort(tf.cast(tf.concat(sides, axis=0), tf.float32), axis=0)
    count = tf.shape(border)[0]
    return tf.floor((border[(count - 1) // 2] + border[count // 2]) / 2)
