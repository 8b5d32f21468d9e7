"""How a picture file says that it is to be turned, as training (Pillow) reads it.

The EXIF tag Orientation counts, wherever the file holds EXIF; without it, that of
XMP. TensorFlow operations on scalar tensors of bytes.
"""

import tensorflow as tf

from tfmi.exporting.exif import NONE
from tfmi.exporting.exif import exif_orientation
from tfmi.exporting.image_headers import require
from tfmi.exporting.image_headers import starts_with

# Names for `image_headers`.
JPEG_EXIF, JPEG_XMP = b"\xe1Exif\0\0", b"\xe1http://ns.adobe.com/xap/1.0/\0"
PNG_EXIF, PNG_XMP = b"eXIf", b"iTXtXML:com.adobe.xmp\0"
# EXIF in hexadecimal digits, as ImageMagick writes it, plain and compressed.
PNG_DIGITS = b"tEXtRaw profile type exif\0"
PNG_ZIPPED_DIGITS = b"zTXtRaw profile type exif\0"
JPEG_PARTS = (JPEG_EXIF, JPEG_XMP)
PNG_PARTS = (PNG_EXIF, PNG_XMP, PNG_DIGITS, PNG_ZIPPED_DIGITS)
# Decompressed it is a thousand times as large at most; so many digits are read.
MAX_ZIPPED, MAX_DIGITS = 128 * 1024, 256 * 1024
IN_XMP = r'(?s)^\C*?tiff:Orientation(?:="|>)([0-9])\C*$'


def of_jpeg(parts):
    """The orientation of a JPEG file, 1 to 8 where it is one, an int64 scalar.

    Args:
        parts: of `image_headers.jpeg_parts`, those of `JPEG_PARTS`.
    """
    return _orientation(_numbers(parts[JPEG_EXIF]), parts[JPEG_XMP])


def of_png(parts):
    """The orientation of a PNG file, as `of_jpeg`, of `PNG_PARTS`."""
    # Before the compressed text stands its method.
    zipped = tf.strings.regex_replace(parts[PNG_ZIPPED_DIGITS], r"^\C", "", False)
    digits = tf.strings.join([parts[PNG_DIGITS], _inflated(zipped)])
    exif = _numbers(parts[PNG_EXIF])
    exif = tf.cond(tf.size(exif) > 0, lambda: exif, lambda: _from_digits(digits))
    return _orientation(exif, _xmp_text(parts[PNG_XMP]))


def turned(image, orientation):
    """A picture `(height, width, channels)` as it is to be seen."""
    is_on_its_side = tf.logical_and(orientation >= 5, orientation <= 8)
    image = tf.cond(
        is_on_its_side, lambda: tf.transpose(image, (1, 0, 2)), lambda: image
    )
    image = _reversed_where(
        tf.reduce_any(tf.equal(orientation, (2, 3, 6, 7))), image, 1
    )
    return _reversed_where(tf.reduce_any(tf.equal(orientation, (3, 4, 7, 8))), image, 0)


def _reversed_where(condition, image, axis):
    return tf.cond(condition, lambda: tf.reverse(image, [axis]), lambda: image)


def _numbers(text):
    """The bytes of a text, int64 `(n,)`."""
    return tf.cast(tf.io.decode_raw(text, tf.uint8), tf.int64)


def _inflated(text):
    rule = f"a compressed text must be of at most {MAX_ZIPPED} bytes. Received: "
    size = tf.strings.length(text)
    with require(size <= MAX_ZIPPED, rule, tf.strings.as_string(size)):
        text = tf.identity(text)
    return tf.cond(
        size > 0, lambda: tf.io.decode_compressed(text, "ZLIB"), lambda: text
    )


def _xmp_text(chunk):
    """The text of an iTXt chunk: after a flag and a method of compression come a
    language and a translated keyword, each with a zero byte."""
    text = tf.strings.regex_replace(chunk, r"^\C\C[^\x00]*\x00[^\x00]*\x00", "", False)
    is_whole = tf.strings.length(text) < tf.strings.length(chunk)
    text = tf.where(is_whole, text, b"")
    zipped = starts_with(chunk, b"\1")
    return tf.cond(zipped, lambda: _inflated(text), lambda: text)


def _from_digits(text):
    """What pairs of hexadecimal digits after three lines stand for, `(n,)`."""
    text = tf.strings.regex_replace(text, r"^[^\n]*\n[^\n]*\n[^\n]*\n", "", False)
    text = tf.strings.regex_replace(tf.strings.substr(text, 0, MAX_DIGITS), r"\s", "")
    codes = _numbers(tf.strings.lower(text))
    digits = tf.where(codes < ord("a"), codes - ord("0"), codes - ord("a") + 10)
    pairs = tf.reshape(digits[: tf.size(digits) // 2 * 2], (-1, 2))
    return 16 * pairs[:, 0] + pairs[:, 1]


def _orientation(exif, xmp):
    """Of EXIF, numbers `(n,)`, and of XMP, a text."""
    value = tf.cond(
        tf.size(exif) > 0, lambda: exif_orientation(exif), lambda: tf.constant(NONE)
    )
    digit = tf.strings.regex_replace(xmp, IN_XMP, r"\1")
    is_in_xmp = tf.logical_and(tf.equal(value, NONE), tf.strings.length(digit) == 1)
    return tf.cond(
        is_in_xmp, lambda: tf.strings.to_number(digit, tf.int64), lambda: value
    )
