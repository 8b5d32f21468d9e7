"""Vectors laid out in a plane: PCA, and t-SNE from where PCA puts them.

Both give the same picture for the same vectors (t-SNE has a fixed seed and start),
and take seconds for 1,000 images.
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

PERPLEXITY = 30


def project(vectors):
    """Two layouts.

    Args:
        vectors: `(n, size)`, n at least 2.

    Returns:
        `({"PCA": (n, 2), "t-SNE": (n, 2)}, explained)`: coordinates in [-1, 1], and
        the fraction of the variance that the two axes of PCA hold.
    """
    plane, explained = _pca(vectors)
    layouts = {"PCA": plane, "t-SNE": _tsne(vectors, plane)}
    return {name: _scaled(points) for name, points in layouts.items()}, explained


def _pca(vectors):
    spread = float(vectors.var(axis=0, dtype=np.float64).sum())
    plane = np.zeros((len(vectors), 2))
    if not spread:
        return plane, 0.0
    components = min(2, *vectors.shape)
    plane[:, :components] = PCA(components, svd_solver="full").fit_transform(vectors)
    return plane, float(plane.var(axis=0).sum() / spread)


def _tsne(vectors, start):
    # scikit-learn's own start from PCA needs vectors of two numbers or more.
    start = 1e-4 * start / max(start[:, 0].std(), 1e-12)
    method = TSNE(
        perplexity=min(PERPLEXITY, (len(vectors) - 1) / 3),
        init=start.astype(np.float32),
        learning_rate="auto",
        random_state=0,
    )
    return method.fit_transform(vectors)


def _scaled(points):
    points = points - (points.max(axis=0) + points.min(axis=0)) / 2
    return points / max(np.abs(points).max(), 1e-12)
