"""Acquisitions in GeoTIFF files and in .SAFE products, read by rasterio."""

import contextlib
import os
import pathlib
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window

from tfmi.pipelines.sentinel2.bands import BANDS
from tfmi.pipelines.sentinel2.bands import QUANTIFICATION
from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.bands import name_bands
from tfmi.pipelines.sentinel2.bands import to_reflectance
from tfmi.pipelines.sentinel2.scenes import Acquisition
from tfmi.pipelines.sentinel2.scenes import Grid

MASKS = (".clouds.tif", ".clouds.tiff")
# GDAL keeps unpacked blocks, by default in a twentieth of the machine's memory. In
# so many MB fits a row of blocks of a whole product, and each is unpacked once.
os.environ.setdefault("GDAL_CACHEMAX", "512")
# Scene classification (L2A): no data, saturated, cloud shadow, clouds, cirrus.
SCENE_CLASSES = (0, 1, 3, 8, 9, 10)


class GeoTiffAcquisition(Acquisition):
    """A file of all bands: `<place>/<date>.tif`.

    Integers are read by the file's own scale and offset tags where it has them,
    else as ten-thousandths. The file's no-data value, and what the layer `SCL` or
    the file `<date>.clouds.tif` beside it marks, is bad.
    """

    def __init__(self, path):
        self.source = str(path)
        self.date = pathlib.Path(path).stem
        with readable(), rasterio.open(path) as file:
            self._descriptions = file.descriptions
            self.bands = name_bands(
                [d for d in file.descriptions if not _is_classes(d)]
            )
            self.grid = grid_of(file)
        self._masks = [
            mask
            for mask in (path.with_suffix(suffix) for suffix in MASKS)
            if mask.is_file()
        ]
        self.has_mask = bool(self._masks) or any(map(_is_classes, self._descriptions))

    @contextlib.contextmanager
    def opened(self, bands):
        layers = [n for n, d in enumerate(self._descriptions, 1) if not _is_classes(d)]
        layers = [layers[self.bands.index(band)] for band in bands]
        with contextlib.ExitStack() as stack:
            with readable():
                file = stack.enter_context(rasterio.open(self.source))
                masks = [stack.enter_context(rasterio.open(p)) for p in self._masks]
            for mask in masks:
                _require_size(mask, self.grid)
            scale, offset = _scales(file, layers)

            def read(window):
                with readable():
                    pixels = read_window(file, layers, window, self.grid)
                    clouds = self._clouds(file, masks, window)
                values, missing = to_reflectance(pixels, scale, offset)
                if file.nodata is not None:
                    missing |= (pixels == file.nodata).any(axis=-1)
                    values[missing] = 0
                return values, missing | clouds

            yield read

    def _clouds(self, file, masks, window):
        clouds = np.zeros(window[2:], bool)
        for mask in masks:
            clouds |= read_window(mask, [1], window, self.grid, True)[..., 0] != 0
        for layer, description in enumerate(self._descriptions, 1):
            if _is_classes(description):
                kinds = read_window(file, [layer], window, self.grid, True)
                clouds |= np.isin(kinds[..., 0], SCENE_CLASSES)
        return clouds


