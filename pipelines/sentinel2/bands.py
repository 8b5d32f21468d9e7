"""Sentinel-2's bands: their names, their order in files, and what pixels mean.

Integers are digital numbers, floats are reflectance. Reflectance r, of the top of
the atmosphere or of the surface as the product has it, becomes the byte
`round(255 * sqrt(r))`, r clipped to 0..1: the square root spends the 256 levels as
the sensor's noise grows with the light, and the rule is the same for every band and
every dataset, so nothing has to be kept with a model.
"""

import re

import numpy as np

from tfmi.errors import UsageError

BANDS = tuple("B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12".split())
RGB = ("B04", "B03", "B02")
# Bands of a file that does not name them, by their number.
BY_COUNT = {
    13: BANDS,
    12: tuple(band for band in BANDS if band != "B10"),
    4: ("B02", "B03", "B04", "B08"),
    3: RGB,
}
# Digital numbers of a reflectance of 1, where the file says nothing else.
QUANTIFICATION = 10_000
# No reflectance: floats above it are digital numbers.
LARGEST = 10


class UnusableScene(Exception):
    """Why an acquisition gives no windows, in a few words."""


def choose(text):
    """The bands of `--bands`, or `None` for those that the data has.

    Raises:
        UsageError: for an unknown band, or one named twice.
    """
    if text is None:
        return None
    names = tuple(_canonical(name) for name in text.split(","))
    if None in names or len(set(names)) < len(names):
        raise UsageError(
            f"--bands must be different ones of {', '.join(BANDS)}. Received: {text}"
        )
    return names


def name_bands(descriptions):
    """The band that each layer of a file holds.

    Args:
        descriptions: the layers' names, `None` or "" for one without.

    Returns:
        A tuple of names, `None` for a layer that is no band.

    Raises:
        UnusableScene: where neither the names nor their number tell.
    """
    names = tuple(_canonical(text or "") for text in descriptions)
    if any(names):
        return names
    if len(names) not in BY_COUNT:
        raise UnusableScene(
            f"{len(names)} layers without band names; 13, 12, 4 or 3 are understood"
        )
    return BY_COUNT[len(names)]


def _canonical(text):
    match = re.fullmatch(r"\s*B0*(\d{1,2}|8A)\s*", text.upper())
    name = f"B{match[1].zfill(2)}" if match else None
    return name if name in BANDS else None


def to_reflectance(pixels, scale=1 / QUANTIFICATION, offset=0.0):
    """Reflectance of raw pixels, and which have none.

    Args:
        pixels: `(height, width, bands)`, digital numbers or reflectance.
        scale, offset: reflectance is `scale * number + offset`; numbers, one a
            band or one for all. Not for floats.

    Returns:
        `(reflectance, missing)`: float32 of that shape, 0 where missing, and bool
        `(height, width)`: not finite in a band, or 0 in all of them.

    Raises:
        UnusableScene: for floats that are no reflectance.
    """
    finite = np.isfinite(pixels)
    missing = ~finite.all(axis=-1) | (pixels == 0).all(axis=-1)
    if np.issubdtype(pixels.dtype, np.floating):
        values = np.where(finite, pixels, 0).astype(np.float32)
        if values.size and values.max() > LARGEST:
            raise UnusableScene(
                f"float pixels must be reflectance, 1 for all light. Received: "
                f"{values.max():g}"
            )
    else:
        values = (pixels * np.float32(scale) + np.float32(offset)).astype(np.float32)
    values[missing] = 0
    return values, missing


def to_bytes(reflectance):
    """uint8 of reflectance; see the module."""
    root = np.sqrt(np.clip(reflectance, 0, 1))
    return np.rint(255 * root).astype(np.uint8)


def from_bytes(pixels):
    """float32 reflectance of `to_bytes`' pixels."""
    return np.square(pixels.astype(np.float32) / 255)
