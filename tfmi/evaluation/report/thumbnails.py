"""Images as people see them: a sheet of thumbnails, and a file of one."""

import base64
import io
import math

import numpy as np
from PIL import Image

SIDE = 56
# Up to this side a pixel counts, and is kept as it is.
EXACT_SIDE = 32


def sheet(images):
    """All images in one, as near to a square as can be, row by row.

    Args:
        images: `(n, height, width, channels)`.

    Returns:
        `{"uri": of a WebP file, "columns", "rows", "width", "height"}`, the last two of
        a thumbnail, in pixels.
    """
    thumbnails = [_thumbnail(image) for image in images]
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
    """One image, in full, as a PNG file in a data URI."""
    return _uri(viewable(image), "PNG")


def viewable(image):
    """A picture of an image: of three channels and more the first three, of others
    the first; what is no uint8 is stretched over its own range."""
    image = np.asarray(image)
    image = image[..., :3] if image.shape[-1] >= 3 else image[..., [0, 0, 0]]
    if image.dtype != np.uint8:
        low, high = float(image.min()), float(image.max())
        image = (255 * ((image - low) / max(high - low, 1e-12))).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(image))


def _thumbnail(image):
    picture = viewable(image)
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
