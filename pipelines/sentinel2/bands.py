"""Sentinel-2's bands: how files name them, and what pixels mean.

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
# Bands of a file none of whose layers has a name, by their number.
BY_COUNT = {
    13: BANDS,
    12: tuple(band for band in BANDS if band != "B10"),
    4: ("B02", "B03", "B04", "B08"),
    3: RGB,
}
# Names in words: those of STAC's common names (`rededge071`), of catalogues
# (`rededge1`, `swir1`) and of ESA's tables. What names several bands needs a number
# beside it ("B11 SWIR").
WORDS = {
    "coastal coastalaerosol aerosol": ("B01",),
    "blue": ("B02",),
    "green": ("B03",),
    "red": ("B04",),
    "rededge1 rededge071 re1 vre1": ("B05",),
    "rededge2 rededge075 re2 vre2": ("B06",),
    "rededge3 rededge078 re3 vre3": ("B07",),
    "nir": ("B08",),
    "nir08 nirnarrow narrownir": ("B8A",),
    "nir09 watervapor watervapour": ("B09",),
    "cirrus swircirrus": ("B10",),
    "swir1 swir16": ("B11",),
    "swir2 swir22": ("B12",),
    "rededge": ("B05", "B06", "B07"),
    "swir": ("B11", "B12"),
}
MEANINGS = {word: bands for words, bands in WORDS.items() for word in words.split()}
# Words beside the name that say nothing of which band it is: resolution, wavelength,
# date and tile, product, and how several dates became one.
ADDED = re.compile(
    r"[126]0m|central|wavelength|jp2|tiff?|vegetation"
    r"|s2[abc]?|sentinel2|msi|l1c|l2a|t\d\d[a-z]{3}|\d{8}(t\d{6})?"
    r"|reflectance|sr|toa|boa|median|mean|mosaic|composite|min|max|p\d\d"
)
# Layers of the products that are no bands: classes, masks, angles, atmosphere.
OTHERS = re.compile(
    r"scl|qa\d\d|aot|wvp|tci(_[rgb])?|msk_\w+|cl[dmp]|snw|datamask|alpha"
    r"|(sun|view)\w*(angles|mean)"
)
# Characters of a name that are looked at.
LONGEST = 200

# Digital numbers of a reflectance of 1, where the file says nothing else.
QUANTIFICATION = 10_000
# What lies outside is no reflectance but a fill or saturated: noise in the dark stays
# above -0.2 (the products' own offset is -0.1), the brightest glint below 3 (sensors
# saturated at 2.8).
LOWEST, HIGHEST = -0.2, 3
# Floats from the first to the second are digital numbers; above are fills.
LARGEST, LARGEST_NUMBER = 10, HIGHEST * QUANTIFICATION


class UnusableScene(Exception):
    """Why an acquisition gives no windows, in a few words."""


def choose(text):
    """The bands of `--bands`, or `None` for those that the data has.

    Raises:
        UsageError: for an unknown band, or one named twice.
    """
    if text is None:
        return None
    names = tuple(_numbered(name.strip().lower()) for name in text.split(","))
    if None in names or len(set(names)) < len(names):
        raise UsageError(
            f"--bands must be different ones of {', '.join(BANDS)}. Received: {text}"
        )
    return names


def name_bands(descriptions):
    """The band that each layer of a file holds.

    Layers are taken by their names. Only where none has one they are taken by their
    number; layers of `OTHERS` do not count for that.

    Args:
        descriptions: the layers' names, `None` or "" for one without.

    Returns:
        A tuple of names, `None` for a layer that is no band.

    Raises:
        UnusableScene: where neither the names nor their number tell, or two layers
            are of one band.
    """
    texts = [plain_text(description) for description in descriptions]
    bands = [_understood(text) for text in texts]
    unnamed = [n for n, text in enumerate(texts) if not text]
    named = [text for text in texts if text and not _is_other(text)]
    if named and not any(bands):
        raise UnusableScene(
            f"its layers must have names of bands, or none. Received: {_list(named)}"
        )
    if not named:
        if len(unnamed) not in BY_COUNT:
            raise UnusableScene(
                f"{len(unnamed)} layers without band names; 13, 12, 4 or 3 are "
                "understood"
            )
        for n, band in zip(unnamed, BY_COUNT[len(unnamed)], strict=True):
            bands[n] = band
    twice = {band for band in bands if band and bands.count(band) > 1}
    if twice:
        same = [text for text, band in zip(texts, bands, strict=True) if band in twice]
        raise UnusableScene(f"a band must be one layer. Received: {_list(same)}")
    return tuple(bands)


def not_understood(descriptions):
    """The names that are neither of bands nor of the products' other layers."""
    texts = map(plain_text, descriptions)
    return tuple(t for t in texts if t and not _understood(t) and not _is_other(t))


