"""Groups that neither encoders nor probes were trained on: retrieval, verification."""

import numpy as np

from tfmi.evaluation.measure.features import extract_all
from tfmi.evaluation.measure.metrics import verification
from tfmi.evaluation.results import CHANCE
from tfmi.evaluation.results import Record

SPLIT = "unseen"
# Of images: distances of each to each are held.
SAMPLE = 3000
SCORES = ("top_1", "mean_average_precision", "equal_error_rate")


def protocol(metric):
    """Name of the protocol by a distance of `verification.DISTANCES`."""
    return f"unseen {metric}"


PROTOCOLS = {
    protocol(metric): f"by {metric} distance among {SAMPLE} images at most of groups "
    "that were kept out of training: nothing is fitted"
    for metric in verification.DISTANCES
}


def records(rows, dataset, batch_size, folder, progress=print):
    """Retrieval and verification by each representation of each row.

    Args:
        rows: as of `evaluate.evaluate`.
        dataset: a `PairDataset`.
        batch_size: of the images.
        folder: where vectors are kept.
        progress: called with a line of text as each domain begins.

    Returns:
        A list of `Record` with the name of the groups as their factor, those of the
        row `CHANCE` too; empty for a dataset that keeps no groups out.
    """
    if SPLIT not in dataset.splits:
        return []
    measured = []
    for domain in [each.name for each in dataset.domains]:
        represents = {
            (representation, row): function
            for row, functions in rows.items()
            for (representation, name), function in functions.items()
            if name == domain
        }
        if represents:
            progress(f"unseen groups of {domain}")
            measured += _records(represents, dataset, domain, batch_size, folder)
    return measured


def _records(represents, dataset, domain, batch_size, folder):
    vectors, labels = extract_all(
        represents,
        lambda: dataset.labelled(domain, SPLIT, batch_size),
        folder,
        SAMPLE,
    )
    ((factor, groups),) = labels.items()
    measured = []
    for (representation, row), codes in vectors.items():
        for metric in verification.DISTANCES:
            of_rows = {row: scores(codes, groups, metric), CHANCE: chance(groups)}
            for name, values in of_rows.items():
                where = name, representation.name, domain, protocol(metric), None
                measured += [Record(*where, factor, *each) for each in values.items()]
    # Chance is the same beside each row.
    return list(dict.fromkeys(measured))


def scores(vectors, groups, metric):
    """`{score: value}` of `SCORES`.

    Args:
        vectors: `(n, size)`.
        groups: int `(n,)`.
        metric: name in `verification.DISTANCES`.
    """
    distances = verification.DISTANCES[metric](np.asarray(vectors, np.float64))
    retrieval = verification.retrieval_scores(distances, groups)
    error = verification.equal_error_rate(distances, groups)
    return {**retrieval, "equal_error_rate": error}


def chance(groups):
    """The scores of distances that tell nothing: the share of a query's group among
    the others, which is nearly the mean average precision of a random order too."""
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    others = sizes[inverse] - 1
    share = float(np.mean(others[others > 0] / (len(groups) - 1)))
    return dict(zip(SCORES, (share, share, 0.5), strict=True))
