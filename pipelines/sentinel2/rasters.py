"""Acquisitions in GeoTIFF files and in .SAFE products, read by rasterio."""

import contextlib
import pathlib
import re

import numpy as np
from rasterio.enums import ColorInterp
from rasterio.enums import MaskFlags

from tfmi.pipelines.sentinel2.bands import BANDS
from tfmi.pipelines.sentinel2.bands import QUANTIFICATION
from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.bands import name_bands
from tfmi.pipelines.sentinel2.bands import not_understood
from tfmi.pipelines.sentinel2.bands import plain_text
from tfmi.pipelines.sentinel2.bands import require_numbers
from tfmi.pipelines.sentinel2.bands import to_reflectance
from tfmi.pipelines.sentinel2.folders import sidecars
from tfmi.pipelines.sentinel2.raster_files import JPEG_2000
from tfmi.pipelines.sentinel2.raster_files import grid_of
from tfmi.pipelines.sentinel2.raster_files import open_raster
from tfmi.pipelines.sentinel2.raster_files import read_window
from tfmi.pipelines.sentinel2.raster_files import readable
from tfmi.pipelines.sentinel2.safe_files import band_files
from tfmi.pipelines.sentinel2.safe_files import cloud_mask
from tfmi.pipelines.sentinel2.safe_files import radiometry
from tfmi.pipelines.sentinel2.scenes import Acquisition

# Scene classification (L2A): no data, saturated, cloud shadow, clouds, cirrus.
SCENE_CLASSES = (0, 1, 3, 8, 9, 10)
# The number of a product's pixels without data, in any band.
NO_DATA = 0
COLORS = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)


class GeoTiffAcquisition(Acquisition):
    """A file of all bands: `<place>/<date>.tif`.

    Integers are read by the file's own scale and offset tags where it has them,
    else as ten-thousandths. The file's no-data value, and what its own mask, the
    layer `SCL` or a mask beside it marks, is bad.

    Args:
        path: of the file.
        masks: paths of rasters of the same size, not 0 where there is cloud.
    """

    def __init__(self, path, masks=()):
        self.source, self._path = str(path), pathlib.Path(path)
        self.date = self._path.stem
        self._masks = tuple(masks)
        own = (self._path, *self._masks)
        self.files = (*own, *(beside for file in own for beside in sidecars(file)))
        with open_raster(path) as file, readable():
            names = _layer_names(file)
            self.grid = grid_of(file)
            self.bands = name_bands(names)
            layers = [n for n, band in enumerate(self.bands, 1) if band]
            scales, offsets = _scales(file, layers)
            for layer in layers:
                require_numbers(file.dtypes[layer - 1], scales is not None)
        self._classes = [n for n, name in enumerate(names, 1) if _is_classes(name)]
        self.not_understood = not_understood(names)
        self.not_read = tuple(
            name or f"layer {n}"
            for n, (name, band) in enumerate(zip(names, self.bands, strict=True), 1)
            if not band and n not in self._classes
        )
        self.has_mask = bool(self._masks or self._classes)

    @contextlib.contextmanager
    def opened(self, bands):
        layers = [self.bands.index(band) + 1 for band in bands]
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(open_raster(self._path))
            masks = [stack.enter_context(open_raster(path)) for path in self._masks]
            for mask in masks:
                _require_size(mask, self.grid)
            with readable():
                scales, offsets = _scales(file, layers)
                if scales is None:
                    scales, offsets = 1 / QUANTIFICATION, 0.0
                no_data = [file.nodatavals[n - 1] for n in layers]
                no_data = [np.nan if value is None else value for value in no_data]
                masked = [n for n in layers if _has_own_mask(file, n)]

            def read(window):
                with readable():
                    pixels = read_window(file, layers, window, self.grid)
                    hidden = self._hidden(file, masks, masked, window)
                values, missing = to_reflectance(pixels, scales, offsets, no_data)
                return values, missing | hidden

            yield read

    def _hidden(self, file, masks, masked, window):
        """What masks and classes mark, bool `(height, width)`."""
        row, column, height, width = window
        rows, columns = (row, row + height), (column, column + width)
        hidden = np.zeros((height, width), bool)
        for layer in masked:
            hidden |= file.read_masks(layer, window=(rows, columns)) == 0
        for mask in masks:
            hidden |= read_window(mask, [1], window, self.grid, True)[..., 0] != 0
        for layer in self._classes:
            kinds = read_window(file, [layer], window, self.grid, True)
            hidden |= np.isin(kinds[..., 0], SCENE_CLASSES)
        return hidden


