"""Mutual information from distances to nearest neighbours."""

import numpy as np
from scipy.spatial import KDTree
from scipy.special import digamma
from sklearn.decomposition import PCA

NEIGHBOURS = 3
# Below what tells any two codes apart in float32, above its rounding.
JITTER = 1e-6


def ksg_information(first, second, neighbours=NEIGHBOURS, seed=0):
    """Mutual information of two vectors by Kraskov, Stoegbauer and Grassberger,
    *Estimating Mutual Information* (2004), their first estimator (Eq. 8).

    Distances are maximum norms. Codes that are equal are told apart by noise of
    1e-6 standard deviations, without which counts of neighbours mean nothing.

    Limits: time grows with the square of n in many dimensions, so give it a few
    thousand codes of at most about ten dimensions (`principal`); a large value
    is underestimated, and no value exceeds about log(n) - digamma(neighbours).
    It may be a little below 0 for independent vectors.

    Args:
        first: `(n, a)`.
        second: `(n, b)`.
        neighbours: k, whose distance sets the scale; less variance with more.
        seed: of the noise.

    Returns:
        Nats.
    """
    generator = np.random.default_rng(seed)
    first, second = (_scaled(v, generator) for v in (first, second))
    both = np.concatenate([first, second], axis=1)
    distances = KDTree(both).query(both, neighbours + 1, p=np.inf)[0][:, -1]
    # Strictly nearer than the k-th neighbour, the code itself among them.
    below = np.nextafter(distances, 0)
    counts = [
        KDTree(v).query_ball_point(v, below, p=np.inf, return_length=True)
        for v in (first, second)
    ]
    marginal = sum(digamma(count).mean() for count in counts)
    return float(digamma(neighbours) + digamma(len(both)) - marginal)


def principal(vectors, size):
    """The first `size` principal components of vectors.

    Information can only be lost: an estimate on them is one of a part of the
    vectors.

    Args:
        vectors: `(n, d)`.

    Returns:
        `(n, min(size, d))`.
    """
    vectors = np.asarray(vectors, np.float64)
    size = min(size, *vectors.shape)
    return PCA(size, svd_solver="full").fit_transform(vectors)


def _scaled(vectors, generator):
    """Centred, of mean variance 1 (the scale of one block must not decide whose
    neighbours count), slightly blurred."""
    vectors = np.asarray(vectors, np.float64)
    vectors = vectors - vectors.mean(axis=0)
    spread = np.sqrt(vectors.var(axis=0).mean())
    vectors = vectors / spread if spread > 0 else vectors
    return vectors + JITTER * generator.normal(size=vectors.shape)
