"""Reading one picture file safely, and bringing it to a size.

Rules, the same for every file:

- PNG, JPEG and TIFF are read, the first frame of several.
- 16 bits a channel are scaled from 0..65535 to 0..255; 32-bit and float images
  are refused.
- A palette is looked up; transparency is laid over white.
- The EXIF orientation is applied.
- Grey becomes three equal channels, colour becomes grey (luma), as needed.
- More than `MAX_PIXELS` is refused before anything is decoded.
"""

import contextlib
import warnings

import numpy as np
from PIL import Image
from PIL import ImageOps

FORMATS = ("PNG", "JPEG", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
MAX_PIXELS = 64_000_000
GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N")
ALPHA_MODES = ("LA", "La", "PA", "RGBA", "RGBa")


class UnreadableImage(Exception):
    """Why a file gives no picture, in a few words."""


def image_shape(path):
    """`(height, width, channels)` of a file, 1 or 3 channels.

    Raises:
        UnreadableImage: for a file that gives no picture.
    """
    with no_bomb_warnings(), _open(path) as image:
        channels = 1 if image.mode in GREY_MODES else 3
        return (*_decode(image, channels).shape[:2], channels)


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
    with _open(path) as image:
        return fit(_decode(image, shape[2]), shape, enlarge)


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
    if pixels.shape == tuple(shape):
        return pixels
    scale = min(shape[0] / pixels.shape[0], shape[1] / pixels.shape[1])
    scale = scale if enlarge else min(scale, 1)
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    picture = Image.fromarray(pixels if shape[2] > 1 else pixels[..., 0])
    scaled = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
    page = np.empty(shape, np.uint8)
    page[:] = paper_color(pixels)
    top, left = (shape[0] - height) // 2, (shape[1] - width) // 2
    page[top : top + height, left : left + width] = scaled.reshape(height, width, -1)
    return page


def paper_color(pixels):
    """The median of the border pixels, `(channels,)` uint8."""
    border = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    return np.median(np.concatenate(border), axis=0).astype(np.uint8)


@contextlib.contextmanager
def no_bomb_warnings():
    """Silence Pillow's warning about large pictures, as `MAX_PIXELS` is the
    stricter rule. Not for use by several threads at a time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def _open(path):
    try:
        image = Image.open(path, formats=FORMATS)
    except Exception as error:  # the decoders raise errors of many kinds
        raise UnreadableImage(_reason(error)) from error
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise UnreadableImage(
            f"{image.width} x {image.height} pixels are more than {MAX_PIXELS:,}"
        )
    return image


def _reason(error):
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, Image.UnidentifiedImageError):
        return "no PNG, JPEG or TIFF"
    return str(error) or type(error).__name__


def _decode(image, channels):
    """uint8 `(height, width, channels)` of an open image."""
    if image.mode == "F" or (image.mode == "I" and image.format != "PNG"):
        raise UnreadableImage("8 or 16 bits a channel are read, not 32")
    try:
        image = ImageOps.exif_transpose(image)
        # Pillow opens 16-bit grey PNG as I in its older versions.
        if image.mode.startswith("I"):
            deep = np.asarray(image).astype(np.uint32)
            image = Image.fromarray(((deep + 128) // 257).astype(np.uint8))
        image = _over_white(image).convert("L" if channels == 1 else "RGB")
    except Exception as error:  # as in _open
        raise UnreadableImage(_reason(error)) from error
    return np.asarray(image).reshape(image.height, image.width, channels)


def _over_white(image):
    palette_or_color = image.mode in ("L", "P", "RGB")
    if image.mode in ALPHA_MODES or (palette_or_color and "transparency" in image.info):
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image)
    return image.convert("RGB") if image.mode == "P" else image
