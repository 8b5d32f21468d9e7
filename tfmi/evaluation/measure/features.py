"""Representations of a split: extracted once, streamed, kept for the next time."""

import contextlib
import dataclasses
import hashlib
import os

import numpy as np

from tfmi.errors import DataError
from tfmi.files import make_folder
from tfmi.files import replacing


def take(labelled, limit=None):
    """The first `limit` images of a stream, as arrays.

    Args:
        labelled: iterable of `(images, {factor: labels})` batches.

    Yields:
        Such batches, the last one cut.
    """
    left = float("inf") if limit is None else limit
    for images, labels in labelled:
        count = min(left, len(images))
        named = {name: np.asarray(value)[:count] for name, value in labels.items()}
        yield np.asarray(images)[:count], named
        left -= count
        if not left:
            return


def extract(represent, labelled, limit=None):
    """Stream images through `represent`.

    Args:
        represent: function from raw images `(batch, ...)` to `(batch, size)`.
        labelled: iterable of `(images, {factor: labels})` batches.
        limit: stop at this number of images.

    Returns:
        `(vectors (n, size) float32, {factor: labels (n,)})`.

    Raises:
        DataError: for a dataset without images.
    """
    vectors, labels = [], []
    for images, batch in take(labelled, limit):
        vectors.append(np.asarray(represent(images), np.float32))
        labels.append(batch)
    return np.concatenate(_require_images(vectors)), _joined(labels)


def extract_all(represents, labelled, folder, limit=None):
    """Vectors of one split by several encoders, kept in a folder.

    The images are read once to tell what they are, and once more where an
    encoder's vectors are not there yet. A file is named by a digest of every
    image and of what the encoder makes of one image of each batch, so another
    model, split, limit, seed or dataset never meets it; it takes its name when
    it is whole.

    Args:
        represents: `{name: represent}` as in `extract`.
        labelled: function that opens the stream of batches.
        folder: of the files; may be deleted at any time.

    Returns:
        `({name: vectors (n, size)}, {factor: labels (n,)})`, the vectors
        float32 memory maps, read-only.

    Raises:
        DataError: for a dataset without images, vectors that are no `(batch,
            size)`, and a folder that cannot be written.
    """
    make_folder(folder)
    content, labels, sample = _read(take(labelled(), limit))
    count = len(next(iter(labels.values())))
    sinks = {n: _sink(folder, content, f, sample, count) for n, f in represents.items()}
    # By path: two names of one encoder share a file.
    missing = {s.path: s for s in sinks.values() if s.vectors() is None}
    if missing:
        _fill(missing.values(), take(labelled(), limit))
    return {name: sink.vectors() for name, sink in sinks.items()}, labels


def labelled_only(vectors, labels):
    """The vectors and labels of the images that count for a factor: those whose
    label is not negative."""
    counted = labels >= 0
    # The very arrays where all count: processes that share them get no copy.
    return (vectors, labels) if counted.all() else (vectors[counted], labels[counted])


def drop_absent_values(domain, *labels):
    """The domain with the values of its factors that occur in the labels, so
    that chance is the data's.

    Args:
        domain: a `Domain`.
        labels: each `{factor: labels (n,)}`.
    """

    def cut(factors):
        return tuple(_present_values(factor, labels) for factor in factors)

    return dataclasses.replace(
        domain,
        shared_factors=cut(domain.shared_factors),
        exclusive_factors=cut(domain.exclusive_factors),
    )


def _present_values(factor, labels):
    parts = [part[factor.name] for part in labels]
    if not all((part >= 0).any() for part in parts):
        raise DataError(
            f"images of both splits must count for {factor.name} (labels of 0 and "
            "more). Received: none that does in one of them"
        )
    seen = set(np.concatenate(parts).tolist())
    values = tuple(v for index, v in enumerate(factor.values) if index in seen)
    return dataclasses.replace(factor, values=values)


@dataclasses.dataclass(frozen=True)
class _Sink:
    """The file of one encoder's vectors."""

    path: os.PathLike
    represent: object
    shape: tuple[int, int]

    def vectors(self):
        """The vectors, or `None` where they are not there, or not whole."""
        try:
            vectors = np.load(self.path, mmap_mode="r")
        except (OSError, ValueError, EOFError):
            return None
        return vectors if vectors.shape == self.shape else None


def _sink(folder, content, represent, sample, count):
    vectors = np.asarray(represent(sample), np.float32)
    if vectors.ndim != 2 or len(vectors) != len(sample):
        raise DataError(
            f"a representation must be (batch, size) vectors. Received: shape "
            f"{vectors.shape} for {len(sample)} images"
        )
    digest = hashlib.sha256(content)
    _update(digest, vectors)
    path = folder / f"{digest.hexdigest()[:32]}.npy"
    return _Sink(path, represent, (count, vectors.shape[1]))


def _read(batches):
    """A digest of the images, their labels, and the first image of each batch."""
    digest, labels, sample = hashlib.sha256(), [], []
    for images, batch in batches:
        _update(digest, images)
        labels.append(batch)
        sample.append(images[:1])
    return digest.digest(), _joined(_require_images(labels)), np.concatenate(sample)


def _update(digest, array):
    digest.update(f"{array.dtype}{array.shape}".encode())
    digest.update(np.ascontiguousarray(array))


def _fill(sinks, batches):
    with contextlib.ExitStack() as stack:
        files = []
        for sink in sinks:
            temporary = stack.enter_context(replacing(sink.path))
            file = stack.enter_context(open(temporary, "wb"))
            header = {"descr": "<f4", "fortran_order": False, "shape": sink.shape}
            np.lib.format.write_array_header_1_0(file, header)
            files.append((file, sink.represent))
        for images, _ in batches:
            for file, represent in files:
                file.write(np.asarray(represent(images), "<f4").tobytes())
        for file, _ in files:
            file.flush()
            # On the disk before it has its name, whatever happens to the machine.
            os.fsync(file.fileno())


def _require_images(batches):
    if not batches:
        raise DataError("a split must have images. Received: none")
    return batches


def _joined(labels):
    return {name: np.concatenate([b[name] for b in labels]) for name in labels[0]}
