"""How often the nearest image shows the same thing: retrieval without training."""

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

from tfmi.errors import DataError
from tfmi.evaluation.measure.features import extract

BATCH = 500
# Queries of a chunk: distances of so many to all images are held at a time.
CHUNK = 1024
MAX_IMAGES = 10_000


def retrieve(representers, dataset, domain, factor, apart=None, limit=MAX_IMAGES):
    """Score representations by retrieval within the test split.

    Every test image is a query once; it is right where its nearest other image, by
    L2, has the same value of the factor. Queries whose value no other candidate has
    do not count.

    Args:
        representers: `{row: represent}`, functions from raw images to vectors.
        dataset: a `PairDataset`.
        domain: name of a domain.
        factor: name of a factor that images are labelled with.
        apart: name of another one; candidates with the query's own value of it are
            left out (the same place, at another date).
        limit: of images.

    Returns:
        `{"rows": [{"row", "hits", "accuracy"}, ...], "queries", "images", "values"}`,
        first the rows of the representers, then "Raw pixels", then "Chance": drawing
        a candidate blindly.

    Raises:
        DataError: where the factor is not known, or no query has a partner.
    """
    rows = {**representers, "Raw pixels": _flat}
    scored = {}
    for name, represent in rows.items():
        batches = dataset.labelled(domain, "test", BATCH)
        vectors, labels = extract(represent, batches, limit)
        _check(labels, factor, apart)
        scored[name] = nearest_matches(
            vectors, labels[factor], None if apart is None else labels[apart]
        )
    counted = next(iter(scored.values()))
    if not counted["queries"]:
        raise DataError(
            f"there must be test images that share a {factor}. Received: none"
        )
    lines = [
        {"row": name, "hits": found["hits"], "accuracy": found["accuracy"]}
        for name, found in scored.items()
    ]
    lines.append({"row": "Chance", "hits": None, "accuracy": counted["chance"]})
    return {
        "factor": factor,
        "apart": apart,
        "rows": lines,
        "queries": counted["queries"],
        "images": len(vectors),
        "values": len(np.unique(labels[factor])),
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


def nearest_matches(vectors, labels, apart=None):
    """How many vectors have a nearest neighbour of their own label.

    Args:
        vectors: `(n, size)`.
        labels: int `(n,)`.
        apart: int `(n,)`, or `None`: neighbours with the query's value are left out.

    Returns:
        `{"hits", "queries", "accuracy", "chance"}`.
    """
    vectors, labels = np.asarray(vectors, np.float32), np.asarray(labels)
    hits = queries = 0
    chances = []
    for start in range(0, len(vectors), CHUNK):
        mine = np.arange(start, min(start + CHUNK, len(vectors)))
        distances = _distances(vectors, mine, apart)
        allowed = np.isfinite(distances)
        same = (labels[mine][:, None] == labels) & allowed
        counted = same.any(axis=1)
        nearest = distances.argmin(axis=1)
        hits += int(same[np.arange(len(mine)), nearest][counted].sum())
        queries += int(counted.sum())
        chances.extend((same.sum(1) / np.maximum(allowed.sum(1), 1))[counted])
    return {
        "hits": hits,
        "queries": queries,
        "accuracy": hits / queries if queries else 0.0,
        "chance": float(np.mean(chances)) if queries else 0.0,
    }


def render(result, title):
    """The result of `retrieve` as text."""
    apart = f", of another {result['apart']}" if result["apart"] else ""
    lines = [
        title,
        f"share of {result['queries']:,} queries whose nearest image{apart} has the "
        f"same {result['factor']} ({result['images']:,} test images, "
        f"{result['values']:,} values)",
    ]
    lines += [f"  {r['row']:<24}{100 * r['accuracy']:>8.2f}%" for r in result["rows"]]
    return "\n".join(lines)


def _distances(vectors, mine, apart):
    """Squared L2 from some to all; infinite where a candidate does not count."""
    distances = euclidean_distances(vectors[mine], vectors, squared=True)
    distances[np.arange(len(mine)), mine] = np.inf
    if apart is not None:
        distances[apart[mine][:, None] == apart] = np.inf
    return distances


def _flat(images):
    return np.asarray(images, np.float32).reshape(len(images), -1)


def _check(labels, factor, apart):
    for name in (factor, apart):
        if name is not None and name not in labels:
            raise DataError(
                f"the factor must be one of {', '.join(labels)}. Received: {name}"
            )
