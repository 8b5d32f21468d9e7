"""Images to be mapped, and the maps: pictures for people, GeoTIFF for programs."""

import dataclasses
import math
import pathlib

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import replacing
from tfmi.pipelines.viewable import viewable

# An acquisition is mapped whole: a tile of 10,980 pixels has 8 bands in so many bytes.
LARGEST_BYTES = 2**30
# Rows that are read at a time; a multiple of what products are packed in.
STRIP = 1024


@dataclasses.dataclass(frozen=True)
class Scene:
    """An image in the pixels that a run was trained on.

    Attributes:
        pixels: uint8 `(height, width, channels)`.
        channels: their names, empty for a picture.
        crs, transform: of its coordinates, `None` where they are not known.
    """

    pixels: np.ndarray
    channels: tuple[str, ...] = ()
    crs: str | None = None
    transform: tuple | None = None


def read_scene(path, image_shape, channels, date=None):
    """A whole image: a picture, or an acquisition where channels are bands.

    Args:
        path: of the file, or of a .SAFE folder.
        image_shape: of the run.
        channels: bands of the run, empty for pictures.
        date: which acquisition of an array file.

    Raises:
        DataError: where it cannot be read or lacks a band.
        UsageError: for a date that the file does not have.
    """
    path = pathlib.Path(path)
    if channels:
        return _acquisition(path, channels, date)
    from tfmi.pipelines import images

    if date is not None:
        raise UsageError(f"--date must go with bands. Received: {date} for a picture")
    try:
        height, width, _ = images.image_shape(path)
        pixels = images.read_image(path, (height, width, image_shape[2]))
    except images.UnreadableImage as error:
        raise DataError(
            f"--image must be readable. Received: {path}: {error}"
        ) from error
    return Scene(pixels)


def _acquisition(path, channels, date):
    from tfmi.pipelines.sentinel2 import places
    from tfmi.pipelines.sentinel2.bands import UnusableScene

    try:
        found = {a.date: a for a in places.read_acquisitions(path)}
        chosen = found.get(date) if date or len(found) > 1 else [*found.values()][0]
        if chosen is None:
            raise UsageError(
                f"--date must be one of {', '.join(sorted(found))}. Received: {date}"
            )
        chosen.require(channels)
        pixels = _pixels(chosen, channels)
    except UnusableScene as error:
        raise DataError(
            f"--image must be an acquisition with {','.join(channels)}. "
            f"Received: {path}: {error}"
        ) from error
    grid = chosen.grid
    return Scene(pixels, tuple(channels), grid.crs, grid.transform)


def _pixels(acquisition, channels):
    """uint8 of all pixels, brought there from the file in strips."""
    from tfmi.pipelines.sentinel2.bands import to_bytes

    height, width = acquisition.grid.height, acquisition.grid.width
    shape = height, width, len(channels)
    if math.prod(shape) > LARGEST_BYTES:
        raise DataError(
            f"--image must be of at most {LARGEST_BYTES:,} numbers, height x width x "
            f"bands; cut a part out of it. Received: {shape}"
        )
    pixels = np.empty(shape, np.uint8)
    with acquisition.opened(channels) as read:
        for row in range(0, height, STRIP):
            strip = min(STRIP, height - row)
            reflectance, _ = read((row, 0, strip, width))
            pixels[row : row + strip] = to_bytes(reflectance)
    return pixels


def write_geotiff(path, values, scene, stride=1):
    """Write a map `(rows, columns)` on the scene's coordinates.

    Args:
        path: of the file.
        values: float32 or uint8.
        scene: a `Scene`; where it has no coordinates the file has none.
        stride: pixels of the scene a cell of the map.
    """
    import warnings

    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    place = {}
    if scene.crs:
        a, b, c, d, e, f = scene.transform
        cell = (a * stride, b * stride, c, d * stride, e * stride, f)
        place = {"crs": scene.crs, "transform": rasterio.Affine(*cell)}
    height, width = values.shape
    size = {"height": height, "width": width, "count": 1, "dtype": values.dtype}
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(temporary, "w", driver="GTiff", **size, **place) as file:
            file.write(values, 1)


def read_classes(path, scene):
    """A land-cover map of a scene: an array `(height, width)` or `(height, width,
    1)` in .npy, or a raster's first band.

    Raises:
        DataError: where it is no such map.
    """
    from tfmi.pipelines.sentinel2.bands import UnusableScene

    try:
        classes = _read_map(pathlib.Path(path), scene.pixels.shape[:2])
    except UnusableScene as error:
        raise DataError(
            f"--land-cover must be readable. Received: {path}: {error}"
        ) from error
    if not (np.isfinite(classes).all() and (classes == np.rint(classes)).all()):
        raise DataError(
            f"--land-cover must hold whole numbers, 0 without a class. Received: {path}"
        )
    return classes.astype(np.int64)


def _read_map(path, size):
    """The numbers of a land-cover map, once they are known to be of a size."""
    from tfmi.pipelines.sentinel2.array_files import decodable
    from tfmi.pipelines.sentinel2.array_files import find_arrays
    from tfmi.pipelines.sentinel2.raster_files import open_raster
    from tfmi.pipelines.sentinel2.raster_files import readable

    if path.suffix.lower() == ".npy":
        array = find_arrays(path)["pixels"]
        shape = array.shape[:2] if array.shape[2:] == (1,) else array.shape
        _require_map(shape, array.dtype, size)
        with decodable():
            return np.array(array.open()).reshape(size)
    with open_raster(path) as file:
        _require_map((file.height, file.width), np.dtype(file.dtypes[0]), size)
        with readable():
            return file.read(1)


def _require_map(shape, dtype, size):
    if tuple(shape) != tuple(size) or dtype.kind not in "biuf":
        raise DataError(
            f"--land-cover must be of {size} pixels. Received: {shape} of {dtype}"
        )


def heat_map(path, scene, distance, point, title):
    """Figure 6 as PNG: the distance over the image, a colour bar, the point.

    Args:
        distance: `(rows, columns)`, stretched over the whole image.
        point: `(row, column)` in pixels of the image.
    """
    figure, axes = _axes(scene)
    extent = (-0.5, scene.pixels.shape[1] - 0.5, scene.pixels.shape[0] - 0.5, -0.5)
    shown = axes.imshow(distance, cmap="viridis", alpha=0.75, extent=extent)
    figure.colorbar(shown, label="distance: - mutual information (Eq. 5)", shrink=0.8)
    axes.plot(point[1], point[0], "o", color="blue", markeredgecolor="white", ms=9)
    _save(figure, axes, path, title)


def region_map(path, scene, regions, title):
    """Regions as PNG, over the image."""
    figure, axes = _axes(scene)
    extent = (-0.5, scene.pixels.shape[1] - 0.5, scene.pixels.shape[0] - 0.5, -0.5)
    axes.imshow(
        regions,
        cmap="tab10",
        vmin=0,
        vmax=10,
        alpha=0.6,
        extent=extent,
        interpolation="nearest",
    )
    _save(figure, axes, path, title)


def _axes(scene):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.imshow(viewable(scene.pixels, scene.channels))
        axes.set_axis_off()
    left.set_title("image", fontsize=10)
    return figure, right


def _save(figure, axes, path, title):
    axes.set_title(title, fontsize=10)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
