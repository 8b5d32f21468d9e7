"""Reading one picture file safely, and bringing it to a size.

Only plain files are opened, and only as PNG, JPEG or TIFF, whatever their names
say; of several frames (or pages, or the pictures of an MPO file) the first is
read. What each kind becomes, in training, `tfmi embed` and wherever else:

- Grey of 1, 2, 4 or 8 bits: 0 is black and the largest number 255 (a number `v` of
  `b` bits is `255 v / (2**b - 1)`). In a TIFF that says so (WhiteIsZero, of any
  depth) 0 is white.
- Grey of 12 or 16 bits: `255 v / (2**b - 1)`, halves rounded up.
- Colour, and grey with an alpha channel, of 16 bits: the high byte, `v // 256`.
- A palette of any depth is looked up, and counts as colour.
- Transparency, be it an alpha channel (premultiplied or not), an alpha in the
  palette or one transparent grey or colour, is laid over white. A transparent
  colour of 16 bits is compared by its high bytes.
- CMYK, YCbCr and LAB become RGB as Pillow converts them, without a colour profile.
- The EXIF orientation is applied.
- Grey becomes three equal channels, colour becomes grey (ITU-R 601 luma), as asked.

Refused are float and signed numbers and those of more than 16 bits; channels
that are neither grey, colour nor transparency (satellite bands); more than
64 megapixels, or a side above 65,535, before anything is decoded; and files that
are not whole.
"""

import contextlib
import warnings

import numpy as np
from PIL import Image

from tfmi.files import open_plain
from tfmi.pipelines import decoding
from tfmi.pipelines.decoding import FORMAT_NAMES
from tfmi.pipelines.decoding import UnreadableImage

__all__ = ["CHANNELS", "FORMAT_NAMES", "SUFFIXES", "UnreadableImage"]

SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff")
# Pictures have so many channels; satellite images are read elsewhere.
CHANNELS = (1, 3)


def image_shape(path):
    """`(height, width, channels)` of a file, 1 or 3 channels.

    Raises:
        UnreadableImage: for a file that gives no picture.
    """
    with decoding.opened(path) as image:
        channels = 1 if decoding.is_grey(image) else 3
        picture = decoding.decode(image, channels)
        return picture.height, picture.width, channels


def is_color(path):
    """Whether a file is a picture with colour, by its header alone."""
    try:
        with decoding.opened(path) as image:
            return not decoding.is_grey(image)
    except UnreadableImage:
        return False


def is_picture(path):
    """Whether a file begins as a PNG, JPEG or TIFF."""
    try:
        with open_plain(path) as file:
            head = file.read(4)
    except OSError:
        return False
    return head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"II", b"MM"))


def read_image(path, shape, enlarge=True):
    """A file's picture, fitted to a size.

    Args:
        shape: `(height, width, channels)`, 1 or 3 channels.
        enlarge: whether a smaller picture grows to fill the size.

    Returns:
        uint8 of that shape.

    Raises:
        UnreadableImage: for a file that gives no picture.
    """
    return read_picture(path, shape, enlarge)[0]


def read_picture(path, shape, enlarge=True):
    """As `read_image`, and whether colour was lost: `(uint8 of the shape, bool)`."""
    if shape[2] not in CHANNELS:
        raise UnreadableImage(f"pictures have 1 or 3 channels, not {shape[2]}")
    with decoding.opened(path) as image:
        grey = decoding.is_grey(image)
        picture = decoding.decode(image, shape[2])
        return _fitted(picture, tuple(shape), enlarge), shape[2] == 1 and not grey


def fit(pixels, shape, enlarge=True):
    """Scale to fit, the aspect kept, centred on the picture's own paper colour.

    The paper colour is the median of the picture's border.

    Args:
        pixels: uint8 `(height, width, channels)`.
        shape: `(height, width, channels)` wanted.
        enlarge: as in `read_image`.

    Returns:
        uint8 of the shape wanted.
    """
    picture = Image.fromarray(pixels if shape[2] > 1 else pixels[..., 0])
    return _fitted(picture, tuple(shape), enlarge)


def _fitted(picture, shape, enlarge):
    if (picture.height, picture.width) == shape[:2]:
        return np.array(picture).reshape(shape)
    scale = min(shape[0] / picture.height, shape[1] / picture.width)
    scale = scale if enlarge else min(scale, 1)
    height, width = (
        max(1, round(side * scale)) for side in (picture.height, picture.width)
    )
    scaled = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
    page = np.empty(shape, np.uint8)
    page[:] = _paper_color(picture, shape[2])
    top, left = (shape[0] - height) // 2, (shape[1] - width) // 2
    page[top : top + height, left : left + width] = scaled.reshape(height, width, -1)
    return page


def _paper_color(picture, channels):
    """The median of the border pixels, `(channels,)` uint8."""
    right, bottom = picture.size
    edges = [(0, 0, right, 1), (0, bottom - 1, right, bottom)]
    edges += [(0, 0, 1, bottom), (right - 1, 0, right, bottom)]
    border = [np.asarray(picture.crop(edge)).reshape(-1, channels) for edge in edges]
    return np.median(np.concatenate(border), axis=0).astype(np.uint8)


@contextlib.contextmanager
def quiet_decoders():
    """Silence Pillow's warnings: on large pictures, for which `decoding` has
    the stricter rule, and on odd metadata. Not for use by several threads at a time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
