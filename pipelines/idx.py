"""Reader of MNIST's idx files, plain or gzipped, and of `mnist.npz`."""

import gzip
import pathlib
import zlib

import numpy as np

from tfmi.errors import DataError

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
MAGIC = {3: 0x00000803, 1: 0x00000801}


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
    return {
        k: (images, labels.astype(np.int64)) for k, (images, labels) in splits.items()
    }


def check_images_and_labels(images, labels, where):
    """Raise a DataError unless they are digits with a label each."""
    if len(images) != len(labels):
        raise DataError(
            f"images and labels must be of the same number. Received: {len(images)} "
            f"images and {len(labels)} labels in the {where}"
        )
    if images.ndim != 3 or images.dtype != np.uint8:
        raise DataError(
            "images must be uint8 of shape (n, rows, columns). "
            f"Received: {images.dtype} {images.shape} in the {where}"
        )
    if len(labels) and (labels.min() < 0 or labels.max() > 9):
        raise DataError(
            "labels must be digits from 0 to 9. "
            f"Received: {labels.min()} to {labels.max()} in the {where}"
        )


def _locate(folder, name):
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    raise DataError(
        f"the data folder must hold {name}, {name}.gz or mnist.npz. Received: {folder}"
    )


def _read_npz(path):
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {
                split: (arrays[f"x_{split}"], arrays[f"y_{split}"])
                for split in ("train", "test")
            }
    except (KeyError, ValueError, OSError, zlib.error) as error:
        raise DataError(
            f"mnist.npz must hold x_train, y_train, x_test, y_test. Received: {path} "
            f"({error})"
        ) from error
    except Exception as error:  # zipfile.BadZipFile comes from a lazy import
        raise DataError(
            f"mnist.npz must be a readable zip archive. Received: {path} ({error})"
        ) from error


def _read_idx(path, dimensions):
    content = _read_bytes(path)
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise DataError(
            f"an idx file must have a {header}-byte header. "
            f"Received: {len(content)} bytes in {path}"
        )
    numbers = np.frombuffer(content, ">u4", count=1 + dimensions)
    if numbers[0] != MAGIC[dimensions]:
        raise DataError(
            f"the magic number must be {MAGIC[dimensions]}. "
            f"Received: {numbers[0]} in {path}"
        )
    shape = tuple(int(n) for n in numbers[1:])
    expected = header + int(np.prod(shape, dtype=np.int64))
    if len(content) != expected:
        raise DataError(
            f"the file must have the {expected} bytes that its header announces. "
            f"Received: {len(content)} in {path}"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _read_bytes(path):
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                return file.read()
        return path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"the file must be readable and whole. Received: {path} ({error})"
        ) from error
