"""Figure 4: test images and those nearest to them, within and across domains."""

import numpy as np

from tfmi.evaluation.measure import cross_domain
from tfmi.evaluation.measure import neighbours
from tfmi.files import replacing
from tfmi.pipelines.viewable import viewable

IMAGES = 1000
# Of the pictures' names.
PREFIX = "neighbours_"


def write(output, every, dataset, seed):
    """Write a picture for each representation of each domain, and across domains for
    those that should hold what a pair shares.

    Args:
        output: folder.
        every: list of `Features`.
        dataset: the `PairDataset` of them.
        seed: of the images' order.
    """
    for features in every:
        _write_within(output, features, dataset, seed)
    for queries, candidates in cross_domain.directions(every):
        if queries.representation.holds != "exclusive":
            _write_across(output, queries, candidates, dataset, seed)


def across_name(representation, queries, candidates):
    """Name of the picture of what images of one domain retrieve of another; all
    arguments are names."""
    return f"{PREFIX}{representation}_{queries}_to_{candidates}.png"


def _write_within(output, features, dataset, seed):
    domain, name = features.domain, features.representation.name
    images, vectors = _first(features, dataset, seed)
    # Without factors of its own kind it is judged by one of the other.
    factors = features.representation.retrieved(domain) or domain.factors
    factor = factors[0].name
    labels = features.labels["test"][factor][: len(images)]
    if (labels < 0).all():
        return
    with replacing(output / f"{PREFIX}{name}_{domain.name}.png") as path:
        neighbours.retrieval_grid(
            path,
            images,
            vectors,
            labels,
            f"nearest in the {name} representation of {domain.name}; "
            f"green: same {factor}, red: another",
        )


def _write_across(output, queries, candidates, dataset, seed):
    domain, other = queries.domain.name, candidates.domain.name
    name = queries.representation.name
    factor = cross_domain.common_factors(queries.domain, candidates.domain)[0]
    domains = {each.name: each for each in dataset.domains}
    labels = cross_domain.common_labels(queries, candidates, domains, factor)
    (images, vectors), among = (
        _first(features, dataset, seed) for features in (queries, candidates)
    )
    own, others = (
        codes[: len(pictures)]
        for codes, pictures in zip(labels, (images, among[0]), strict=True)
    )
    if (own < 0).all():
        return
    with replacing(output / across_name(name, domain, other)) as path:
        neighbours.retrieval_grid(
            path,
            images,
            vectors,
            own,
            f"images of {other} nearest to those of {domain} in the {name} "
            f"representation; green: same {factor}, red: another",
            among=(*among, others),
        )


def _first(features, dataset, seed):
    """The first test images as they are shown, and their vectors."""
    batches = dataset.labelled(features.domain.name, "test", IMAGES, seed)
    images = np.asarray(next(iter(batches))[0])
    vectors = features.vectors[features.row]["test"][: len(images)]
    return viewable(images, dataset.channels), vectors
