"""A bar chart a table."""

import numpy as np
from matplotlib.figure import Figure

LEFT_OUT = {"Majority class"}


def bar_chart(path, rows, title, domain):
    """Accuracies of the rows, a group of bars a factor.

    Args:
        path: of the PNG file.
        rows: as `tables.table_rows` gives them.
        domain: a `Domain`.
    """
    names = [factor.name for factor in domain.factors]
    rows = [row for row in rows if row["row"] not in LEFT_OUT]
    figure = Figure(figsize=(max(8, 2.5 * len(names)), 4), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(rows)
    for index, row in enumerate(rows):
        heights = [100 * row["accuracies"][name] for name in names]
        places = np.arange(len(names)) + (index - (len(rows) - 1) / 2) * width
        label = f"{row['row']} ({row['distance']:.3f})"
        bars = axes.bar(places, heights, width, label=label, yerr=_errors(row, names))
        axes.bar_label(bars, fmt="%.1f", fontsize=8)
    axes.set_xticks(range(len(names)), names)
    axes.set_ylim(0, 108)
    axes.set_ylabel("accuracy (%)")
    axes.set_title(title, fontsize=10)
    figure.legend(
        ncols=len(rows), loc="outside lower center", title="distance to ideal in ()"
    )
    figure.savefig(path, dpi=120)


def _errors(row, names):
    """Deviations over the seeds, per cent; `None` of a single one."""
    found = [row.get("deviations", {}).get(name) for name in names]
    return None if None in found else [100 * deviation for deviation in found]
