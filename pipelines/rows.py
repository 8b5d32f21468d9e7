"""Many images of one size as rows, in memory or in one cached file.

Either is indexed by an integer array and gives uint8 `(batch, height, width,
channels)`; rows that have a method `gather` are read by it inside the graph. A
file is read row by row with plain reads, not mapped: a mapping's pages would
count as memory of the process.
"""

import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib

import numpy as np

from tfmi import progress
from tfmi.errors import DataError
from tfmi.files import make_folder
from tfmi.files import replacing
from tfmi.files import write_json
from tfmi.lazy import LazyModule
from tfmi.pipelines.images import UnreadableImage
from tfmi.pipelines.images import quiet_decoders
from tfmi.pipelines.images import read_picture

tf = LazyModule("tensorflow")

IN_MEMORY_BYTES = 256 * 2**20
CHUNK = 512
# Of the rules of reading: a new number makes cached files of the old invalid.
VERSION = 2


class RowFile:
    """Images of one shape, one after the other, in a file.

    Args:
        path: of the file.
        shape: `(height, width, channels)`.
    """

    def __init__(self, path, shape):
        self.path = pathlib.Path(path)
        self.row_shape = tuple(shape)
        self.row_bytes = int(np.prod(shape))
        self._file = open(self.path, "rb", buffering=0)

    def __del__(self):
        # Its own end alone says when no batch is to come from it any more.
        if hasattr(self, "_file"):
            self._file.close()

    def __len__(self):
        return self.path.stat().st_size // self.row_bytes

    def __getitem__(self, indices):
        indices = np.asarray(indices)
        out = np.empty((len(indices), *self.row_shape), np.uint8)
        for row, index in zip(out, indices, strict=True):
            content = os.pread(
                self._file.fileno(), self.row_bytes, int(index) * self.row_bytes
            )
            if len(content) != self.row_bytes:
                raise DataError(
                    f"the cached file must be whole; remove it. Received: {self.path}"
                )
            row[...] = np.frombuffer(content, np.uint8).reshape(self.row_shape)
        return out


def gather(rows, indices, image_shape):
    """Rows by index inside a `tf.data` map; see the module."""
    if hasattr(rows, "gather"):
        images = rows.gather(indices)
    else:
        images = tf.numpy_function(
            rows.__getitem__, [indices], tf.uint8, stateful=False
        )
    return tf.ensure_shape(images, [*indices.shape, *image_shape])


def cache_folder():
    """Where prepared data goes: TFMI_CACHE_DIR, or tfmi in the user's cache.

    Raises:
        DataError: where there is neither that nor a home folder.
    """
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = os.environ.get("TFMI_CACHE_DIR") or os.path.join(base, "tfmi")
    return _below_home(folder, "TFMI_CACHE_DIR")


def tfds_folder():
    """Where tensorflow-datasets keeps what it prepared: TFDS_DATA_DIR.

    Raises:
        DataError: where there is neither that nor a home folder.
    """
    folder = os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"
    return _below_home(folder, "TFDS_DATA_DIR")


def prepared_by_tfds(name):
    """A line on the folder of a dataset that TFDS prepared, or `None`."""
    with contextlib.suppress(DataError):
        folder = tfds_folder() / name
        return f"tensorflow-datasets in {folder}" if os.path.isdir(folder) else None


def _below_home(folder, variable):
    try:
        return pathlib.Path(folder).expanduser()
    except RuntimeError as error:
        raise DataError(
            f"{variable} must name a folder where there is no home folder. "
            f"Received: {folder}"
        ) from error


def file_key(path):
    """A name for what is made of a file, another one where the file changes."""
    stat = os.stat(path)
    about = f"{os.path.abspath(path)} {stat.st_size} {stat.st_mtime_ns}"
    return hashlib.sha256(about.encode()).hexdigest()[:24]


def keep_rows(target, batches, count, shape):
    """Rows of `count` images that come in batches: an array where they take at
    most `IN_MEMORY_BYTES`, else as of `write_rows`."""
    if count * int(np.prod(shape)) > IN_MEMORY_BYTES:
        return write_rows(target, batches, count, shape)
    return np.concatenate(list(batches))


