"""What the page needs to look inside: pictures, neighbours and maps of a domain."""

import concurrent.futures

import numpy as np
from threadpoolctl import threadpool_limits

from tfmi.errors import DataError
from tfmi.evaluation.measure import neighbours
from tfmi.evaluation.report import palette
from tfmi.evaluation.report import projections
from tfmi.evaluation.report import thumbnails

NEIGHBOURS = 8
QUERIES = 240
BATCH = 250
SHOULD_SHARE = {
    "shared": "what a pair shares",
    "exclusive": "the rest",
    "all": "every factor",
}


def vectors_of(represent, images):
    """The vectors of images.

    Args:
        represent: function from raw images to vectors `(n, size)`.
        images: `(n, height, width, channels)`, raw.

    Returns:
        float32 `(n, size)`.

    Raises:
        DataError: where they are no finite numbers.
    """
    parts = [
        np.asarray(represent(images[start : start + BATCH]), np.float32)
        for start in range(0, len(images), BATCH)
    ]
    vectors = np.concatenate(parts)
    if not np.isfinite(vectors).all():
        raise DataError("representations must be finite. Received: NaN or infinity")
    return vectors


def domain_view(shown, represents, channels=()):
    """All that the page shows of one domain, for JSON.

    Args:
        shown: a `runs.samples.Shown`.
        represents: `{Representation: function from raw images to vectors}`.
        channels: names of satellite bands, empty for pictures.

    Returns:
        `{"name", "title", "sheet", "queries": [index], "factors": [...],
        "representations": {name: {"symbol", "size", "wanted", "near", "maps",
        "explained", "same"}}}`: `near` holds the indices of each image's nearest
        others, `same` how often these have the image's value of each factor.

    Raises:
        DataError: for fewer than 2 images, and as `vectors_of`.
    """
    domain, count = shown.domain, len(shown.images)
    if count < 2:
        raise DataError(
            "a report must have 2 test images of each domain. "
            f"Received: {count} of {domain.name}"
        )
    vectors = {r: vectors_of(f, shown.images) for r, f in represents.items()}
    queries = np.linspace(0, count - 1, min(QUERIES, count)).astype(int)
    factors = domain.retrieved_factors + domain.factors
    # Representations share the cores out. Threads within t-SNE's short steps, or a
    # small matrix, would spin while they wait for one another, and of limits that each
    # sets for itself the first to end would end the others'.
    with threadpool_limits(1), concurrent.futures.ThreadPoolExecutor() as pool:
        views = pool.map(lambda each: _view(*each, shown), vectors.items())
        by_name = {r.name: view for r, view in zip(vectors, views, strict=True)}
    return {
        "name": domain.name,
        "title": domain.title,
        "sheet": thumbnails.sheet(shown.images, channels),
        "queries": queries.tolist(),
        "factors": [_factor(f, shown.labels[f.name]) for f in factors],
        "representations": by_name,
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


def _view(representation, vectors, shown):
    near = neighbours.neighbours(vectors, np.arange(len(vectors)), NEIGHBOURS)
    maps, explained = projections.project(vectors)
    return {
        "symbol": representation.symbol,
        "size": vectors.shape[1],
        "wanted": wanted_factors(shown.domain, representation),
        "near": near.tolist(),
        "maps": {method: points.round(3).tolist() for method, points in maps.items()},
        "explained": explained,
        "same": {n: _same(v, near) for n, v in shown.labels.items()},
    }


def wanted_factors(domain, representation):
    """Names of the factors that the neighbours in a representation are to share; of
    one without factors of its own, all."""
    factors = representation.retrieved(domain) or domain.factors
    return [factor.name for factor in factors]


def should_share(representations):
    """`[{"symbol", "should"}]`: what neighbours in each are to share, in words."""
    return [
        {"symbol": each.symbol, "should": SHOULD_SHARE[each.holds]}
        for each in representations
    ]


def _same(labels, near):
    """Fraction of neighbours with the value of their query, `None` where no image
    counts."""
    counts = (labels >= 0)[:, None] & (labels[near] >= 0)
    equal = labels[near] == labels[:, None]
    return float(equal[counts].mean()) if counts.any() else None
