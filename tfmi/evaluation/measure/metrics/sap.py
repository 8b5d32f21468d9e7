"""Separated attribute predictability."""

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from tfmi.evaluation.measure import probes
from tfmi.evaluation.measure.metrics.mig import gap


def sap(codes, factors, test_codes, test_factors):
    """SAP score of Kumar, Sattigeri and Balakrishnan, *Variational Inference of
    Disentangled Latent Concepts from Unlabeled Observations* (2018), section 3.

    A factor is read from each dimension of the code by thresholds on it, as
    many as tell its values apart (the leaves of a small tree), that minimise the
    balanced error.

    Args:
        codes, test_codes: `(n, d)`, `(m, d)`.
        factors, test_factors: `(n, k)`, `(m, k)` integer labels.

    Returns:
        `{"sap": mean over the factors, "gaps": (k,), "accuracy": (d, k)}`,
        balanced accuracies on the test codes and their `gap`: 1 - chance where
        one dimension tells a factor and no other says anything of it.
    """
    accuracy = np.array(
        [
            [
                _balanced_accuracy(column, train, test_column, test)
                for train, test in zip(factors.T, test_factors.T, strict=True)
            ]
            for column, test_column in zip(codes.T, test_codes.T, strict=True)
        ]
    )
    gaps = gap(accuracy)
    return {"sap": float(gaps.mean()), "gaps": gaps, "accuracy": accuracy}


def _balanced_accuracy(column, labels, test_column, test_labels):
    leaves = max(2, len(np.unique(labels)))
    tree = DecisionTreeClassifier(
        max_leaf_nodes=leaves, class_weight="balanced", random_state=0
    )
    tree.fit(column[:, None], labels)
    predicted = tree.predict(test_column[:, None])
    return probes.balanced_accuracy(test_labels, predicted)
