"""Places in .npy and .npz files: arrays of (dates, height, width, bands)."""

import contextlib
import functools
import math
import os
import pathlib

import numpy as np

from tfmi.pipelines.sentinel2.array_files import decodable
from tfmi.pipelines.sentinel2.array_files import find_arrays
from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.bands import name_bands
from tfmi.pipelines.sentinel2.bands import not_understood
from tfmi.pipelines.sentinel2.bands import plain_text
from tfmi.pipelines.sentinel2.bands import require_numbers
from tfmi.pipelines.sentinel2.bands import to_reflectance
from tfmi.pipelines.sentinel2.scenes import Acquisition
from tfmi.pipelines.sentinel2.scenes import Grid

LARGEST_TEXTS_BYTES = 2**24


class ArrayAcquisition(Acquisition):
    """One date of an array file; holds the paths alone, as workers are sent it.

    Args:
        files: paths of the array file and of the masks beside it.
        number: of the date in the array.
        date: its text.
        shape: `(height, width)`.
        about: `bands`, `has_mask`, `not_read` and `not_understood`.
    """

    def __init__(self, files, number, date, shape, **about):
        self.source, self.files = f"{files[0]} [{number}]", tuple(files)
        self.date, self.grid = date, Grid(*shape)
        self._number = number
        for name, value in about.items():
            setattr(self, name, value)

    @contextlib.contextmanager
    def opened(self, bands):
        layers = [self.bands.index(band) for band in bands]
        with decodable():
            pixels, masks = _load(self.files, _stamps(self.files))

        def read(window):
            row, column, height, width = window
            part = np.s_[self._number, row : row + height, column : column + width]
            values, bad = to_reflectance(np.asarray(pixels[part])[..., layers])
            for mask in masks:
                bad = bad | (mask[part] != 0)
            return values, bad

        yield read


def read_arrays(path, masks=()):
    """The acquisitions of an array file.

    A .npz file may hold beside its 4-D array `dates` (texts), `bands` (names) and
    `clouds` (dates, height, width), not 0 where there is cloud. Without `dates` they
    are numbered. Files are mapped; only a packed .npz file
    (`numpy.savez_compressed`) is held in memory.

    Args:
        path: of the file.
        masks: paths of .npy files like `clouds`.

    Returns:
        A list of acquisitions, or `None` for a file without a 4-D array.

    Raises:
        UnusableScene: for a file that cannot be read or does not fit together.
    """
    path = pathlib.Path(path)
    arrays = find_arrays(path)
    scenes = [name for name, array in arrays.items() if array.ndim == 4]
    if len(scenes) != 1:
        if scenes:
            raise UnusableScene(f"one 4-D array is read, not {', '.join(scenes)}")
        return None
    pixels = arrays.pop(scenes[0])
    require_numbers(pixels.dtype)
    if not math.prod(pixels.shape):
        raise UnusableScene(f"it must hold pixels. Received: {pixels.shape}")
    clouds = [arrays.pop("clouds")] if "clouds" in arrays else []
    for mask in [*clouds, *(find_arrays(mask)["pixels"] for mask in masks)]:
        _require_mask(mask, pixels)
    names = _texts(arrays, "bands", [""] * pixels.shape[3])
    dates = _texts(arrays, "dates", [f"{n:04d}" for n in range(pixels.shape[0])])
    not_read = _others(arrays)
    bands = name_bands(names)
    about = {
        "bands": bands,
        "has_mask": bool(clouds or masks),
        "not_read": (*_unread(names, bands), *not_read),
        "not_understood": not_understood(names),
    }
    return [
        ArrayAcquisition((path, *masks), n, date, pixels.shape[1:3], **about)
        for n, date in enumerate(dates)
    ]


def _require_mask(mask, pixels):
    if mask.shape != pixels.shape[:3] or mask.dtype.kind not in "biuf":
        raise UnusableScene(
            f"clouds must be of {pixels.shape[:3]}. Received: {mask.shape} of "
            f"{mask.dtype}"
        )


def _texts(arrays, name, default):
    """The texts of an array that goes out of `arrays`, one for each default."""
    if name not in arrays:
        return default
    array = arrays.pop(name)
    if array.shape != (len(default),) or array.dtype.kind not in "SUiuM":
        raise UnusableScene(
            f"there must be a name a band and a date a scene: {name} of "
            f"{(len(default),)}, texts. Received: {array.shape} of {array.dtype}"
        )
    if array.shape[0] * array.dtype.itemsize > LARGEST_TEXTS_BYTES:
        raise UnusableScene(f"{name} must be texts of usual length. Received: longer")
    with decodable():
        values = array.open()
        texts = [plain_text(v if isinstance(v, bytes) else str(v)) for v in values]
    if name == "dates" and not all(text and text != "NaT" for text in texts):
        raise UnusableScene("each scene must have a date. Received: none for some")
    return texts


def _others(arrays):
    """Names of the arrays that are not read, none of which may be texts."""
    texts = [name for name, array in arrays.items() if array.dtype.kind in "SU"]
    if texts:
        raise UnusableScene(
            f"texts must be called bands or dates. Received: {', '.join(texts)}"
        )
    return tuple(arrays)


def _unread(names, bands):
    for n, (name, band) in enumerate(zip(names, bands, strict=True), 1):
        if not band:
            yield name or f"layer {n}"


def _stamps(files):
    """What changes where a file does."""
    stats = [os.stat(path) for path in files]
    return tuple((stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for stat in stats)


# The dates of a place follow each other: the last file is kept.
@functools.lru_cache(maxsize=1)
def _load(files, stamps):
    """The pixels and the masks of an array file and the masks beside it."""
    arrays = find_arrays(files[0], verify=False)
    (pixels,) = (array for array in arrays.values() if array.ndim == 4)
    masks = [find_arrays(path)["pixels"] for path in files[1:]]
    masks += [arrays["clouds"]] if "clouds" in arrays else []
    return pixels.open(), [mask.open() for mask in masks]