def write_rows(target, batches, count, shape):
    """A `RowFile` of batches of images, unless it is there already whole."""
    if not target.is_file() or target.stat().st_size != count * np.prod(shape):
        make_folder(target.parent)
        with replacing(target) as temporary, open(temporary, "wb") as file:
            bar = progress.bar(total=count, desc="laying out", unit="image")
            with bar:
                for batch in batches:
                    file.write(np.ascontiguousarray(batch).tobytes())
                    bar.update(len(batch))
    return RowFile(target, shape)


def decode_files(paths, shape, enlarge=True, colored=None):
    """Decode every file once.

    Args:
        paths: of the image files.
        shape: `(height, width, channels)` to fit them to.
        enlarge: as in `images.read_image`.
        colored: a list to which the positions of those are added whose colour is
            lost, as grey is asked for.

    Returns:
        `(rows, readable, unreadable)`: the images, the positions in `paths` of
        those that could be read, and `{position: reason}` of the others. The
        rows are an array where they take at most `IN_MEMORY_BYTES`, else a
        `RowFile` in the cache folder that is found again next time.

    Raises:
        DataError: where the cache cannot be written.
    """
    colored = [] if colored is None else colored
    needed = len(paths) * int(np.prod(shape))
    if needed > IN_MEMORY_BYTES:
        return _decode_to_file(paths, shape, enlarge, colored)
    rows = np.empty((len(paths), *shape), np.uint8)
    readable, unreadable = [], {}
    for position, image in _decoded(paths, shape, enlarge, unreadable, colored):
        rows[len(readable)] = image
        readable.append(position)
    return rows[: len(readable)], np.array(readable, np.int64), unreadable


def _decode_to_file(paths, shape, enlarge, colored):
    target = cache_folder() / f"images-{_key(paths, shape, enlarge)}.rows"
    listing = target.with_suffix(".json")
    if not _whole(target, listing, shape):
        make_folder(target.parent)
        readable, unreadable, lost = [], {}, []
        with replacing(target) as temporary, open(temporary, "wb") as file:
            for position, image in _decoded(paths, shape, enlarge, unreadable, lost):
                file.write(image.tobytes())
                readable.append(position)
        content = {"kept": readable, "unreadable": unreadable, "colored": lost}
        write_json(listing, content)
    content = json.loads(listing.read_text(encoding="utf-8"))
    colored += content["colored"]
    unreadable = {int(k): reason for k, reason in content["unreadable"].items()}
    return RowFile(target, shape), np.array(content["kept"], np.int64), unreadable


def _whole(target, listing, shape):
    try:
        readable = json.loads(listing.read_text(encoding="utf-8"))["kept"]
        return target.stat().st_size == len(readable) * int(np.prod(shape))
    except (OSError, ValueError, KeyError):
        return False


def _key(paths, shape, enlarge):
    digest = hashlib.sha256(repr((VERSION, tuple(shape), enlarge)).encode())
    for path in paths:
        try:
            stat = os.stat(path)
            about = f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n"
        except (OSError, ValueError):
            about = f"{path}\0\n"
        digest.update(about.encode(errors="surrogateescape"))
    return digest.hexdigest()[:24]


def _decoded(paths, shape, enlarge, unreadable, colored):
    """`(position, image)` of the readable files, in order; fills the lists."""

    def read(path):
        try:
            return read_picture(path, shape, enlarge)
        except UnreadableImage as error:
            return str(error), None

    bar = progress.bar(
        total=len(paths), unit="image", desc="reading images", leave=False
    )
    # A chunk at a time, so that no more than a chunk waits in memory.
    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    with quiet_decoders(), bar, pool:
        for start in range(0, len(paths), CHUNK):
            chunk = paths[start : start + CHUNK]
            for position, (image, lost) in enumerate(pool.map(read, chunk), start):
                if lost is None:
                    unreadable[position] = image
                    continue
                if lost:
                    colored.append(position)
                yield position, image
            bar.update(len(chunk))
