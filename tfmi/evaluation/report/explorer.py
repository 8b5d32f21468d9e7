"""What the page needs to look inside: pictures, neighbours and maps of a domain."""

import numpy as np

from tfmi.evaluation.measure import neighbours
from tfmi.evaluation.report import palette
from tfmi.evaluation.report import projections
from tfmi.evaluation.report import thumbnails

NEIGHBOURS = 8
QUERIES = 240


def domain_view(sample):
    """All that the page shows of one domain, for JSON.

    Args:
        sample: a `samples.Sample`.

    Returns:
        `{"name", "title", "sheet", "queries": [index], "factors": [...],
        "representations": {name: {"size", "wanted", "near", "maps", "explained",
        "same"}}}`: `near` holds the indices of each image's nearest others, `same` how
        often these have the image's value of each factor.
    """
    domain = sample.domain
    factors = domain.retrieved_factors + domain.factors
    count = len(sample.images)
    queries = np.linspace(0, count - 1, min(QUERIES, count)).astype(int)
    return {
        "name": domain.name,
        "title": domain.title,
        "sheet": thumbnails.sheet(sample.images),
        "queries": queries.tolist(),
        "factors": [_factor(f, sample.labels[f.name]) for f in factors],
        "representations": {
            name: _representation(name, vectors, sample)
            for name, vectors in sample.vectors.items()
        },
    }


def _factor(factor, labels):
    entries, places = palette.legend(factor, labels)
    return {
        "name": factor.name,
        "values": list(factor.values),
        "labels": labels.tolist(),
        "legend": entries,
        "places": places,
    }


def _representation(name, vectors, sample):
    near = neighbours.neighbours(vectors, np.arange(len(vectors)), NEIGHBOURS)
    maps, explained = projections.project(vectors)
    return {
        "size": vectors.shape[1],
        "wanted": wanted_factors(sample.domain, name),
        "near": near.tolist(),
        "maps": {method: points.round(3).tolist() for method, points in maps.items()},
        "explained": explained,
        "same": {n: _same(v, near) for n, v in sample.labels.items()},
    }


def wanted_factors(domain, representation):
    """Names of the factors that the neighbours in a representation are to share; of
    one without factors of its own, all."""
    wanted = {
        "shared": domain.retrieved_factors + domain.shared_factors,
        "exclusive": domain.exclusive_factors,
    }
    return [f.name for f in wanted[representation] or domain.factors]


def _same(labels, near):
    """Fraction of neighbours with the value of their query, `None` where no image
    counts."""
    counts = (labels >= 0)[:, None] & (labels[near] >= 0)
    equal = labels[near] == labels[:, None]
    return float(equal[counts].mean()) if counts.any() else None