class SafeAcquisition(Acquisition):
    """A product as it is given out: `<name>.SAFE`, L1C or L2A.

    Each band is read where it is finest, and brought to the finest grid. The number
    of a reflectance of 1 and the bands' offsets come from its metadata. What the
    scene classification (L2A) or the mask `MSK_CLASSI_B00` (L1C) calls cloud is bad.
    """

    def __init__(self, folder):
        self.source = str(folder)
        match = re.search(r"_(\d{8})T\d{6}_.*_T(\w{5})_", folder.name)
        if not match:
            raise UnusableScene("its name must hold a date and a tile")
        self.date, self.tile = match[1], match[2]
        self._files = _band_files(folder)
        self.bands = tuple(band for band in BANDS if band in self._files)
        if not self.bands:
            raise UnusableScene("there are no bands in GRANULE/*/IMG_DATA")
        self._one, self._offsets = _radiometry(folder)
        with readable():
            grids = []
            for path in self._files.values():
                with rasterio.open(path) as file:
                    grids.append(grid_of(file))
        self.grid = max(grids, key=lambda grid: grid.height)
        self._mask = _safe_mask(folder)
        self.has_mask = self._mask is not None

    @contextlib.contextmanager
    def opened(self, bands):
        with contextlib.ExitStack() as stack:
            with readable():
                files = [
                    stack.enter_context(rasterio.open(self._files[b])) for b in bands
                ]
                mask = self._mask and stack.enter_context(rasterio.open(self._mask))
            offsets = np.array([self._offsets.get(b, 0) for b in bands]) / self._one

            def read(window):
                with readable():
                    layers = [read_window(f, [1], window, self.grid) for f in files]
                    values, bad = to_reflectance(
                        np.concatenate(layers, axis=-1), 1 / self._one, offsets
                    )
                    if mask:
                        bad |= self._clouds(mask, window)
                return values, bad

            yield read

    def _clouds(self, mask, window):
        layers = list(mask.indexes)
        kinds = read_window(mask, layers, window, self.grid, mask=True)
        if len(layers) == 1:
            return np.isin(kinds[..., 0], SCENE_CLASSES)
        # MSK_CLASSI: opaque clouds, cirrus, snow.
        return (kinds[..., :2] != 0).any(axis=-1)


@contextlib.contextmanager
def readable():
    """Turn rasterio's errors into `UnusableScene`."""
    try:
        yield
    except (RasterioError, OSError) as error:
        text = str(error.__cause__ or error).splitlines()[0]
        raise UnusableScene(f"it cannot be read ({text})") from error


def grid_of(file):
    """The `Grid` of an open raster."""
    crs = file.crs.to_string() if file.crs else None
    transform = tuple(file.transform)[:6] if crs else None
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


def _is_classes(description):
    return (description or "").strip().upper() == "SCL"


def _require_size(mask, grid):
    if (mask.height, mask.width) != (grid.height, grid.width):
        raise UnusableScene(
            f"its cloud mask must be of {grid.height}x{grid.width} pixels. "
            f"Received: {mask.height}x{mask.width}"
        )


def _scales(file, layers):
    scales = np.array([file.scales[n - 1] for n in layers])
    offsets = np.array([file.offsets[n - 1] for n in layers])
    untagged = (scales == 1).all() and (offsets == 0).all()
    return (1 / QUANTIFICATION, 0.0) if untagged else (scales, offsets)


def _band_files(folder):
    """`{band: path}`, the finest of each."""
    found = {}
    for path in sorted(folder.glob("GRANULE/*/IMG_DATA/**/*.jp2")):
        match = re.search(r"_(B\d[\dA])(?:_(\d\d)m)?\.jp2$", path.name)
        if match:
            found.setdefault(match[1], []).append((int(match[2] or 0), path))
    return {band: min(files)[1] for band, files in found.items()}


def _safe_mask(folder):
    patterns = (
        "GRANULE/*/IMG_DATA/R20m/*_SCL_20m.jp2",
        "GRANULE/*/QI_DATA/MSK_CLASSI_B00.jp2",
    )
    found = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    return found[0] if found else None


def _radiometry(folder):
    """The number of a reflectance of 1, and `{band: offset}` in numbers."""
    paths = sorted(folder.glob("MTD_MSIL*.xml"))
    try:
        root = ElementTree.parse(paths[0]).getroot()
    except (IndexError, ElementTree.ParseError, OSError) as error:
        raise UnusableScene(f"its MTD_MSIL*.xml cannot be read ({error})") from error
    one, offsets = float(QUANTIFICATION), {}
    for element in root.iter():
        tag = element.tag.rsplit("}", 1)[-1]
        if tag in ("QUANTIFICATION_VALUE", "BOA_QUANTIFICATION_VALUE"):
            one = float(element.text)
        elif tag in ("RADIO_ADD_OFFSET", "BOA_ADD_OFFSET"):
            offsets[BANDS[int(element.get("band_id"))]] = float(element.text)
    return one, offsets
