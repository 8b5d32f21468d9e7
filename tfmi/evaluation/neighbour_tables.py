"""Table 5: factors recognised by the nearest neighbours of a representation."""

from tfmi.evaluation import paper
from tfmi.evaluation import tables
from tfmi.evaluation.features import scored
from tfmi.evaluation.neighbours import neighbour_accuracy

COUNTS = (1, 5)
DESCRIPTION = "most frequent value among the N nearest training images, by L2"


def neighbour_table(features, domain, representation, pipeline):
    """Accuracies for each N, with the paper's where there are any.

    Args:
        features: `{split: (vectors, {factor: labels})}`.
        domain: a `Domain`.
        representation: "shared" or "exclusive".
        pipeline: name of the dataset.

    Returns:
        `{"title", "representation", "domain", "rows", "text"}`, the rows as
        those of `tables.table_rows`.
    """
    rows = {"Ideal": (None, tables.ideal_accuracies(domain, representation))}
    for n in COUNTS:
        published = paper.published(pipeline, representation, domain.name, n)
        if published is not None:
            rows[f"Paper, N = {n}"] = published
        ours = {f.name: _accuracy(features, f.name, n) for f in domain.factors}
        rows[f"Ours, N = {n}"] = None, ours
    ideal = rows["Ideal"][1]
    rows = [
        {
            "row": name,
            "source": source,
            "accuracies": accuracies,
            "distance": tables.distance_to_ideal(accuracies, ideal),
        }
        for name, (source, accuracies) in rows.items()
    ]
    title = f"{representation} representation of {domain.name}, {domain.title}"
    return {
        "title": f"{title}, nearest neighbours",
        "representation": representation,
        "domain": domain.name,
        "rows": rows,
        "text": tables.render(rows, title, domain, f"neighbours: {DESCRIPTION}"),
    }


def _accuracy(features, factor, n):
    train, test = (
        scored(features[split][0], features[split][1][factor])
        for split in ("train", "test")
    )
    return neighbour_accuracy(*train, *test, n=min(n, len(train[1])))
