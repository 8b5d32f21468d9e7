"""Table 5: factors recognised by the nearest neighbours of a representation."""

import numpy as np

from tfmi.evaluation.measure.features import labelled_only
from tfmi.evaluation.measure.neighbours import most_frequent
from tfmi.evaluation.measure.neighbours import nearest
from tfmi.evaluation.measure.probes import majority_level
from tfmi.evaluation.measure.probes import scores
from tfmi.evaluation.tables import paper
from tfmi.evaluation.tables import text

COUNTS = (1, 5)
NAMES = {"l2": "L2 distance", "cosine": "cosine distance"}


def neighbour_table(features, domain, representation, pipeline, metric):
    """Accuracies for each N, with the paper's where there are any.

    Args:
        features: `{row name: {split: (vectors, {factor: labels})}}`.
        domain: a `Domain`.
        representation: "shared" or "exclusive".
        pipeline: name of the dataset.
        metric: a key of `NAMES`.

    Returns:
        `{"title", "representation", "domain", "metric", "rows", "text"}`, the
        rows as those of `tables.table_rows` and `tables.measured_row`.
    """
    ideal = text.ideal_accuracies(domain, representation)
    rows = [text.known_row("Ideal", ideal, ideal)]
    for n in COUNTS:
        published = paper.published(pipeline, representation, domain.name, n)
        if published is not None:
            source, accuracies = published
            rows.append(text.known_row(f"Paper, N = {n}", accuracies, ideal, source))
    for name, measured in measured_rows(features, domain, metric).items():
        rows.append(text.measured_row(name, ideal, {None: measured}))
    title = f"{representation} representation of {domain.name}, {domain.title}"
    description = (
        "neighbours: most frequent value among the N nearest training images, by "
        f"{NAMES[metric]}"
    )
    return {
        "title": f"{title}, nearest neighbours by {NAMES[metric]}",
        "representation": representation,
        "domain": domain.name,
        "metric": metric,
        "rows": rows,
        "text": text.render(rows, title, domain, description),
    }


def measured_rows(features, domain, metric):
    """`{row: {factor: scores}}`, of each encoder and N, then of the majority."""
    rows = {}
    for name, splits in features.items():
        by_factor = _by_factor(splits, domain, metric)
        for n in COUNTS:
            rows[f"{name}, N = {n}"] = {f: found[n] for f, found in by_factor.items()}
    (train, test), *_ = (
        (splits["train"][1], splits["test"][1]) for splits in features.values()
    )
    rows["Majority class"] = {
        f.name: majority_level(train[f.name], test[f.name]) for f in domain.factors
    }
    return rows


def _by_factor(splits, domain, metric):
    """`{factor: {n: scores}}`; factors for which the same images count share
    one search."""
    searches, found = {}, {}
    for factor in domain.factors:
        train, test = (
            labelled_only(splits[split][0], splits[split][1][factor.name])
            for split in ("train", "test")
        )
        kept = tuple((splits[split][1][factor.name] >= 0).tobytes() for split in splits)
        if kept not in searches:
            count = min(max(COUNTS), len(train[0]))
            searches[kept] = nearest(train[0], test[0], count, metric)
        labels = np.asarray(train[1])[searches[kept]]
        found[factor.name] = {
            n: scores(test[1], most_frequent(labels[:, :n])) for n in COUNTS
        }
    return found
