"""Bars of several rows beside each other, a panel a table."""

from tfmi.files import replacing
from tfmi.lazy import LazyModule

figures = LazyModule("matplotlib.figure")


def bar_panels(path, panels, title):
    """Write a PNG with a panel a table: a group of bars a row, a colour a factor.

    Args:
        panels: list of `{"title", "ideal": {factor: accuracy}, "rows"}`; a row has
            "row" (its name), "accuracies" (`{factor: fraction}`) and "distance",
            and where there are any, "deviations" and "paper_accuracies" as well.
        title: of the whole picture.

    Raises:
        DataError: where it cannot be written.
    """
    most_rows = max(len(panel["rows"]) for panel in panels)
    size = (max(11, 3 + 1.3 * most_rows), 3.4 * len(panels))
    figure = figures.Figure(figsize=size, layout="constrained")
    every = figure.subplots(len(panels), squeeze=False)[:, 0]
    for axes, panel in zip(every, panels, strict=True):
        _draw(axes, panel)
    figure.suptitle(title, fontsize=11)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")


def _draw(axes, panel):
    rows, width = panel["rows"], 0.8 / len(panel["ideal"])
    for index, (factor, ideal) in enumerate(panel["ideal"].items()):
        shift = (index - (len(panel["ideal"]) - 1) / 2) * width
        places = [place + shift for place in range(len(rows))]
        bars = axes.bar(
            places,
            [100 * row["accuracies"][factor] for row in rows],
            width,
            yerr=[100 * _deviation(row, factor) for row in rows],
            label=f"{factor} (ideal {100 * ideal:.1f}%, dotted)",
        )
        axes.bar_label(bars, fmt="%.1f", fontsize=8)
        axes.axhline(100 * ideal, color=bars[0].get_facecolor(), linestyle=":")
        _mark_paper(axes, places, rows, factor)
    if any(row.get("paper_accuracies") for row in rows):
        axes.plot([], [], "kD", fillstyle="none", label="the paper's")
    labels = [f"{row['row']}\n({row['distance']:.3f})" for row in rows]
    axes.set_xticks(range(len(rows)), labels, fontsize=8)
    axes.set_ylim(0, 112)
    axes.set_ylabel("accuracy (%)")
    axes.set_title(f"{panel['title']}; distance to ideal in ()", fontsize=9)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))


def _deviation(row, factor):
    return (row.get("deviations") or {}).get(factor) or 0


def _mark_paper(axes, places, rows, factor):
    published = [row.get("paper_accuracies") for row in rows]
    points = [
        (place, 100 * accuracies[factor])
        for place, accuracies in zip(places, published, strict=True)
        if accuracies
    ]
    if points:
        axes.plot(*zip(*points, strict=True), "kD", markersize=5, fillstyle="none")
