"""Nearest neighbours of a representation (Figure 4, Table 5)."""

import collections

import numpy as np
from sklearn.neighbors import NearestNeighbors

from tfmi.lazy import LazyModule

figures = LazyModule("matplotlib.figure")
patches = LazyModule("matplotlib.patches")

MAX_QUERIES = 12
METRICS = ("l2", "cosine")
# Numbers of neighbours that are scored.
COUNTS = (1, 5)


def protocol(count, metric):
    """Name of the protocol "the most frequent value among the `count` nearest"."""
    return f"{count}-nn {metric}"


PROTOCOLS = {
    protocol(count, metric): "the most frequent value among the "
    f"{count} nearest training images, by {metric}"
    for count in COUNTS
    for metric in METRICS
}


def nearest(vectors, queries, count, metric="l2"):
    """Exact nearest neighbours; distances are held for a block of rows at a time.

    Args:
        vectors: `(m, size)`, m at least `count`.
        queries: `(k, size)`.
        metric: "l2" or "cosine" (1 - cosine; 1 to a vector of zeros).

    Returns:
        Indices `(k, count)` into `vectors`, the nearest first.
    """
    if metric == "cosine":
        # Unit vectors rank by L2 as they do by angle, and L2 is the faster search.
        vectors, queries = _directions(vectors, 0), _directions(queries, 1)
    index = NearestNeighbors(n_neighbors=count, algorithm="brute")
    return index.fit(vectors).kneighbors(queries, return_distance=False)


def _directions(vectors, place):
    """Vectors of length 1; those of zeros point where nothing else does, at a
    right angle to all."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    beside = np.zeros((len(vectors), 2), lengths.dtype)
    beside[lengths[:, 0] == 0, place] = 1
    units = vectors / np.where(lengths > 0, lengths, 1)
    return np.concatenate([units, beside], axis=1)


def most_frequent(labels):
    """The most frequent label of each row, the one met first among equals.

    Args:
        labels: `(k, n)`, the nearest neighbour's first.

    Returns:
        `(k,)`.
    """
    # Counter keeps the order of first meeting among equal counts.
    named = [collections.Counter(row).most_common(1)[0][0] for row in labels.tolist()]
    return np.asarray(named)


def neighbour_accuracy(vectors, labels, queries, query_labels, n=1, metric="l2"):
    """Accuracy of the most frequent value among the n nearest (Table 5).

    Among equally frequent values the one met nearest is taken.

    Args:
        vectors, queries: `(m, size)`, `(k, size)`.
        labels, query_labels: `(m,)`, `(k,)`.
        metric: as in `nearest`.

    Returns:
        A fraction.
    """
    nearby = np.asarray(labels)[nearest(vectors, queries, n, metric)]
    return float(np.mean(most_frequent(nearby) == np.asarray(query_labels)))


def neighbours(vectors, queries, count):
    """Exact nearest neighbours by L2, the query itself left out.

    Args:
        vectors: `(n, size)`.
        queries: indices of the queries.

    Returns:
        `(len(queries), count)` indices; fewer columns where n is smaller.
    """
    count = min(count, len(vectors) - 1)
    nearby = nearest(vectors, vectors[queries], count + 1)
    return np.stack(
        [
            [other for other in row if other != query][:count]
            for query, row in zip(queries, nearby, strict=True)
        ]
    )


def retrieval_grid(path, images, vectors, labels, title, count=8, among=None):
    """Figure 4: a query in the first column, then its nearest neighbours.

    Args:
        path: of the PNG file.
        images: `(n, height, width, channels)` uint8.
        vectors: `(n, size)`.
        labels: `(n,)`, of the factor that neighbours should share; green
            frames where they do, red where not. A query for each value, 12 at
            most; none for an image that does not count (a negative label).
        among: `(images, vectors, labels)` of another domain to retrieve from; by
            default the other images.
    """
    values, queries = np.unique(labels, return_index=True)
    queries = queries[values >= 0][:MAX_QUERIES]
    if among is None:
        nearby, among = neighbours(vectors, queries, count), (images, vectors, labels)
    else:
        nearby = nearest(among[1], vectors[queries], min(count, len(among[1])))
    pictures, _, values = among
    # A square of side 1 an image; one pair of axes draws far faster than many.
    size = np.array([1 + nearby.shape[1], len(queries)])
    figure = figures.Figure(figsize=size + [0, 0.8], layout="constrained")
    axes = figure.subplots()
    for line, (query, row) in enumerate(zip(queries, nearby, strict=True)):
        _show(axes, images[query], (0, line), "black")
        for column, index in enumerate(row, 1):
            right = values[index] == labels[query]
            color = "tab:green" if right else "tab:red"
            _show(axes, pictures[index], (column, line), color)
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0), aspect="equal")
    axes.set_axis_off()
    axes.text(0.5, 0, "query", ha="center", va="bottom", fontsize=9)
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, dpi=80)


def _show(axes, image, corner, color):
    """An image and its frame in the square that begins at a corner."""
    # Three channels are shown as a picture, any other number by the first.
    picture = image[..., :3] if image.shape[-1] >= 3 else image[..., 0]
    width, height = 0.9 * np.divide(picture.shape[1::-1], max(picture.shape[:2]))
    left, top = np.array(corner) + 0.5 - np.divide([width, height], 2)
    extent = (left, left + width, top + height, top)
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, extent=extent)
    frame = {"fill": False, "edgecolor": color, "linewidth": 3}
    axes.add_patch(patches.Rectangle((left, top), width, height, **frame))
