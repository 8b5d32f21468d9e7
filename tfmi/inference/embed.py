"""Vectors of image files, by a run or by an export of one."""

import glob
import os
import pathlib

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import printable
from tfmi.files import replacing
from tfmi.inference.vector_files import WRITERS
from tfmi.pipelines import walk
from tfmi.pipelines.images import CHANNELS
from tfmi.pipelines.images import FORMAT_NAMES
from tfmi.pipelines.images import SUFFIXES
from tfmi.pipelines.images import UnreadableImage
from tfmi.pipelines.images import is_picture
from tfmi.pipelines.images import quiet_decoders
from tfmi.pipelines.images import read_image
from tfmi.pipelines.manifest import read_table


def find_images(images):
    """The paths of `look_up`."""
    return look_up(images).images


def look_up(images, domain="x"):
    """The image files of a folder, a table, a pattern, or one image file.

    What is there is taken as it is called; only other texts are patterns.

    Args:
        images: a folder (searched with its subfolders), a table as `tfmi train pairs`
            reads them (`manifest.read_table`) with a column `path` (or x and y)
            relative to its folder, an image, or a pattern.
        domain: "x" or "y", which column of a table of pairs is read.

    Returns:
        A `walk.Found`, its images sorted but for those of a table.

    Raises:
        DataError: where there are none.
    """
    path = pathlib.Path(images)
    if os.path.isdir(path):
        content = walk.find_images(path)
    elif os.path.isfile(path) and not _is_image(path):
        content = _of_table(path, domain)
    elif os.path.lexists(path):
        content = walk.Found([path], [], [])
    else:
        content = walk.Found(_of_pattern(str(images)), [], [])
    if not content.images:
        others = "".join(f"; {line}" for line in content.notes[:1])
        raise DataError(
            f"IMAGES must be a folder, a pattern or a CSV file of {FORMAT_NAMES} "
            f"images (or Parquet). Received: {images}{others}"
        )
    return content


def _is_image(path):
    suffix = path.suffix.lower()
    return suffix in SUFFIXES or suffix in walk.OTHER_PICTURES or is_picture(path)


def _of_pattern(pattern):
    """The files of a pattern; folders that are there are no part of it."""
    root = pathlib.Path(pattern).parent
    while not os.path.isdir(root):
        root = root.parent
    rest = os.path.relpath(pattern, root)
    return sorted(
        root / name for name in glob.glob(rest, root_dir=root, recursive=True)
    )


def _of_table(path, domain):
    """The paths in a table, relative to its folder."""
    table = read_table(path)
    pairs = "path" not in table and {"x", "y"} <= set(table)
    if not pairs and "path" not in table:
        raise DataError(
            "a CSV file must have a column path. "
            f"Received: {', '.join(table)} in {path}"
        )
    names = table[domain if pairs else "path"]
    notes = table.notes()
    if pairs:
        notes.append(f"the column {domain} of a table of pairs is read (--domain)")
    if "" in names:
        notes.append(f"left out: {names.count('')} rows without a path")
    unique = dict.fromkeys(name for name in names if name)
    images = [path.parent / name for name in (unique if pairs else names) if name]
    return walk.Found(images, [], notes)


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
    check_channels(encoder)
    written, unreadable = 0, []
    with (
        quiet_decoders(),
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


def check_channels(encoder):
    """Raise a DataError for an encoder whose images are no pictures."""
    channels = encoder.image_shape[2]
    if channels not in CHANNELS:
        raise DataError(
            f"tfmi embed reads pictures ({FORMAT_NAMES}), which have 1 or 3 channels, "
            "and no satellite acquisitions. "
            f"Received: an encoder of images of {channels} channels"
        )


def _read(batch, encoder, unreadable):
    """Paths and images of the readable files; a line in `unreadable` for others."""
    readable, images = [], []
    for path in batch:
        try:
            images.append(read_image(path, encoder.image_shape, encoder.enlarge))
            readable.append(printable(path))
        except UnreadableImage as error:
            unreadable.append(printable(f"{path}: {error}"))
    return readable, images
