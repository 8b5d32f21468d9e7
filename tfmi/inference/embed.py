"""Vectors of image files, by a run or by an export of one."""

import csv
import glob
import pathlib

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import replacing
from tfmi.inference.vector_files import WRITERS
from tfmi.pipelines.images import SUFFIXES
from tfmi.pipelines.images import UnreadableImage
from tfmi.pipelines.images import read_image


def find_images(images):
    """The image files of a folder, a glob, a CSV file, or one image file.

    Args:
        images: a folder (searched with its subfolders), a pattern, a `.csv`
            file with a column `path` (relative to its folder), or an image.

    Returns:
        A list of paths, sorted but for those of a CSV file.

    Raises:
        DataError: where there are none.
    """
    path = pathlib.Path(images)
    if path.is_dir():
        paths = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
    elif path.suffix.lower() == ".csv" and path.is_file():
        paths = _read_paths(path)
    else:
        paths = sorted(map(pathlib.Path, glob.glob(str(images), recursive=True)))
    if not paths:
        raise DataError(
            "IMAGES must be a folder, a pattern or a CSV file of PNG, JPEG or TIFF "
            f"images. Received: {images}"
        )
    return paths


def _read_paths(path):
    """The paths in the column `path` of a CSV file, relative to its folder."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        if "path" not in (rows.fieldnames or ()):
            raise DataError(
                f"a CSV file must have a column path. Received: {rows.fieldnames} "
                f"in {path}"
            )
        return [path.parent / row["path"] for row in rows if row["path"]]


def embed(encoder, paths, output, batch_size=64, progress=None):
    """Write the vectors of image files; constant memory but for the paths.

    Args:
        encoder: an `encoders.Encoder`.
        paths: of the images.
        output: `.npz` with arrays `path` `(n,)` and, for each output,
            `(n, size)` float32; or `.parquet` with a row an image.
        batch_size: number of images that are encoded together.
        progress: called with the number of files of each batch that was read.

    Returns:
        `(written, unreadable)`: a number, and a line for each file left out.

    Raises:
        DataError: where no image can be read, or the output not be written.
        UsageError: for another kind of output.
    """
    output = pathlib.Path(output)
    check_output(output)
    written, unreadable = 0, []
    with (
        replacing(output) as temporary,
        WRITERS[output.suffix.lower()](temporary) as writer,
    ):
        for start in range(0, len(paths), batch_size):
            batch = paths[start : start + batch_size]
            readable, images = _read(batch, encoder, unreadable)
            if readable:
                writer.add(readable, encoder.represent(np.stack(images)))
            written += len(readable)
            if progress:
                progress(len(batch))
        if not written:
            raise DataError(
                f"there must be readable images. Received: {len(unreadable)} files, "
                f"none readable, first {unreadable[0]}"
            )
    return written, unreadable


def check_output(output):
    """Raise a UsageError where the file would be of no known kind."""
    if pathlib.Path(output).suffix.lower() not in WRITERS:
        raise UsageError(f"--output must end in .npz or .parquet. Received: {output}")


def _read(batch, encoder, unreadable):
    """Paths and images of the readable files; a line in `unreadable` for others."""
    readable, images = [], []
    for path in batch:
        try:
            images.append(read_image(path, encoder.image_shape, encoder.enlarge))
            readable.append(str(path))
        except UnreadableImage as error:
            unreadable.append(f"{path}: {error}")
    return readable, images
