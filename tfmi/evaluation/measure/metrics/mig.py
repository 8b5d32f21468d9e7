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
    return np.stack([_shares(factor, cut) for factor in np.asarray(factors).T], axis=1)


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


def _shares(factor, cut):
    entropy = mutual_info_score(factor, factor)
    if entropy <= 0:
        return np.zeros(len(cut))
    return np.array([mutual_info_score(factor, binned) for binned in cut]) / entropy
