"""Test images of a domain with their vectors, as plain arrays."""

import dataclasses

import numpy as np

from tfmi.errors import DataError

COUNT = 1000
BATCH = 250


@dataclasses.dataclass(frozen=True)
class Sample:
    """Images of one domain, and what is known of them.

    Attributes:
        domain: a `Domain`.
        images: `(n, height, width, channels)`, raw.
        labels: `{factor: (n,)}`, negative where an image does not count.
        vectors: `{representation: (n, size)}`.
    """

    domain: object
    images: np.ndarray
    labels: dict
    vectors: dict


def draw(dataset, domain, represents, count=COUNT):
    """Images at equal distances in the test split, so that one that is ordered by a
    factor gives images of each of its values.

    Args:
        dataset: a `PairDataset`.
        domain: a `Domain` of it.
        represents: `{representation: function from raw images to vectors}`.
        count: of images; fewer where the split has fewer.

    Raises:
        DataError: for fewer than 2 test images, and for vectors that are no
            finite numbers.
    """
    images, labels = _spread(dataset, domain.name, count)
    if len(images) < 2:
        raise DataError(
            "a report must have 2 test images of each domain. "
            f"Received: {len(images)} of {domain.name}"
        )
    vectors = {
        name: _vectors(function, images) for name, function in represents.items()
    }
    return Sample(domain, images, labels, vectors)


def _spread(dataset, domain, count):
    total = dataset.num_images("test")
    wanted = np.unique(np.linspace(0, total - 1, min(count, total)).astype(int))
    images, labels, seen = [], [], 0
    for batch, values in dataset.labelled(domain, "test", BATCH):
        batch = np.asarray(batch)
        inside = wanted[(wanted >= seen) & (wanted < seen + len(batch))] - seen
        images.append(batch[inside])
        labels.append({n: np.asarray(v)[inside] for n, v in values.items()})
        seen += len(batch)
    if not seen:
        return [], {}
    names = labels[0]
    return np.concatenate(images), {
        name: np.concatenate([part[name] for part in labels]) for name in names
    }


def _vectors(represent, images):
    parts = [
        np.asarray(represent(images[start : start + BATCH]), np.float32)
        for start in range(0, len(images), BATCH)
    ]
    vectors = np.concatenate(parts)
    if not np.isfinite(vectors).all():
        raise DataError("representations must be finite. Received: NaN or infinity")
    return vectors
