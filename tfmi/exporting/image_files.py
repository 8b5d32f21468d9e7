"""PNG and JPEG files to images, as training reads them, by TensorFlow operations.

`tfmi.pipelines.images` has the rules. What TensorFlow's decoders do not tell is read
from the bytes of the file (`image_headers`, `orientation`).
"""

import tensorflow as tf

from tfmi.exporting import orientation
from tfmi.exporting.graph import fit
from tfmi.exporting.image_headers import JPEG
from tfmi.exporting.image_headers import PNG
from tfmi.exporting.image_headers import jpeg_parts
from tfmi.exporting.image_headers import number
from tfmi.exporting.image_headers import png_parts
from tfmi.exporting.image_headers import require
from tfmi.exporting.image_headers import starts_with
from tfmi.pipelines.decoding import MAX_PIXELS
from tfmi.pipelines.decoding import MAX_SIDE

# PNG's numbers for what the channels are.
GREY, COLOR, PALETTE, GREY_ALPHA, COLOR_ALPHA = 0, 2, 3, 4, 6
PNG_HEADER_BYTES = len(PNG) + 8 + 13
TRANSPARENCY, ADOBE = b"tRNS", b"\xeeAdobe"
# Says of four channels that they are CMYK, as the program of that name has them.
ADOBE_SEGMENT = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0"
# ITU-R 601, in units of 2 ** -16, as Pillow has them.
LUMA = (19595, 38470, 7471)


def decode_images(image_bytes, image_shape, enlarge=True):
    """PNG or JPEG files `(batch,)` to uint8 `(batch, height, width, channels)`.

    As `tfmi.pipelines.images.read_image` reads files for training: equal to it but
    for the rounding of the resampling and of CMYK. The graph fails with the rule for
    what it does not read.

    Args:
        enlarge: whether a smaller picture grows to fill the size.
    """
    return tf.map_fn(
        lambda file: fit(_decode(file, image_shape[-1]), image_shape, enlarge),
        image_bytes,
        fn_output_signature=tf.TensorSpec(image_shape, tf.uint8),
    )


def _decode(file, channels):
    """One file to uint8 `(height, width, channels)`."""
    is_png, is_jpeg = starts_with(file, PNG), starts_with(file, JPEG)
    is_whole = tf.strings.length(file) >= PNG_HEADER_BYTES
    rule = "each image must be a PNG or JPEG file. Received "
    size = tf.strings.as_string(tf.strings.length(file))
    is_file = tf.logical_and(is_whole, tf.logical_or(is_png, is_jpeg))
    with require(is_file, rule, size, " other bytes"):
        file = tf.identity(file)
    image = tf.cond(is_png, lambda: _decode_png(file), lambda: _decode_jpeg(file))
    return _luma(image) if channels == 1 else image


