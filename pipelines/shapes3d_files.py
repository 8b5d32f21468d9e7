"""The file layout of 3dshapes.h5: reading rows of it lazily, and writing it.

`images` uint8 (n, 64, 64, 3), `labels` float64 (n, 6): floor, wall and object
hue, scale, shape, orientation.
"""

import math

import h5py
import numpy as np

from tfmi import progress
from tfmi.errors import DataError
from tfmi.files import foreign
from tfmi.files import make_folder
from tfmi.files import open_plain
from tfmi.files import replacing
from tfmi.pipelines import shapes3d_scene as scene
from tfmi.pipelines.hdf5_rows import open_rows
from tfmi.pipelines.rows import cache_folder
from tfmi.pipelines.rows import file_key
from tfmi.pipelines.rows import write_rows

HUE_VALUES = np.arange(scene.HUES) / scene.HUES
VALUES = {
    "floor_hue": HUE_VALUES,
    "wall_hue": HUE_VALUES,
    "object_hue": HUE_VALUES,
    "scale": scene.SCALE_VALUES,
    "shape": np.arange(scene.SHAPES, dtype=np.float64),
    "orientation": scene.ORIENTATION_VALUES,
}
SIZES = tuple(len(values) for values in VALUES.values())
ALL_IMAGES = int(np.prod(SIZES))
GEOMETRIES = int(np.prod(SIZES[3:]))
# More images than this in a chunk, or more chunks an image, make reading
# single images slow: the file is then laid out anew once.
MAX_CHUNK_IMAGES, MAX_CHUNKS_PER_IMAGE = 64, 4
SLAB = 2048
MAX_SIDE, MAX_CHUNK_BYTES = 512, 512 * 2**20


def open_file(path):
    """Rows and factors of a file, no more of it in memory than is asked for.

    A file whose chunks hold pieces of thousands of images is copied to a plain
    one in the cache folder, once.

    Returns:
        `(rows, shape, labels)`: what `rows[indices]` gives images for, the
        image shape, and int64 `(n, 6)` indices of the factors' values.

    Raises:
        DataError: for a file of another layout.
    """
    rule = "3dshapes.h5 must be a readable HDF5 file"
    with foreign(rule, path), open_plain(path), h5py.File(path, "r") as file:
        images, labels = _checked(file, path)
        shape, labels = images.shape[1:], factor_indices(labels[:], path)
        rows = open_rows(path, "images")
        if not _reads_singly(images):
            rows = _copied(path, images, rows)
    return rows, shape, labels


def factor_indices(labels, where):
    """Indices `(n, 6)` of factor values `(n, 6)`.

    Raises:
        DataError: for a number that is no value of its factor.
    """
    indices = np.empty(labels.shape, np.int64)
    for column, (name, values) in enumerate(VALUES.items()):
        place = (labels[:, column] - values[0]) / (values[1] - values[0])
        indices[:, column] = np.rint(np.nan_to_num(place, nan=-1))
        inside = indices[:, column].clip(0, len(values) - 1) == indices[:, column]
        wrong = ~inside | (np.abs(place - indices[:, column]) > 0.01)
        if wrong.any():
            raise DataError(
                f"{name} must be one of {len(values)} values from {values[0]:g} to "
                f"{values[-1]:g}. Received: {labels[wrong, column][0]} in {where}"
            )
    return indices


def render(count, seed=0):
    """Render `count` different images into the cache folder, once.

    Each geometry gets as nearly the same number of hue triples as there is,
    drawn without repeating one.

    Returns:
        Path of a file in the layout of 3dshapes.h5.
    """
    path = cache_folder() / f"3dshapes-rendered-{count}-{seed}.h5"
    if not path.is_file():
        make_folder(path.parent)
        with replacing(path) as temporary:
            write_rendered(temporary, count, seed)
    return path


