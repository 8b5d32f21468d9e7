"""Unsupervised regions of an image, and how they agree with a land-cover map."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from tfmi.errors import DataError

# The class of a land-cover map for pixels that nobody labelled.
NO_DATA = 0


def regions(vectors, count, seed=0):
    """k-means of the vector of each pixel.

    Args:
        vectors: `(rows, columns, size)`.
        count: of regions.

    Returns:
        uint8 `(rows, columns)`.
    """
    flat = np.asarray(vectors, np.float32).reshape(-1, vectors.shape[-1])
    labels = KMeans(count, n_init=10, random_state=seed).fit_predict(flat)
    return labels.reshape(vectors.shape[:2]).astype(np.uint8)


def agreement(predicted, land_cover):
    """Adjusted Rand index of regions and classes, over pixels with a class.

    Args:
        predicted, land_cover: `(rows, columns)`; class 0 is no data.

    Returns:
        1 for the same partition, about 0 for unrelated ones.

    Raises:
        DataError: for maps of different sizes, or without a class.
    """
    if predicted.shape != land_cover.shape:
        raise DataError(
            f"--land-cover must be of {predicted.shape[0]}x{predicted.shape[1]} cells. "
            f"Received: {land_cover.shape[0]}x{land_cover.shape[1]}"
        )
    labelled = land_cover != NO_DATA
    if not labelled.any():
        raise DataError("--land-cover must hold classes. Received: 0 everywhere")
    return float(adjusted_rand_score(land_cover[labelled], predicted[labelled]))