def _luma(image):
    luma = tf.reduce_sum(tf.cast(image, tf.int32) * LUMA, axis=-1, keepdims=True)
    return tf.cast((luma + 2**15) // 2**16, tf.uint8)


def _check_size(height, width):
    rule = f"images must have at most {MAX_PIXELS} pixels, sides of 1 to {MAX_SIDE}. "
    shape = [tf.strings.as_string(side) for side in (height, width)]
    is_read = tf.reduce_all(
        [
            height >= 1,
            width >= 1,
            height <= MAX_SIDE,
            width <= MAX_SIDE,
            height * width <= MAX_PIXELS,
        ]
    )
    return require(is_read, rule, "Received: ", shape[0], " x ", shape[1])


def _decode_jpeg(file):
    """A JPEG file to uint8 `(height, width, 3)`."""
    parts = jpeg_parts(file, (*orientation.JPEG_PARTS, ADOBE))
    shape = tf.cast(tf.io.extract_jpeg_shape(file), tf.int64)
    with _check_size(shape[0], shape[1]):
        file = tf.identity(file)
    # Training takes all files of four channels as those of that program.
    is_unnamed = tf.logical_and(tf.equal(shape[2], 4), tf.equal(parts[ADOBE], b""))
    named = tf.strings.join([JPEG[:2], ADOBE_SEGMENT, tf.strings.substr(file, 2, -1)])
    file = tf.where(is_unnamed, named, file)
    image = tf.io.decode_jpeg(file, channels=3, dct_method="INTEGER_ACCURATE")
    return orientation.turned(image, orientation.of_jpeg(parts))


def _decode_png(file):
    """A PNG file to uint8 `(height, width, 3)`."""
    width, height = number(file, 16, 4), number(file, 20, 4)
    depth, kind = number(file, 24, 1), number(file, 25, 1)
    with _check_size(height, width):
        file = tf.identity(file)
    parts = png_parts(file, (*orientation.PNG_PARTS, TRANSPARENCY))
    key = parts[TRANSPARENCY]
    is_deep_grey = tf.logical_and(tf.equal(kind, GREY), tf.equal(depth, 16))
    has_alpha = tf.logical_or(
        tf.reduce_any(tf.equal(kind, (GREY_ALPHA, COLOR_ALPHA))),
        tf.logical_and(tf.equal(kind, PALETTE), tf.strings.length(key) > 0),
    )
    image = tf.case(
        [
            (is_deep_grey, lambda: _deep_grey(file, key)),
            (has_alpha, lambda: _over_white(tf.io.decode_png(file, channels=4))),
        ],
        lambda: _with_key(tf.io.decode_png(file, channels=3), key, depth, kind),
    )
    return orientation.turned(image, orientation.of_png(parts))


def _over_white(image):
    """RGBA of 8 bits, rounded as Pillow's alpha_composite does."""
    image = tf.cast(image, tf.int32)
    opacity = image[..., 3:]
    # In units of 1 / 255; the fraction is divided as Pillow divides it.
    numbers = 2**7 * (image[..., :3] * opacity + 255 * (255 - opacity) + 128)
    return tf.cast((numbers // 2**8 + numbers) // 2**15, tf.uint8)


def _deep_grey(file, key):
    """Grey of 16 bits, halves rounded up; the transparent grey becomes white."""
    image = tf.cast(tf.io.decode_png(file, 1, tf.uint16), tf.int32)
    grey = (255 * image + 32767) // 65535
    grey = tf.where(_is_key(image, _key(key, True)), 255, grey)
    return tf.tile(tf.cast(grey, tf.uint8), (1, 1, 3))


def _with_key(image, key, depth, kind):
    """A picture of 8 bits, its transparent grey or colour white."""
    is_grey, depth = tf.equal(kind, GREY), tf.cast(depth, tf.int32)
    key = _key(key, is_grey)
    # As the decoder makes 8 bits of others.
    key = tf.where(tf.equal(depth, 1), tf.minimum(key, 1), key)
    grey = key * (255 // (2 ** tf.minimum(depth, 8) - 1))
    key = tf.where(tf.equal(depth, 16), key // 256, tf.where(is_grey, grey, key)) % 256
    white = tf.constant(255, tf.uint8)
    return tf.where(_is_key(image, tf.cast(key, tf.uint8)), white, image)


def _key(content, is_grey):
    """The transparent grey or colour of a tRNS chunk, int32 of 1, 3 or no numbers."""
    numbers = tf.cast(tf.io.decode_raw(content, tf.uint16, False), tf.int32)
    return numbers[: tf.where(is_grey, 1, 3)]


def _is_key(image, key):
    """Where a picture has a colour, `(height, width, 1)`; nowhere without one."""
    is_equal = tf.cond(
        tf.size(key) > 0,
        lambda: tf.equal(image, key),
        lambda: tf.zeros_like(image, tf.bool),
    )
    return tf.reduce_all(is_equal, axis=-1, keepdims=True)
