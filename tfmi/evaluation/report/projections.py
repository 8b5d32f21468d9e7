"""Vectors laid out in a plane: PCA, and t-SNE from where PCA puts them.

Both give the same picture for the same vectors (t-SNE has a fixed seed and start),
and take seconds for 1,000 images.
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

PERPLEXITY = 30
# Of 1,000 images, 1,000 iterations lower the divergence of t-SNE by another 0.5%.
ITERATIONS = 750
# Between images of one vector, where the map reaches from -1 to 1.
STEP = 0.011
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def project(vectors):
    """Two layouts.

    Images of the same vector, as codes of a few levels give them, would hide one
    another: they lie around their point, in a spiral.

    Args:
        vectors: `(n, size)`, n at least 2.

    Returns:
        `({"PCA": (n, 2), "t-SNE": (n, 2)}, explained)`: coordinates in [-1, 1], and
        the fraction of the variance that the two axes of PCA hold.
    """
    plane, explained = _pca(vectors)
    layouts = {"PCA": plane, "t-SNE": _tsne(vectors, plane)}
    _, group = np.unique(vectors, axis=0, return_inverse=True)
    maps = {
        name: _scaled(_spread(_scaled(points), group.reshape(-1)))
        for name, points in layouts.items()
    }
    return maps, explained


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
        max_iter=ITERATIONS,
    )
    return method.fit_transform(vectors)


def _spread(points, group):
    spread = points.copy()
    for members in np.split(np.argsort(group, kind="stable"), _ends(group)):
        if len(members) > 1:
            place = np.arange(len(members))
            radius, angle = STEP * np.sqrt(place), GOLDEN_ANGLE * place
            around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
            spread[members] = points[members].mean(axis=0) + radius[:, None] * around
    return spread


def _ends(group):
    """Where each group but the last ends among the sorted."""
    return np.cumsum(np.bincount(group))[:-1]


def _scaled(points):
    points = points - (points.max(axis=0) + points.min(axis=0)) / 2
    return points / max(np.abs(points).max(), 1e-12)
