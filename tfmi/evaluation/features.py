"""Representations of a split, extracted once and kept as plain arrays."""

import numpy as np

from tfmi.errors import DataError


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
    vectors, labels, seen = [], [], 0
    for images, batch in labelled:
        vectors.append(np.asarray(represent(images), np.float32))
        labels.append({name: np.asarray(value) for name, value in batch.items()})
        seen += len(vectors[-1])
        if limit is not None and seen >= limit:
            break
    if not seen:
        raise DataError("a split must have images. Received: none")
    joined = {name: np.concatenate([b[name] for b in labels]) for name in labels[0]}
    return np.concatenate(vectors)[:limit], {n: v[:limit] for n, v in joined.items()}


def scored(vectors, labels):
    """The vectors and labels of the images that count for a factor: those whose
    label is not negative."""
    kept = labels >= 0
    return vectors[kept], labels[kept]
