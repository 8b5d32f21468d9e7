"""Bars of several rows beside each other, a panel a table."""

from matplotlib.figure import Figure

from tfmi.files import replacing


def bar_panels(path, tables, title):
    """Write a PNG with a panel a table.

    Args:
        tables: `{"title", "ideal": {factor: accuracy}, "rows"}`, rows with
            "row", "accuracies" and "distance", and where there are any,
            "deviations" and "paper_accuracies".
    """
    widest = max(len(table["rows"]) for table in tables)
    size = (max(11, 3 + 1.3 * widest), 3.4 * len(tables))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(len(tables), squeeze=False)[:, 0]
    for axes, table in zip(panels, tables, strict=True):
        _panel(axes, table)
    figure.suptitle(title, fontsize=11)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")


def _panel(axes, table):
    rows, width = table["rows"], 0.8 / len(table["ideal"])
    for index, (factor, ideal) in enumerate(table["ideal"].items()):
        shift = (index - (len(table["ideal"]) - 1) / 2) * width
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
        _marks(axes, places, rows, factor)
    if any(row.get("paper_accuracies") for row in rows):
        axes.plot([], [], "kD", fillstyle="none", label="the paper's")
    labels = [f"{row['row']}\n({row['distance']:.3f})" for row in rows]
    axes.set_xticks(range(len(rows)), labels, fontsize=8)
    axes.set_ylim(0, 112)
    axes.set_ylabel("accuracy (%)")
    axes.set_title(f"{table['title']}; distance to ideal in ()", fontsize=9)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))


def _deviation(row, factor):
    return (row.get("deviations") or {}).get(factor) or 0


def _marks(axes, places, rows, factor):
    theirs = [row.get("paper_accuracies") for row in rows]
    found = [(p, 100 * t[factor]) for p, t in zip(places, theirs, strict=True) if t]
    if found:
        axes.plot(*zip(*found, strict=True), "kD", markersize=5, fillstyle="none")
