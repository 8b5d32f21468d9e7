"""Mutual information gap: is a factor in one dimension of the code alone?"""

import numpy as np
from sklearn.metrics import mutual_info_score

BINS = 20


def mig(codes, factors, bins=BINS):
    """Mutual information gap of Chen et al., *Isolating Sources of
    Disentanglement in Variational Autoencoders* (2018), Eq. 6.

    Args:
        codes: `(n, d)`.
        factors: `(n, k)` integer labels.
        bins: of equal width, into which each dimension of the code is cut.

    Returns:
        `{"mig": mean over the factors, "gaps": (k,), "information": (d, k)}`,
        fractions of the factors' entropies: 1 where one dimension holds a
        factor and no other does, 0 where none or two hold it equally.
    """
    information = information_matrix(codes, factors, bins)
    gaps = gap(information)
    return {"mig": float(gaps.mean()), "gaps": gaps, "information": information}


def information_matrix(codes, factors, bins=BINS):
    """Mutual information of each dimension and factor over the factor's entropy.

    Args:
        codes, factors, bins: as in `mig`.

    Returns:
        `(d, k)` fractions; 0 for a factor with a single value.
    """
    cut = [_binned(dimension, bins) for dimension in np.asarray(codes).T]
    return np.array(
        [[_share(factor, b) for factor in np.asarray(factors).T] for b in cut]
    )


def gap(scores):
    """The largest score of each factor less the second largest.

    Args:
        scores: `(d, k)`.

    Returns:
        `(k,)`; the scores themselves where d is 1.
    """
    ordered = np.sort(np.asarray(scores), axis=0)
    return ordered[-1] - (ordered[-2] if len(ordered) > 1 else 0)


def _binned(values, bins):
    edges = np.histogram_bin_edges(values, bins)
    # Without the outer edges, so that the largest value is in the last bin.
    return np.digitize(values, edges[1:-1])


def _share(factor, binned):
    entropy = mutual_info_score(factor, factor)
    return mutual_info_score(factor, binned) / entropy if entropy > 0 else 0.0