class SafeAcquisition(Acquisition):
    """A product as it is given out: `<name>.SAFE`, L1C or L2A.

    Each band is read where it is finest, and brought to the finest grid. The number
    of a reflectance of 1 and the bands' offsets come from its metadata. What the
    scene classification (L2A) or the mask `MSK_CLASSI_B00` (L1C) calls cloud is bad,
    and 0 in any band.
    """

    def __init__(self, folder):
        self.source = str(folder)
        match = re.search(r"_(\d{8})T\d{6}_.*_T(\w{5})_", folder.name)
        if not match:
            raise UnusableScene("its name must hold a date and a tile")
        self.date, self.tile = match[1], match[2]
        with readable():
            self._bands = band_files(folder)
            self._mask = cloud_mask(folder)
            metadata, self._one, self._offsets = radiometry(folder)
            rasters = [*self._bands.values(), *([self._mask] if self._mask else [])]
            beside = [path for raster in rasters for path in sidecars(raster)]
        self.files = (metadata, *rasters, *beside)
        self.bands = tuple(band for band in BANDS if band in self._bands)
        if not self.bands:
            raise UnusableScene("there are no bands in GRANULE/*/IMG_DATA")
        self.grid = self._finest_grid()
        self.has_mask = self._mask is not None

    def _finest_grid(self):
        grids = []
        for path in self._bands.values():
            with open_raster(path, JPEG_2000) as file, readable():
                # Its scale stands in the product's metadata.
                require_numbers(file.dtypes[0])
                grids.append(grid_of(file))
        finest = max(grids, key=lambda grid: grid.height)
        if any(grid.width > finest.width for grid in grids):
            raise UnusableScene("its bands must be of one area. Received: several")
        return finest

    @contextlib.contextmanager
    def opened(self, bands):
        with contextlib.ExitStack() as stack:
            files = [
                stack.enter_context(open_raster(self._bands[band], JPEG_2000))
                for band in bands
            ]
            mask = None
            if self._mask:
                mask = stack.enter_context(open_raster(self._mask, JPEG_2000))
            offsets = np.array([self._offsets.get(b, 0) for b in bands]) / self._one

            def read(window):
                with readable():
                    layers = [read_window(f, [1], window, self.grid) for f in files]
                    hidden = self._clouds(mask, window) if mask else False
                pixels = np.concatenate(layers, axis=-1)
                values, missing = to_reflectance(
                    pixels, 1 / self._one, offsets, NO_DATA
                )
                return values, missing | hidden

            yield read

    def _clouds(self, mask, window):
        layers = list(mask.indexes)
        kinds = read_window(mask, layers, window, self.grid, mask=True)
        if len(layers) == 1:
            return np.isin(kinds[..., 0], SCENE_CLASSES)
        # MSK_CLASSI: opaque clouds, cirrus, snow.
        return (kinds[..., :2] != 0).any(axis=-1)


def _layer_names(file):
    """Descriptions; else the names that GDAL's products have as tags; else colours."""
    names = [plain_text(text) for text in file.descriptions]
    if not any(name and not _is_classes(name) for name in names):
        tags = [plain_text(file.tags(n).get("BANDNAME")) for n in file.indexes]
        names = [tag or name for tag, name in zip(tags, names, strict=True)]
    if not any(names) and set(COLORS) <= set(file.colorinterp):
        drawn = (*COLORS, ColorInterp.nir, ColorInterp.alpha)
        names = [c.name if c in drawn else "" for c in file.colorinterp]
    return names


def _is_classes(name):
    return name.upper() == "SCL"


def _has_own_mask(file, layer):
    """Whether a mask lies in the file or beside it, or a layer is one (alpha)."""
    return MaskFlags.per_dataset in file.mask_flag_enums[layer - 1]


def _require_size(mask, grid):
    if (mask.height, mask.width) != (grid.height, grid.width):
        raise UnusableScene(
            f"its cloud mask must be of {grid.height}x{grid.width} pixels. "
            f"Received: {mask.height}x{mask.width}"
        )


def _scales(file, layers):
    """Arrays of the layers' scale and offset tags, or `(None, None)` without.

    Raises:
        UnusableScene: where they give no reflectance.
    """
    scales = np.array([file.scales[n - 1] for n in layers])
    offsets = np.array([file.offsets[n - 1] for n in layers])
    if (scales == 1).all() and (offsets == 0).all():
        return None, None
    if not ((scales > 0) & (scales < 1) & (np.abs(offsets) <= 1)).all():
        raise UnusableScene(
            "its scale tags must be above 0 and below 1, its offset tags from -1 to 1 "
            f"(reflectance = scale * number + offset). Received: {scales.tolist()} and "
            f"{offsets.tolist()}"
        )
    return scales, offsets