def plain_text(value):
    """A name as text, whether it is text, bytes or `None`."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value or "").strip().strip("\0")


def _list(texts):
    shown = ", ".join(texts[:5])
    return f"{shown}, ..." if len(texts) > 5 else shown


def _is_other(text):
    return OTHERS.fullmatch(text.lower()) is not None


def _understood(text):
    """The one band that all words of a name are of, or `None`."""
    text = re.sub(r"\d+(\.\d+)?[ _]?nm", "", text[:LONGEST].lower())
    words = [w for w in re.findall(r"[^\W_]+", text) if not ADDED.fullmatch(w)]
    numbers = [{_numbered(word)} for word in words if _numbered(word)]
    rest = "".join(word for word in words if not _numbered(word))
    meant = [*numbers, *([set(MEANINGS.get(rest, ()))] if rest else [])]
    bands = set.intersection(*meant) if meant else set()
    return bands.pop() if len(bands) == 1 else None


def _numbered(word):
    match = re.fullmatch(r"b0*(\d{1,2}|8a)", word)
    name = f"B{match[1].upper().zfill(2)}" if match else None
    return name if name in BANDS else None


def require_numbers(dtype, has_scale=False):
    """Check that pixels of a type can be reflectance.

    Args:
        dtype: of the pixels.
        has_scale: whether the file says what its numbers mean.

    Raises:
        UnusableScene: for what is no real number, 8 bits without a scale, and floats
            with one.
    """
    dtype = np.dtype(dtype)
    if dtype.kind not in "iuf":
        raise UnusableScene(f"pixels must be numbers. Received: {dtype}")
    if dtype.itemsize == 1 and not has_scale:
        raise UnusableScene(
            "pixels of 8 bits must have a scale tag, as they are no ten-thousandths "
            f"of reflectance. Received: {dtype} without"
        )
    if dtype.kind == "f" and has_scale:
        raise UnusableScene(
            "float pixels must be reflectance, without scale and offset tags. "
            f"Received: {dtype} with"
        )


def to_reflectance(pixels, scale=1 / QUANTIFICATION, offset=0.0, no_data=None):
    """Reflectance of raw pixels, and which have none.

    Args:
        pixels: `(height, width, bands)`, digital numbers or reflectance.
        scale, offset: reflectance is `scale * number + offset`; numbers, one a
            band or one for all. Not for floats.
        no_data: the number that says so, one a band, NaN for a band without.

    Returns:
        `(reflectance, missing)`: float32 of that shape, 0 where missing, and bool
        `(height, width)`: in a band not finite, `no_data`, or outside of `LOWEST` to
        `HIGHEST`; or one number in all bands that is not above 0.

    Raises:
        UnusableScene: for floats that are no reflectance.
    """
    missing = ~np.isfinite(pixels).all(axis=-1)
    missing |= (pixels == pixels[..., :1]).all(axis=-1) & (pixels[..., 0] <= 0)
    if no_data is not None:
        missing |= _is_no_data(pixels, no_data)
    if np.issubdtype(pixels.dtype, np.floating):
        with np.errstate(over="ignore"):  # of float64, above float32's largest
            values = np.where(missing[..., None], 0, pixels).astype(np.float32)
        digital = (values > LARGEST) & (values <= LARGEST_NUMBER)
        if digital.any():
            raise UnusableScene(
                f"float pixels must be reflectance, 1 for all light. Received: "
                f"{values[digital].max():g}"
            )
    else:
        values = (pixels * np.float32(scale) + np.float32(offset)).astype(np.float32)
    missing |= ((values < LOWEST) | (values > HIGHEST)).any(axis=-1)
    values[missing] = 0
    return values, missing


def _is_no_data(pixels, no_data):
    no_data = np.asarray(no_data, np.float64)
    if np.issubdtype(pixels.dtype, np.floating):
        with np.errstate(over="ignore"):
            no_data = no_data.astype(pixels.dtype)
    return (pixels == no_data).any(axis=-1)


def to_bytes(reflectance):
    """uint8 of reflectance; see the module."""
    root = np.sqrt(np.clip(reflectance, 0, 1))
    return np.rint(255 * root).astype(np.uint8)


def from_bytes(pixels):
    """float32 reflectance of `to_bytes`' pixels."""
    return np.square(pixels.astype(np.float32) / 255)
