"""How well representations are told apart: metrics of blocks, of single dimensions,
and the mutual information of two representations."""

import itertools

import numpy as np

from tfmi.evaluation.measure import metrics
from tfmi.evaluation.measure.metrics.blocks import block_scores
from tfmi.evaluation.measure.metrics.ksg import ksg_information
from tfmi.evaluation.measure.metrics.ksg import principal
from tfmi.evaluation.measure.records import SPLITS
from tfmi.evaluation.results import BALANCED
from tfmi.evaluation.results import INFORMATION
from tfmi.evaluation.results import JOINT
from tfmi.evaluation.results import Record

# Of images in each split: with fewer, nothing can be kept aside.
AT_LEAST = 20
# Of images: forests and neighbours in many dimensions are slow.
SAMPLE = 3000
COMPONENTS = 8
DIMENSIONS = "dimensions"
UNITS = {"jsd": "bits", "ksg": "nats"}
PROTOCOLS = {
    DIMENSIONS: f"single dimensions, {SAMPLE} images of each split at most",
    "jsd": "Jensen-Shannon divergence from independence, by a trained critic (Eq. 2), "
    "on test images",
    "ksg": f"Kraskov's estimate on {COMPONENTS} principal components each of {SAMPLE} "
    "test images",
}


def groups(every):
    """The representations whose metrics are of interest.

    Args:
        every: list of `Features`.

    Returns:
        List of tuples of `Features` of one domain: each one that should hold what a
        pair shares with each that should hold the rest; and each alone that should
        hold all.
    """
    grouped = []
    for domain in dict.fromkeys(features.domain.name for features in every):
        by_content = {"shared": [], "exclusive": [], "all": []}
        for features in every:
            if features.domain.name == domain:
                by_content[features.representation.holds].append(features)
        grouped += itertools.product(by_content["shared"], by_content["exclusive"])
        grouped += [(features,) for features in by_content["all"]]
    return grouped


def metric_records(group, results, seed, progress=print):
    """The metrics of one group of `groups`.

    Args:
        group: tuple of `Features`.
        results: `Results` with the records of the group's probes: what a block
            tells of a factor.
        seed: of the estimates and the metrics.
        progress: called with a line of text as they begin.

    Returns:
        A list of `Record`, empty where a split has fewer than `AT_LEAST` images.
    """
    domain, row = group[0].domain.name, group[0].row
    sizes = [len(group[0].vectors[row][split]) for split in SPLITS]
    if min(sizes) < AT_LEAST:
        progress(f"no metrics of {domain}: too few images, {sizes}")
        return []
    progress(f"metrics of {domain}")
    names = [features.representation.name for features in group]

    def records(protocol, scores):
        where = row, JOINT.join(names), domain, protocol, seed, None
        return [Record(*where, name, value) for name, value in scores.items()]

    if len(group) == 1:
        return records(DIMENSIONS, _dimensions(group, seed))
    measured = _block_records(results, names, domain)
    for estimator, values in _estimates(group, seed).items():
        measured += records(estimator, values)
    return measured + records(DIMENSIONS, _dimensions(group, seed))


def _block_records(results, names, domain):
    """Of each row that has every block, by the strongest probe."""
    read = {"domain": domain, "protocol": results.probes[-1]}
    rows = [results.values_of("row", representation=name, **read) for name in names]
    records = []
    for row in [row for row in rows[0] if all(row in others for others in rows)]:
        matrices = [
            [
                list(
                    results.by_factor(score, row=row, representation=n, **read).values()
                )
                for n in names
            ]
            for score in (INFORMATION, BALANCED)
        ]
        where = row, JOINT.join(names), domain, read["protocol"], None, None
        for score, value in block_scores(*matrices).items():
            records.append(Record(*where, score, value))
    return records


def _estimates(group, seed):
    """`{estimator: {"measured", "independent", "copied"}}` of two representations:
    what an estimator gives for them, and for the same vectors where nothing, and
    where all is common."""
    # It loads TensorFlow, which nothing else here needs.
    from tfmi.evaluation.measure.metrics.jsd import jsd_information

    (shared, test_shared), (exclusive, test_exclusive) = (
        [features.vectors[features.row][split] for split in SPLITS]
        for features in group
    )
    generator = np.random.default_rng(seed)
    pairs = {
        "measured": (shared, exclusive, test_shared, test_exclusive),
        "independent": (
            shared,
            generator.permutation(exclusive),
            test_shared,
            generator.permutation(test_exclusive),
        ),
        "copied": (exclusive, exclusive, test_exclusive, test_exclusive),
    }
    return {
        name: {key: estimate(*vectors, seed=seed) for key, vectors in pairs.items()}
        for name, estimate in (("jsd", jsd_information), ("ksg", _ksg_of_test))
    }


def _ksg_of_test(first, second, test_first, test_second, seed):
    parts = (principal(v[:SAMPLE], COMPONENTS) for v in (test_first, test_second))
    return ksg_information(*parts, seed=seed)


def _dimensions(group, seed):
    """`{score: value}` of all metrics, of images that count for every factor; empty
    where there is none."""
    train, test = (_codes_and_factors(group, split) for split in SPLITS)
    if not len(train[0]) or not len(test[0]):
        return {}
    scores = {}
    for metric in metrics.find().values():
        scores |= metric(*train, *test, seed)
    return {name: float(value) for name, value in scores.items()}


def _codes_and_factors(group, split):
    """The representations side by side `(n, d)`, and labels `(n, k)`."""
    vectors = [features.vectors[features.row][split] for features in group]
    factors = np.stack(list(group[0].labels[split].values()), axis=1)
    counted = np.flatnonzero((factors >= 0).all(axis=1))[:SAMPLE]
    return np.concatenate(vectors, axis=1)[counted], factors[counted]
