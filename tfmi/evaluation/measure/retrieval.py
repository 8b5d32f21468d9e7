"""How often the nearest image shows the same thing: retrieval without training."""

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

from tfmi.errors import DataError
from tfmi.evaluation.measure.features import extract

BATCH = 500
# Queries of a chunk: distances of so many to all images are held at a time.
CHUNK = 1024
MAX_IMAGES = 10_000


def retrieve(represents, dataset, domain, factor, different=None, limit=MAX_IMAGES):
    """Score representations by retrieval within the test split.

    Every test image is a query once; it is right where its nearest other image, by
    L2, has the same value of the factor. Queries whose value no other candidate has
    do not count; images that are not scored (a negative label) are neither queries
    nor candidates.

    Args:
        represents: `{row: represent}`, functions from raw images to vectors.
        dataset: a `PairDataset`.
        domain: name of a domain.
        factor: name of a factor that images are labelled with.
        different: name of another one; candidates with the query's own value of it
            are left out (the same place, at another date).
        limit: number of images.

    Returns:
        `{"factor", "different", "rows": [{"row", "hits", "accuracy"}, ...],
        "queries", "images", "values"}`, first the rows of the representations, then
        "Raw pixels", then "Chance": drawing a candidate blindly; "images" are those
        of the split, scored or not.

    Raises:
        DataError: where the factor is unknown, or no query has a partner.
    """
    matches = {}
    for name, represent in {**represents, "Raw pixels": _flat}.items():
        batches = dataset.labelled(domain, "test", BATCH)
        vectors, labels = extract(represent, batches, limit)
        _check(labels, factor, different)
        matches[name] = nearest_matches(
            vectors, labels[factor], None if different is None else labels[different]
        )
    raw = matches["Raw pixels"]
    if not raw["queries"]:
        raise DataError(
            f"there must be test images that share a {factor}. Received: none"
        )
    rows = [
        {"row": name, "hits": counts["hits"], "accuracy": counts["accuracy"]}
        for name, counts in matches.items()
    ]
    rows.append({"row": "Chance", "hits": None, "accuracy": raw["chance"]})
    return {
        "factor": factor,
        "different": different,
        "rows": rows,
        "queries": raw["queries"],
        "images": len(vectors),
        "values": len(np.unique(labels[factor][labels[factor] >= 0])),
    }


def default_factor(domain):
    """The first factor scored by retrieval, else the first of all.

    Raises:
        DataError: where images have no labels.
    """
    factors = domain.retrieved_factors + domain.factors
    if not factors:
        raise DataError(f"images of {domain.name} must have labels. Received: none")
    return factors[0].name


def nearest_matches(vectors, labels, different=None):
    """How many vectors have a nearest neighbour of their own label.

    Args:
        vectors: `(n, size)`.
        labels: int `(n,)`; vectors of a negative one do not count.
        different: int `(n,)`, or `None`: neighbours with the query's value are left
            out. Those of a negative one do not count, as they may have any value.

    Returns:
        `{"hits", "queries", "accuracy", "chance"}`.
    """
    vectors, labels = np.asarray(vectors, np.float32), np.asarray(labels)
    scored = labels >= 0
    if different is not None:
        scored &= different >= 0
        different = different[scored]
    vectors, labels = vectors[scored], labels[scored]
    hits = queries = 0
    chances = []
    for start in range(0, len(vectors), CHUNK):
        chunk = np.arange(start, min(start + CHUNK, len(vectors)))
        distances = _distances(vectors, chunk, different)
        allowed = np.isfinite(distances)
        same = (labels[chunk][:, None] == labels) & allowed
        counted = same.any(axis=1)
        nearest = distances.argmin(axis=1)
        hits += int(same[np.arange(len(chunk)), nearest][counted].sum())
        queries += int(counted.sum())
        chances.extend((same.sum(1) / np.maximum(allowed.sum(1), 1))[counted])
    return {
        "hits": hits,
        "queries": queries,
        "accuracy": hits / queries if queries else 0.0,
        "chance": float(np.mean(chances)) if queries else 0.0,
    }


def _distances(vectors, chunk, different):
    """Squared L2 from some to all; infinite where a candidate does not count."""
    distances = euclidean_distances(vectors[chunk], vectors, squared=True)
    distances[np.arange(len(chunk)), chunk] = np.inf
    if different is not None:
        distances[different[chunk][:, None] == different] = np.inf
    return distances


def _flat(images):
    return np.asarray(images, np.float32).reshape(len(images), -1)


def _check(labels, factor, different):
    for name in (factor, different):
        if name is not None and name not in labels:
            raise DataError(
                f"the factor must be one of {', '.join(labels)}. Received: {name}"
            )
