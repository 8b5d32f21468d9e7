"""The orientation in the EXIF data of a file, by TensorFlow operations."""

import numpy as np
import tensorflow as tf

from tfmi.exporting.image_headers import require

NAME = np.array(list(b"Exif\0\0"), np.int64)
TIFF_HEADS = (b"II*\0", b"MM\0*", b"MM*\0", b"II\0*", b"MM\0+")
TIFF_HEADS = np.array([list(head) for head in TIFF_HEADS], np.int64)
ENTRY_BYTES = 12
TAG, SHORT, LONG = 0x0112, 3, 4
# Bytes of a number of each type from 0; unknown types, from the last one, count none.
TYPE_BYTES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 0)
NONE, UPRIGHT = np.int64(-1), np.int64(1)


def exif_orientation(numbers):
    """The value of the tag in the first directory, `NONE` without, an int64 scalar.

    The graph fails where the value is not one number, or the directory not whole.
    What is no EXIF data is that of a picture which is not to be turned, as in
    training.

    Args:
        numbers: the bytes, int64 `(n,)`, with or without the name before them.
    """
    numbers = _without_name(_without_name(numbers))
    is_tiff = tf.reduce_all(tf.equal(_cut(numbers, 4), TIFF_HEADS), axis=1)
    return tf.cond(
        tf.reduce_any(is_tiff),
        lambda: _of_directory(numbers, tf.equal(numbers[0], ord("I"))),
        lambda: tf.constant(UPRIGHT),
    )


def _without_name(numbers):
    named = tf.reduce_all(tf.equal(_cut(numbers, len(NAME)), NAME))
    return tf.cond(named, lambda: numbers[len(NAME) :], lambda: numbers)


def _cut(numbers, size):
    """The first numbers, zeros after the last one."""
    return tf.pad(numbers, [[0, size]])[:size]


def _joined(digits, is_little):
    """The numbers that bytes `(..., n)` stand for, `(...)`."""
    powers = 256 ** tf.range(tf.shape(digits, tf.int64)[-1])
    powers = tf.where(is_little, powers, tf.reverse(powers, [0]))
    return tf.reduce_sum(digits * powers, axis=-1)


def _of_directory(numbers, is_little):
    entries, is_cut = _entries(numbers, is_little)
    is_tag = tf.equal(_joined(entries[:, :2], is_little), TAG)
    is_absent = tf.logical_not(tf.reduce_any(is_tag))
    # A tag that is there twice counts the first time.
    place = tf.argmax(tf.cast(tf.concat([is_tag, [True]], 0), tf.int32))
    entry = tf.pad(entries, [[0, 1], [0, 0]])[place]
    kind, count = _joined(entry[2:4], is_little), _joined(entry[4:8], is_little)
    is_number = tf.reduce_any(tf.equal(kind, (SHORT, LONG)))
    # Training reads no further than a value that is not in the file.
    ends = _ends(entries[:place], is_little)
    is_within = tf.reduce_all(ends <= tf.size(numbers, tf.int64))
    is_whole = tf.reduce_all([is_number, tf.equal(count, 1), is_within])
    is_read = tf.where(is_absent, tf.logical_not(is_cut), is_whole)
    rule = "the EXIF orientation must be one whole number in a whole directory. "
    with require(is_read, rule, "Received: another one"):
        short, long = _joined(entry[8:10], is_little), _joined(entry[8:], is_little)
    value = tf.where(tf.equal(kind, SHORT), short, long)
    return tf.where(is_absent, NONE, value)


def _entries(numbers, is_little):
    """The whole entries of the first directory, `(n, 12)`; whether there are fewer
    than it says."""
    size = tf.size(numbers, tf.int64)
    begin = tf.minimum(_joined(_cut(numbers, 8)[4:], is_little), size) + 2
    count = _joined(numbers[begin - 2 : begin], is_little)
    whole = tf.maximum(tf.minimum(count, (size - begin) // ENTRY_BYTES), 0)
    entries = numbers[begin : begin + ENTRY_BYTES * whole]
    return tf.reshape(entries, (-1, ENTRY_BYTES)), whole < count


def _ends(entries, is_little):
    """Where the values of entries end that lie elsewhere; 0 for others."""
    kinds = tf.minimum(_joined(entries[:, 2:4], is_little), len(TYPE_BYTES) - 1)
    sizes = tf.gather(tf.constant(TYPE_BYTES, tf.int64), kinds)
    sizes *= _joined(entries[:, 4:8], is_little)
    begins = _joined(entries[:, 8:], is_little)
    return tf.where(sizes > 4, begins + sizes, tf.constant(0, tf.int64))
