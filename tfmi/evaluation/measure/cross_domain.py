"""Figure 4 across domains: images of one domain, retrieved by images of the other."""

import itertools

import numpy as np

from tfmi.evaluation.measure import neighbours
from tfmi.evaluation.measure import probes
from tfmi.evaluation.measure.features import labelled_only


def protocol(count):
    """Name of the protocol "the most frequent value among the `count` nearest images
    of the other domain"."""
    return f"{count}-nn across l2"


PROTOCOLS = {
    protocol(count): "the most frequent value among the "
    f"{count} nearest test images of the other domain, by l2"
    for count in neighbours.COUNTS
}


def directions(every):
    """Every representation with the domains of its queries and of what they retrieve.

    Args:
        every: list of `Features`.

    Returns:
        List of `(Features of the queries, Features of the candidates)`.
    """
    return [
        (queries, candidates)
        for queries, candidates in itertools.permutations(every, 2)
        if queries.representation == candidates.representation
        and common_factors(queries.domain, candidates.domain)
        and _size(queries) == _size(candidates)
    ]


def _size(features):
    return features.vectors[features.row]["test"].shape[1]


def common_factors(domain, other):
    """Names of the factors that images of both domains have."""
    names = [factor.name for factor in other.factors]
    return [factor.name for factor in domain.factors if factor.name in names]


def records(every, domains, progress=print):
    """How well test images of one domain find those of the other that have the same
    values, by L2.

    Args:
        every: list of `Features`.
        domains: `{name: Domain}` of the dataset, whose labels they hold.
        progress: called with a line of text as each direction begins.

    Returns:
        A list of `Record` of the queries' domain, for each number of neighbours.
    """
    found = []
    for queries, candidates in directions(every):
        progress(f"{candidates.title} retrieved by {queries.domain.name}")
        for factor in common_factors(queries.domain, candidates.domain):
            labels = common_labels(queries, candidates, domains, factor)
            for row in [r for r in queries.vectors if r in candidates.vectors]:
                asked, among = (
                    labelled_only(features.vectors[row]["test"], codes)
                    for features, codes in zip(
                        (queries, candidates), labels, strict=True
                    )
                )
                found += _records(queries, row, factor, asked, among)
    return found


def _records(queries, row, factor, asked, among):
    count = min(max(neighbours.COUNTS), len(among[0]))
    labels = among[1][neighbours.nearest(among[0], asked[0], count)]
    return [
        record
        for number in neighbours.COUNTS
        for record in queries.records(
            row,
            protocol(number),
            None,
            factor,
            probes.scores(asked[1], neighbours.most_frequent(labels[:, :number])),
        )
    ]


def common_labels(queries, candidates, domains, factor):
    """Labels of the test images of both that are the same for values of one name.

    Args:
        queries, candidates: `Features`.
        domains: as of `records`.
        factor: name of a factor of both.

    Returns:
        Two int arrays, negative where an image does not count.
    """
    names = [
        _named(features.labels["test"][factor], domains[features.domain.name], factor)
        for features in (queries, candidates)
    ]
    values, codes = np.unique(np.concatenate(names), return_inverse=True)
    codes = np.where(values[codes] == "", -1, codes)
    return np.split(codes, [len(names[0])])


def _named(labels, domain, factor):
    (values,) = (each.values for each in domain.factors if each.name == factor)
    return np.where(labels >= 0, np.asarray(values, str)[labels], "")
