"""Rasters of one known format, opened by GDAL so that nothing else is opened.

GDAL would try every format that it knows, whatever a file is called; some of them name
other files and addresses, which it then reads. Here the format is said by name, and
what GDAL would open beside a file is looked at first.
"""

import contextlib
import os
import pathlib
import warnings

import numpy as np
import rasterio
from rasterio.enums import Interleaving
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.folders import require_regular
from tfmi.pipelines.sentinel2.folders import sidecars
from tfmi.pipelines.sentinel2.scenes import Grid

# GDAL keeps unpacked blocks, by default in a twentieth of the machine's memory. In
# so many MB fits a row of blocks of a whole product, and each is unpacked once.
os.environ.setdefault("GDAL_CACHEMAX", "512")
TIFF, JPEG_2000 = "GTiff", "JP2OpenJPEG"
# Files that GDAL opens beside a raster as rasters of any format.
RASTER_SIDECARS = (".msk", ".ovr")
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# A raster is as large as its header says: more are refused before they are read.
LARGEST_PIXELS = 2**31
LARGEST_BLOCK_BYTES = 2**28
LARGEST_LAYERS = 1000


@contextlib.contextmanager
def readable():
    """Turn what the decoders raise into `UnusableScene`."""
    try:
        yield
    except UnusableScene:
        raise
    except Exception as error:  # GDAL's and rasterio's are of many kinds
        lines = str(error.__cause__ or error).splitlines() or [type(error).__name__]
        raise UnusableScene(f"it cannot be read ({lines[0]})") from error


def open_raster(path, driver=TIFF):
    """An open raster of a format that GDAL names `driver`.

    Raises:
        UnusableScene: where it is no regular file of that format, or so large that
            it could not be read, by what its header says.
    """
    path = pathlib.Path(path)
    require_regular(path)
    for beside in sidecars(path):
        require_regular(beside)
        if beside.name.lower().endswith(RASTER_SIDECARS):
            _require_tiff(beside)
    with readable(), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        # As a path, for a text may be an address to rasterio.
        file = rasterio.open(path, driver=driver)
    try:
        with readable():
            _require_bounded(file)
    except UnusableScene:
        file.close()
        raise
    return file


def _require_tiff(path):
    with open(path, "rb") as file:
        if file.read(4) not in TIFF_STARTS:
            raise UnusableScene(f"{path.name} must be TIFF. Received: another format")


def _require_bounded(file):
    if file.height * file.width > LARGEST_PIXELS or file.count > LARGEST_LAYERS:
        raise UnusableScene(
            f"it must have at most {LARGEST_PIXELS:,} pixels in {LARGEST_LAYERS:,} "
            f"layers. Received: {file.height}x{file.width} in {file.count}"
        )
    # JPEG 2000 is unpacked in 4 bytes, whatever its pixels are.
    sizes = [max(np.dtype(dtype).itemsize, 4) for dtype in file.dtypes]
    together = file.count if file.interleaving == Interleaving.pixel else 1
    blocks = [height * width for height, width in file.block_shapes]
    if max(map(np.multiply, blocks, sizes)) * together > LARGEST_BLOCK_BYTES:
        raise UnusableScene(
            f"its blocks must be of at most {LARGEST_BLOCK_BYTES:,} bytes. "
            f"Received: {file.block_shapes[0]} pixels, {together} layers together"
        )
    if "OVERVIEW_FILE" in file.tags(ns="OVERVIEWS"):
        raise UnusableScene("its overviews must be its own. Received: another file's")


def grid_of(file):
    """The `Grid` of an open raster."""
    crs = file.crs.to_string() if file.crs else None
    transform = tuple(file.transform)[:6] if crs else None
    if transform and not (np.isfinite(transform).all() and file.transform.determinant):
        raise UnusableScene(f"its coordinates must be numbers. Received: {transform}")
    return Grid(file.height, file.width, crs, transform)


def read_window(file, layers, window, grid, mask=False):
    """Pixels of a window of a grid, from a raster as fine or coarser.

    Returns:
        `(height, width, layers)` in the raster's own type.
    """
    row, column, height, width = window
    down, across = file.height / grid.height, file.width / grid.width
    pixels = file.read(
        layers,
        window=Window(column * across, row * down, width * across, height * down),
        out_shape=(len(layers), height, width),
        resampling=Resampling.nearest if mask else Resampling.bilinear,
    )
    return np.moveaxis(pixels, 0, -1)
