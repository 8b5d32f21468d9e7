"""Bar charts of the tables and pictures of nearest neighbours (Figure 4)."""

import matplotlib
import numpy as np
from sklearn.neighbors import NearestNeighbors

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402


def bar_chart(path, rows, title, domain):
    """Accuracies of every row, a group of bars a factor."""
    names = [factor.name for factor in domain.factors]
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    width = 0.8 / len(rows)
    for index, row in enumerate(rows):
        heights = [100 * row["accuracies"][name] for name in names]
        places = np.arange(len(names)) + (index - (len(rows) - 1) / 2) * width
        bars = axes.bar(places, heights, width, label=row["row"])
        axes.bar_label(bars, fmt="%.1f", fontsize=8)
    axes.set_xticks(range(len(names)), names)
    axes.set_ylim(0, 112)
    axes.set_ylabel("accuracy (%)")
    axes.set_title(title)
    axes.legend(ncols=len(rows), loc="upper center", fontsize=8)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def neighbours(vectors, queries, count):
    """Exact nearest neighbours by L2, the query itself left out.

    Args:
        vectors: `(n, size)`.
        queries: indices of the queries.

    Returns:
        `(len(queries), count)` indices.
    """
    count = min(count, len(vectors) - 1)
    index = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(vectors)
    found = index.kneighbors(vectors[queries], return_distance=False)
    return np.stack(
        [
            [other for other in row if other != query][:count]
            for query, row in zip(queries, found, strict=True)
        ]
    )


def retrieval_grid(path, images, vectors, labels, title, count=8):
    """Figure 4: a query in the first column, then its nearest neighbours.

    Args:
        images: `(n, height, width, channels)` uint8.
        vectors: `(n, size)`.
        labels: `(n,)`, of the factor that neighbours should share; green
            frames where they do, red where not. A query for each of up to 10
            values.
    """
    queries = np.unique(labels, return_index=True)[1][:10]
    found = neighbours(vectors, queries, count)
    figure, grid = plt.subplots(
        len(queries), 1 + found.shape[1], figsize=(9, len(queries)), squeeze=False
    )
    for line, query, row in zip(grid, queries, found, strict=True):
        for axes, index in zip(line, [query, *row], strict=True):
            axes.imshow(images[index].squeeze(), cmap="gray", vmin=0, vmax=255)
            axes.set_xticks([])
            axes.set_yticks([])
            right = "tab:green" if labels[index] == labels[query] else "tab:red"
            color = "black" if index == query else right
            for spine in axes.spines.values():
                spine.set(edgecolor=color, linewidth=3)
    figure.suptitle(title)
    figure.savefig(path, dpi=80)
    plt.close(figure)
