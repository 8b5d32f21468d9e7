"""Retrieval and verification among vectors of groups that training never saw.

Retrieval ranks all other vectors by their distance from one: is the group's own among
the first? Verification is asked of two vectors whether they are of one group, and says
yes where their distance is below a threshold. Nothing is fitted for either.
"""

import numpy as np
from sklearn.metrics.pairwise import cosine_distances
from sklearn.metrics.pairwise import euclidean_distances

DISTANCES = {"l2": euclidean_distances, "cosine": cosine_distances}


def retrieval_scores(distances, labels):
    """How well each vector retrieves the others of its group.

    Args:
        distances: `(n, n)`, symmetric.
        labels: int `(n,)`, the group of each; one that is alone in its group is no
            query. Of equal distances the one of the smaller index comes first.

    Returns:
        `{"top_1", "mean_average_precision"}`: the share of queries whose nearest is of
        their group, and the mean over the queries of the average precision: of the
        ranks at which the group's others are, the mean share of the group's among all
        up to that rank.

    Raises:
        ValueError: where no vector has another of its group.
    """
    labels = np.asarray(labels)
    firsts, precisions = [], []
    for query, row in enumerate(distances):
        order = np.argsort(row, kind="stable")
        same = labels[order[order != query]] == labels[query]
        if same.any():
            ranks = 1 + np.flatnonzero(same)
            firsts.append(same[0])
            precisions.append(np.mean(np.arange(1, len(ranks) + 1) / ranks))
    if not firsts:
        raise ValueError("there must be two vectors of one group")
    return {
        "top_1": float(np.mean(firsts)),
        "mean_average_precision": float(np.mean(precisions)),
    }


def equal_error_rate(distances, labels):
    """The error of verification at the threshold where both errors are equal.

    Args:
        distances: `(n, n)`, symmetric; each two vectors count once.
        labels: int `(n,)`, the group of each.

    Returns:
        A fraction: of pairs of two groups that are taken for one, and as many of pairs
        of one group for two. Between two thresholds, where many pairs are as far
        apart, it is on the straight line. 0 where a threshold tells all, about 0.5
        where distances tell nothing.

    Raises:
        ValueError: where there are no two vectors of one group, or of two.
    """
    labels = np.asarray(labels)
    first, second = np.triu_indices(len(labels), k=1)
    same = labels[first] == labels[second]
    if same.all() or not same.any():
        raise ValueError("there must be pairs of one group, and of two")
    thresholds, position = np.unique(distances[first, second], return_inverse=True)
    genuine, impostors = (
        np.bincount(position[chosen], minlength=len(thresholds))
        for chosen in (same, ~same)
    )
    accepted = np.append(0, np.cumsum(impostors)) / impostors.sum()
    rejected = 1 - np.append(0, np.cumsum(genuine)) / genuine.sum()
    crossed = int(np.argmax(accepted >= rejected))
    before, after = (rejected - accepted)[[crossed - 1, crossed]]
    part = before / (before - after)
    left, right = accepted[[crossed - 1, crossed]]
    return float(left + part * (right - left))
