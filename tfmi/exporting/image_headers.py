"""Parts of PNG and JPEG files beside their pixels, found by TensorFlow operations.

A file, and each part of one, is a scalar tensor of bytes.
"""

import tensorflow as tf

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
# Chunks, or segments before the pixels, that are looked at; no picture has so many.
MAX_PARTS = 65_536
# Second bytes of JPEG's markers that have no content; 255 fills the place before one.
BARE_MARKERS = (0, 1, 0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE), 255)
START_OF_SCAN = b"\xda"
# Ends a file, and can be added to a position in one.
MOST_BYTES = 2**30


def number(text, begin, size, little=False):
    """The unsigned number in so many bytes, an int64 scalar."""
    content = tf.io.decode_raw(tf.strings.substr(text, begin, size), tf.uint8)
    powers = [256**place for place in range(size)]
    powers = tf.constant(powers if little else powers[::-1], tf.int64)
    return tf.reduce_sum(tf.cast(content, tf.int64) * powers)


def starts_with(text, beginning):
    """Whether a text begins so, a bool scalar."""
    return tf.equal(tf.strings.substr(text, 0, len(beginning)), beginning)


def require(condition, rule, *received):
    """A context that fails the graph with "rule. Received: ..." where it is used."""
    check = tf.debugging.Assert(condition, [tf.strings.join([rule, *received])])
    # An eager Assert gives None.
    return tf.control_dependencies([] if check is None else [check])


def png_parts(file, names):
    """The content of chunks of a PNG file; of several of one name, the last.

    Args:
        names: each the type of a chunk and the first bytes of its content.

    Returns:
        `{name: what follows it}`, empty where there is no such chunk.
    """

    def read(position):
        length = number(file, position, 4)
        kind = tf.strings.substr(file, position + 4, 4)
        return kind, position + 8, length, 12 + length

    return _parts(file, len(PNG), read, names, is_last=True)


def jpeg_parts(file, names):
    """The content of segments of a JPEG file before its pixels; of several of one
    name, the first.

    Args:
        names: each the second byte of a marker and the first bytes of the segment.

    Returns:
        As `png_parts`.
    """
    has_content = [code not in BARE_MARKERS for code in range(256)]
    has_content = tf.constant(has_content, tf.int64)

    def read(position):
        rule = "the segments of a JPEG file must follow one another. Received: others"
        begins = tf.equal(tf.strings.substr(file, position, 1), b"\xff")
        with require(begins, rule):
            marker = tf.strings.substr(file, position + 1, 1)
        code, length = number(marker, 0, 1), number(file, position + 2, 2)
        step = 2 + length * has_content[code] - tf.cast(tf.equal(code, 255), tf.int64)
        is_end = tf.equal(marker, START_OF_SCAN)
        step = tf.where(is_end, tf.constant(MOST_BYTES, tf.int64), step)
        return marker, position + 4, length - 2, step

    return _parts(file, len(JPEG) - 1, read, names, is_last=False)


def _parts(file, start, read, names, is_last):
    """Walk over the parts of a file.

    Args:
        start: position of the first one.
        read: function from a part's position to its kind, where its content begins,
            its length, and the number of bytes to the next part.
        is_last: whether the last or the first part of a name counts.
    """
    size, lengths = tf.strings.length(file), [len(name) for name in names]

    def step(position, spans):
        kind, begin, length, stride = read(position)
        beginning = tf.strings.substr(file, begin, max(lengths))
        beginnings = tf.fill([len(names)], tf.strings.join([kind, beginning]))
        beginnings = tf.strings.substr(beginnings, [0] * len(names), lengths)
        hits = tf.equal(beginnings, names)
        hits = hits if is_last else tf.logical_and(hits, tf.equal(spans[:, 1], 0))
        end = begin + _to_int32(length)
        spans = tf.where(
            hits[:, None], tf.stack([begin - tf.strings.length(kind), end]), spans
        )
        return position + _to_int32(stride), spans

    position, spans = tf.while_loop(
        lambda position, _: position + 8 <= size,
        step,
        (tf.constant(start), tf.zeros((len(names), 2), tf.int32)),
        maximum_iterations=MAX_PARTS,
    )
    rule = f"an image must have fewer than {MAX_PARTS:,} parts. Received: more"
    with require(position + 8 > size, rule):
        spans = tf.identity(spans)
    return {n: _content(file, spans[i], len(n)) for i, n in enumerate(names)}


def _content(file, span, skipped):
    begin = tf.minimum(span[0] + skipped, span[1])
    return tf.strings.substr(file, begin, span[1] - begin)


def _to_int32(count):
    return tf.cast(tf.minimum(count, MOST_BYTES), tf.int32)
