"""Disentanglement, completeness, informativeness."""

import numpy as np
from scipy.stats import entropy
from sklearn.ensemble import RandomForestClassifier

TREES = 20
LEAF = 5


def dci(codes, factors, test_codes, test_factors, seed=0):
    """The three scores of Eastwood and Williams, *A Framework for the
    Quantitative Evaluation of Disentangled Representations* (2018), section 2,
    with a random forest's importances.

    Args:
        codes, test_codes: `(n, d)`, `(m, d)`.
        factors, test_factors: `(n, k)`, `(m, k)` integer labels.
        seed: of the forests.

    Returns:
        `{"disentanglement", "completeness", "informativeness": accuracy on the
        test codes, mean over the factors, "importance": (d, k)}`. A constant
        code scores 0 in the first two.
    """
    importance, accuracies = [], []
    for train, test in zip(
        np.asarray(factors).T, np.asarray(test_factors).T, strict=True
    ):
        # All dimensions are candidates at each split: a tree that has to choose
        # among those that say nothing would call them important.
        forest = RandomForestClassifier(
            TREES,
            max_features=None,
            min_samples_leaf=LEAF,
            random_state=seed,
            n_jobs=-1,
        )
        forest.fit(codes, train)
        importance.append(forest.feature_importances_)
        accuracies.append(forest.score(test_codes, test))
    importance = np.stack(importance, axis=1)
    return {
        "disentanglement": disentanglement(importance),
        "completeness": completeness(importance),
        "informativeness": float(np.mean(accuracies)),
        "importance": importance,
    }


def disentanglement(importance):
    """Whether a dimension (or block) of the code is for one factor.

    1 less the entropy of each row over the factors, to base k, weighted by the
    row's share of all importance.

    Args:
        importance: `(d, k)`, at least 0.

    Returns:
        A fraction; 0 where all importance is 0.
    """
    importance = np.asarray(importance, np.float64)
    rows = importance[importance.sum(axis=1) > 0]
    if not len(rows):
        return 0.0
    if rows.shape[1] == 1:
        # Of one factor there is nothing to keep apart.
        return 1.0
    focus = 1 - entropy(rows, base=rows.shape[1], axis=1)
    return float(np.average(focus, weights=rows.sum(axis=1)))


def completeness(importance):
    """Whether a factor is in one dimension (or block): `disentanglement` with
    the roles of the two exchanged.

    Args:
        importance: `(d, k)`, at least 0.
    """
    return disentanglement(np.asarray(importance).T)