def write_rendered(path, count, seed=0):
    """Write a file of rendered images; see `render`."""
    maps = _all_maps()
    chosen = _chosen(count, seed)
    with h5py.File(path, "w") as file:
        file.attrs["source"] = "rendered by tfmi; not the 3D Shapes dataset's images"
        images = file.create_dataset(
            "images",
            (count, scene.SIDE, scene.SIDE, 3),
            np.uint8,
            chunks=(1, scene.SIDE, scene.SIDE, 3),
            compression="gzip",
            compression_opts=1,
        )
        values = zip(VALUES.values(), chosen.T, strict=True)
        file["labels"] = np.stack([v[indices] for v, indices in values], axis=1)
        with progress.bar(total=count, desc="painting", unit="image") as bar:
            for start in range(0, count, 256):
                part = chosen[start : start + 256]
                geometry = np.ravel_multi_index(part[:, 3:].T, SIZES[3:])
                images[start : start + len(part)] = scene.paint(
                    maps[geometry], part[:, :3]
                )
                bar.update(len(part))


def _all_maps():
    maps = np.empty((GEOMETRIES, scene.SIDE, scene.SIDE, 4), np.float32)
    for number in progress.bar(range(GEOMETRIES), desc="ray-casting", unit="geometry"):
        maps[number] = scene.geometry_maps(*np.unravel_index(number, SIZES[3:]))
    return maps


def _chosen(count, seed):
    """Factor indices `(count, 6)` in the file's order."""
    generator = np.random.default_rng([seed, *b"render"])
    hues = int(np.prod(SIZES[:3]))
    shares = np.full(GEOMETRIES, count // GEOMETRIES)
    shares[generator.permutation(GEOMETRIES)[: count % GEOMETRIES]] += 1
    picked = [
        hue * GEOMETRIES + geometry
        for geometry, share in enumerate(shares)
        for hue in generator.permutation(hues)[:share]
    ]
    return np.stack(np.unravel_index(np.sort(picked), SIZES), axis=1)


def _checked(file, path):
    if "images" not in file or "labels" not in file:
        raise DataError(
            "3dshapes.h5 must hold images and labels. "
            f"Received: {', '.join(file) or 'nothing'} in {path}"
        )
    images, labels = file["images"], file["labels"]
    fits = images.ndim == 4 and images.shape[3] == 3 and images.dtype == np.uint8
    numbers = labels.dtype.kind in "iuf"
    if not (fits and numbers and labels.shape == (len(images), len(VALUES))):
        raise DataError(
            "images must be uint8 (n, height, width, 3), numbers labels (n, 6). "
            f"Received: {images.dtype} {images.shape} and {labels.dtype} "
            f"{labels.shape} in {path}"
        )
    sides_fit = 1 <= min(images.shape[1:]) <= max(images.shape[1:]) <= MAX_SIDE
    if not (1 <= len(images) <= ALL_IMAGES and sides_fit):
        raise DataError(
            f"there must be 1 to {ALL_IMAGES:,} images with sides of 1 to {MAX_SIDE}. "
            f"Received: {images.shape} in {path}"
        )
    for data in (images, labels):
        _check_held(data, path)
    return images, labels


def _check_held(data, path):
    """Raise a DataError unless all of a dataset lies in the file itself, in chunks
    that fit in memory; what is missing would be read as zeros."""
    chunks = data.chunks or (1,)
    sides = zip(data.shape, data.chunks or data.shape, strict=True)
    pieces = math.prod(-(-side // chunk) for side, chunk in sides)
    whole = data.id.get_num_chunks() == pieces if data.chunks else True
    if data.is_virtual or data.external or not whole:
        raise DataError(
            f"all of {data.name} must lie in the file. Received: a part in {path}"
        )
    size = math.prod(chunks) * data.dtype.itemsize
    if size > MAX_CHUNK_BYTES:
        raise DataError(
            f"a chunk must take at most {MAX_CHUNK_BYTES:,} bytes. "
            f"Received: {size:,} of {data.name} in {path}"
        )


def _reads_singly(images):
    if images.chunks is None:
        return True
    sides = zip(images.shape[1:], images.chunks[1:], strict=True)
    pieces = np.prod([-(-side // chunk) for side, chunk in sides])
    return images.chunks[0] <= MAX_CHUNK_IMAGES and pieces <= MAX_CHUNKS_PER_IMAGE


def _copied(path, images, rows):
    target = cache_folder() / f"3dshapes-{file_key(path)}.rows"
    # Whole chunks, so that none is unpacked twice, but never too many images.
    slab = max(1, SLAB // images.chunks[0]) * images.chunks[0]
    starts = range(0, len(images), slab)
    slabs = (rows.slab(k, min(k + slab, len(images))) for k in starts)
    return write_rows(target, slabs, len(images), images.shape[1:])
