"""The metrics of single dimensions, for blocks such as S and E.

A block is read as a whole, by a probe: an encoder need not put a factor into one
dimension of S, it has to put it into S.
"""

import numpy as np

from tfmi.evaluation.measure import probes
from tfmi.evaluation.measure.metrics.dci import completeness
from tfmi.evaluation.measure.metrics.dci import disentanglement
from tfmi.evaluation.measure.metrics.mig import gap


def block_matrices(
    blocks, factors, test_blocks, test_factors, protocol=probes.STRONG, seed=0
):
    """What each block says of each factor.

    Args:
        blocks, test_blocks: lists of `(n, size)` and `(m, size)`, a size a block.
        factors, test_factors: `(n, k)`, `(m, k)` integer labels.
        protocol: a `probes.Protocol`.

    Returns:
        `{"information", "balanced_accuracy", "accuracy"}`, each `(blocks, k)`,
        as `probes.scores` gives them.
    """
    jobs = [
        (protocol, train, labels, test, test_labels, seed)
        for train, test in zip(blocks, test_blocks, strict=True)
        for labels, test_labels in zip(factors.T, test_factors.T, strict=True)
    ]
    scores = list(probes.probe_accuracies(jobs))
    return {
        kind: np.reshape([score[kind] for score in scores], (len(blocks), -1))
        for kind in ("information", "balanced_accuracy", "accuracy")
    }


def block_scores(information, balanced_accuracy):
    """MIG, DCI and SAP with blocks in place of dimensions.

    Args:
        information: `(blocks, k)`, what a block says of a factor as a fraction
            of its entropy (`probes.information`).
        balanced_accuracy: `(blocks, k)`.

    Returns:
        `{"mig", "disentanglement", "completeness", "informativeness", "sap"}`:
        the gap in information between the best block and the next (`mig.mig`);
        Eastwood and Williams' scores with information as importance
        (`dci.dci`), informativeness being the balanced accuracy of the best
        block; the gap in balanced accuracy (`sap.sap`), at most 1 - chance.
    """
    return {
        "mig": float(gap(information).mean()),
        "disentanglement": disentanglement(information),
        "completeness": completeness(information),
        "informativeness": float(np.max(balanced_accuracy, axis=0).mean()),
        "sap": float(gap(balanced_accuracy).mean()),
    }
