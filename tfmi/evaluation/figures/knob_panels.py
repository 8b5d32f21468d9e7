"""Curves over the values of settings, a panel a setting."""

from matplotlib.figure import Figure

from tfmi.files import replacing

COLUMNS = 3
# The last protocol, the strongest, is solid.
STYLES = ("-", "--", ":")
# Of the distance between two values: error bars stand beside each other.
DODGE = 0.07


def knob_panels(path, tables):
    """Write a PNG with a panel a setting: above, the factors that the
    representation is to hold; below, those that it is not to. Values are evenly
    spaced, the baseline's is in grey; scales are the same in all panels.

    Args:
        tables: of one representation, as `sensitivity_tables` gives them, a
            domain each.
    """
    settings = list(dict.fromkeys(c["setting"] for t in tables for c in t["curves"]))
    columns = min(COLUMNS, len(settings))
    rows = -(-len(settings) // columns)
    levels = _levels(tables)
    size = (1 + 3.1 * columns, 1 + 1.5 * len(levels) * rows)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.add_gridspec(rows, columns)
    first = dict.fromkeys(levels)
    for index, setting in enumerate(settings):
        parts = grid[divmod(index, columns)].subgridspec(len(levels), 1)
        for (level, lines), part in zip(levels.items(), parts, strict=True):
            axes = figure.add_subplot(part, sharey=first[level])
            first[level] = first[level] or axes
            _panel(axes, setting, lines)
            axes.set_ylabel("" if index % columns else f"{level} (%)")
            axes.tick_params(labelbottom=level == list(levels)[-1])
        figure.axes[-len(levels)].set_title(setting, fontsize=10)
    _finish(figure, first, tables[0]["representation"])
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")


def _levels(tables):
    """`{"held" or "leaked": lines}` of a panel, each a `(table, factor, protocol,
    colour, style)`."""
    levels = {}
    pairs = [(table, factor) for table in tables for factor in table["ideal"]]
    for number, (table, factor) in enumerate(pairs):
        level = "held" if table["ideal"][factor] == 1 else "leaked"
        protocols = list(table["probes"])
        for protocol, style in zip(reversed(protocols), STYLES, strict=False):
            line = table, factor, protocol, f"C{number}", style
            levels.setdefault(level, []).append(line)
    return dict(sorted(levels.items()))


def _panel(axes, setting, lines):
    for number, (table, factor, protocol, colour, style) in enumerate(lines):
        curve = next(c for c in table["curves"] if c["setting"] == setting)
        points = [
            (place, point["scores"][protocol])
            for place, point in enumerate(curve["points"])
            if protocol in point["scores"]
        ]
        axes.errorbar(
            [place + (number - (len(lines) - 1) / 2) * DODGE for place, _ in points],
            [100 * score["accuracies"][factor] for _, score in points],
            [100 * (score["deviations"][factor] or 0) for _, score in points],
            label=f"{factor} of {table['domain']}, {protocol}",
            color=colour,
            linestyle=style,
            marker="o",
            markersize=4,
            capsize=2,
        )
        if table["ideal"][factor] < 1:
            chance = 100 * table["ideal"][factor]
            axes.axhline(chance, color=colour, linestyle=":", linewidth=1)
    _values(axes, curve)


def _values(axes, curve):
    for place, point in enumerate(curve["points"]):
        if point["value"] == curve["baseline"]:
            axes.axvspan(place - 0.4, place + 0.4, color="0.9", zorder=0)
    labels = [point["label"] for point in curve["points"]]
    axes.set_xticks(range(len(labels)), labels)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.grid(axis="y", color="0.9")


def _finish(figure, first, representation):
    if "held" in first:
        first["held"].set_ylim(top=min(101, first["held"].get_ylim()[1]))
    if "leaked" in first:
        first["leaked"].set_ylim(bottom=0)
    handles, labels = [], []
    for axes in first.values():
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.append(handle)
            labels.append(label)
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=9)
    figure.suptitle(
        f"{representation} representation; grey: the recipe's value; dotted: chance; "
        "bars: deviation over seeds",
        fontsize=10,
    )
