"""Images as people see them: a sheet of thumbnails, and a file of one."""

import base64
import io
import math

import numpy as np
from PIL import Image

from tfmi.pipelines.viewable import viewable

SIDE = 56
# Up to this side a pixel counts, and is kept as it is.
EXACT_SIDE = 32


def sheet(images, channels=()):
    """All images in one, as near to a square as can be, row by row.

    Args:
        images: uint8 `(n, height, width, channels)`.
        channels: names of satellite bands, empty for pictures.

    Returns:
        `{"uri": of a WebP file, "columns", "rows", "width", "height"}`, the last two of
        a thumbnail, in pixels.
    """
    thumbnails = [_thumbnail(image) for image in viewable(images, channels)]
    width, height = thumbnails[0].size
    columns = max(1, round(math.sqrt(len(images) * height / width)))
    rows = -(-len(images) // columns)
    whole = Image.new("RGB", (columns * width, rows * height))
    for number, thumbnail in enumerate(thumbnails):
        whole.paste(thumbnail, (number % columns * width, number // columns * height))
    options = {"lossless": True} if _exact((width, height)) else {"quality": 82}
    return {
        "uri": _uri(whole, "WEBP", **options),
        "columns": columns,
        "rows": rows,
        "width": width,
        "height": height,
    }


def png_uri(image):
    """One image, in full, as a PNG file in a data URI; of more than three channels
    the first three."""
    return _uri(Image.fromarray(np.ascontiguousarray(viewable(image))), "PNG")


def file_uri(path):
    """A PNG file as a data URI."""
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:image/png;base64,{content}"


def _thumbnail(image):
    picture = Image.fromarray(np.ascontiguousarray(image))
    if not _exact(picture.size):
        picture.thumbnail((2 * SIDE, SIDE), Image.Resampling.LANCZOS)
    return picture


def _exact(size):
    return max(size) <= EXACT_SIDE


def _uri(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    return f"data:image/{kind.lower()};base64,{content}"
