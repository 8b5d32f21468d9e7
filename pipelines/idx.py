"""Reader of MNIST's idx files, plain or gzipped, and of `mnist.npz`."""

import contextlib
import gzip
import math
import pathlib
import zipfile

import numpy as np

from tfmi.errors import DataError
from tfmi.files import foreign
from tfmi.files import largest_content
from tfmi.files import open_plain

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
MAGIC = {3: 0x00000803, 1: 0x00000801}
NPY_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_mnist(folder):
    """Both splits of MNIST from a folder of idx(.gz) files or `mnist.npz`.

    Returns:
        `{"train": (images, labels), "test": (images, labels)}`, images uint8
        `(n, rows, columns)`, labels int64 `(n,)`.

    Raises:
        DataError: for a missing, truncated or inconsistent file.
    """
    folder = pathlib.Path(folder)
    if (folder / "mnist.npz").is_file():
        splits = _read_npz(folder / "mnist.npz")
    else:
        splits = {
            split: (
                _read_idx(_locate(folder, images), 3),
                _read_idx(_locate(folder, labels), 1),
            )
            for split, (images, labels) in FILES.items()
        }
    for split, (images, labels) in splits.items():
        check_images_and_labels(images, labels, f"{split} split of {folder}")
    sizes = [images.shape[1:] for images, _ in splits.values()]
    if sizes[0] != sizes[1]:
        raise DataError(
            "images of both splits must be of one size. "
            f"Received: {sizes[0]} and {sizes[1]} in {folder}"
        )
    return {
        k: (images, labels.astype(np.int64)) for k, (images, labels) in splits.items()
    }


def check_images_and_labels(images, labels, where):
    """Raise a DataError unless they are digits with a label each."""
    if images.ndim != 3 or images.dtype != np.uint8 or not images.size:
        raise DataError(
            "images must be uint8 of shape (n, rows, columns), with pixels. "
            f"Received: {images.dtype} {images.shape} in the {where}"
        )
    if labels.ndim != 1 or labels.dtype.kind not in "iuf":
        raise DataError(
            "labels must be whole numbers of shape (n,). "
            f"Received: {labels.dtype} {labels.shape} in the {where}"
        )
    if len(images) != len(labels):
        raise DataError(
            f"images and labels must be of the same number. Received: {len(images)} "
            f"images and {len(labels)} labels in the {where}"
        )
    wrong = ~np.isin(labels, np.arange(10))
    if wrong.any():
        raise DataError(
            "labels must be digits from 0 to 9. "
            f"Received: {labels[wrong][0]} in the {where}"
        )


def _locate(folder, name):
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    raise DataError(
        f"the data folder must hold {name}, {name}.gz or mnist.npz. Received: {folder}"
    )


def _read_npz(path):
    rule = "mnist.npz must be a zip archive of x_train, y_train, x_test, y_test"
    with foreign(rule, path), open_plain(path) as file, zipfile.ZipFile(file) as arrays:
        return {
            split: tuple(_read_array(arrays, f"{k}_{split}.npy", path) for k in "xy")
            for split in ("train", "test")
        }


def _read_array(arrays, name, path):
    """An array of an .npz file, of the size that its header announces."""
    with arrays.open(name) as member:
        version = np.lib.format.read_magic(member)
        if version not in NPY_HEADERS:
            raise ValueError(f"{name} of version {version}")
        shape, _, dtype = NPY_HEADERS[version](member)
        announced = member.tell() + math.prod(shape) * dtype.itemsize
    held = arrays.getinfo(name).file_size
    if announced != held or held > largest_content(path):
        raise ValueError(f"{name} of {held:,} bytes that announces {announced:,}")
    with arrays.open(name) as member:
        return np.lib.format.read_array(member, allow_pickle=False)


def _read_idx(path, dimensions):
    """The array of an idx file; no more of it is read than its header announces."""
    header = 4 + 4 * dimensions
    with foreign("the file must be readable and whole", path), _opened(path) as file:
        head = file.read(header)
        if len(head) < header:
            raise DataError(
                f"an idx file must have a {header}-byte header. "
                f"Received: {len(head)} bytes in {path}"
            )
        magic, *shape = np.frombuffer(head, ">u4").tolist()
        if magic != MAGIC[dimensions]:
            raise DataError(
                f"the magic number must be {MAGIC[dimensions]}. "
                f"Received: {magic} in {path}"
            )
        expected = math.prod(shape)
        if expected > largest_content(path):
            raise ValueError(f"its header announces {expected:,} bytes")
        # The byte that must not be there reads the checksum of a .gz too.
        content = file.read(expected + 1)
    if len(content) != expected:
        more = "more" if len(content) > expected else f"{header + len(content)}"
        raise DataError(
            f"the file must have the {header + expected} bytes that its header "
            f"announces. Received: {more} in {path}"
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


@contextlib.contextmanager
def _opened(path):
    with open_plain(path) as file:
        if path.suffix != ".gz":
            yield file
            return
        with gzip.open(file) as content:
            yield content
