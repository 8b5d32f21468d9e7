"""Places in .npy and .npz files: arrays of (dates, height, width, bands)."""

import contextlib
import functools
import math
import os
import pathlib
import struct
import zipfile

import numpy as np

from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.bands import name_bands
from tfmi.pipelines.sentinel2.bands import to_reflectance
from tfmi.pipelines.sentinel2.scenes import Acquisition
from tfmi.pipelines.sentinel2.scenes import Grid

MASK = ".clouds.npy"


class ArrayAcquisition(Acquisition):
    """One date of an array file; holds the path alone, as workers are sent it."""

    def __init__(self, path, number, date, bands, shape, has_mask):
        self.source, self.date, self.bands = f"{path} [{number}]", date, bands
        self.grid = Grid(*shape)
        self.has_mask = has_mask
        self._path, self._number = path, number

    @contextlib.contextmanager
    def opened(self, bands):
        layers = [self.bands.index(band) for band in bands]
        found = _load(self._path)
        (pixels,) = (array for array in found.values() if array.ndim == 4)
        clouds = found.get("clouds")

        def read(window):
            row, column, height, width = window
            part = np.s_[self._number, row : row + height, column : column + width]
            values, bad = to_reflectance(np.asarray(pixels[part])[..., layers])
            if clouds is not None:
                bad = bad | (clouds[part] != 0)
            return values, bad

        yield read


def read_arrays(path):
    """The acquisitions of an array file.

    A .npz file may hold beside its 4-D array `dates` (texts), `bands` (names) and
    `clouds` (dates, height, width), not 0 where there is cloud; beside `a.npy`,
    `a.clouds.npy` is such a mask. Without `dates` they are numbered. Files are mapped;
    only a packed .npz file (`numpy.savez_compressed`) is held in memory.

    Returns:
        A list of acquisitions, or `None` for a file without a 4-D array.

    Raises:
        UnusableScene: for a file that cannot be read or does not fit together.
    """
    path = pathlib.Path(path)
    found = _load(path)
    arrays = [name for name, array in found.items() if array.ndim == 4]
    if len(arrays) != 1:
        if arrays:
            raise UnusableScene(f"one 4-D array is read, not {', '.join(arrays)}")
        return None
    pixels, clouds = found[arrays[0]], found.get("clouds")
    if pixels.dtype.kind not in "iuf":
        raise UnusableScene(f"pixels must be numbers. Received: {pixels.dtype}")
    if clouds is not None and clouds.shape != pixels.shape[:3]:
        raise UnusableScene(
            f"clouds must be of {pixels.shape[:3]}. Received: {clouds.shape}"
        )
    names = found.get("bands", [None] * pixels.shape[3])
    dates = found.get("dates", [f"{n:04d}" for n in range(len(pixels))])
    if len(names) != pixels.shape[3] or len(dates) != len(pixels):
        raise UnusableScene(
            f"there must be a name a band and a date a scene for {pixels.shape}. "
            f"Received: {len(names)} and {len(dates)}"
        )
    bands = name_bands([None if name is None else str(name) for name in names])
    return [
        ArrayAcquisition(
            path, n, str(dates[n]), bands, pixels.shape[1:3], clouds is not None
        )
        for n in range(len(pixels))
    ]


def _load(path):
    """`{name: array}` of a file, as it is now."""
    try:
        stat = path.stat()
        return _arrays(path, stat.st_size, stat.st_mtime_ns)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UnusableScene(f"it cannot be read ({error})") from error


# The dates of a place follow each other: of a .npz file the last is kept.
@functools.lru_cache(maxsize=1)
def _arrays(path, size, modified):
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as file:
            names = [name for name in file.zip.namelist() if name.endswith(".npy")]
            return {name[:-4]: _member(path, file, name) for name in names}
    found = {"pixels": np.load(path, mmap_mode="r", allow_pickle=False)}
    mask = path.with_name(path.stem + MASK)
    if mask.is_file():
        found["clouds"] = np.load(mask, mmap_mode="r", allow_pickle=False)
    return found


def _member(path, file, name):
    """An array of an open .npz file: mapped where it lies there as it is, as
    `numpy.savez` writes it, else unpacked."""
    info = file.zip.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        return file[name]
    with open(path, "rb") as content:
        # The member's own header: 30 bytes, of which the last 4 are two lengths.
        content.seek(info.header_offset + 26)
        lengths = struct.unpack("<HH", content.read(4))
        content.seek(sum(lengths), os.SEEK_CUR)
        version = np.lib.format.read_magic(content)
        if version != (1, 0):
            return file[name]
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(content)
        start = content.tell()
    if dtype.hasobject or not math.prod(shape):
        return file[name]
    order = "F" if by_columns else "C"
    return np.memmap(path, dtype, "r", start, shape, order)
