"""A colour and a shape for each value of a factor."""

import numpy as np
from matplotlib.colors import get_named_colors_mapping
from matplotlib.colors import to_hex

# Okabe and Ito's, told apart with any colour vision; grey is for "no value".
COLORS = "#0072B2 #E69F00 #009E73 #CC79A7 #D55E00 #56B4E9 #B8A800".split()
SHAPES = "circle square triangle-up diamond".split()
MOST = len(COLORS) * len(SHAPES) - 4
OTHERS = "other values"
UNKNOWN = "not scored"
GREY = "#8c8c8c"


def legend(factor, labels):
    """How the points of a factor's values are drawn.

    Of more than `MOST` values those that occur most often have a mark of their own. The
    values of a factor that are all names of colours have these colours.

    Args:
        factor: a `Factor`.
        labels: `(n,)`, indices into its values, negative for none.

    Returns:
        `(entries, places)`: `[{"label", "color", "shape"}]` and, for each label, the
        place of its entry.
    """
    counts = np.bincount(labels[labels >= 0], minlength=len(factor.values))
    shown = np.flatnonzero(counts)
    if len(shown) > MOST:
        shown = np.sort(np.argsort(-counts, kind="stable")[:MOST])
    colors = _colors([factor.values[value] for value in shown])
    entries = [
        {"label": factor.values[value], "color": color, "shape": shape}
        for value, (color, shape) in zip(shown, colors, strict=True)
    ]
    places = np.full(len(factor.values) + 1, len(entries))
    places[shown] = np.arange(len(shown))
    for label, rest in (
        (OTHERS, (labels >= 0) & ~np.isin(labels, shown)),
        (UNKNOWN, labels < 0),
    ):
        if rest.any():
            places[np.unique(labels[rest])] = len(entries)
            entries.append({"label": label, "color": GREY, "shape": "circle"})
    return entries, places[labels].tolist()


def _colors(values):
    colors = get_named_colors_mapping()
    # The names that people gave to colours in xkcd's survey.
    named = [f"xkcd:{value.lower()}" for value in values]
    if all(name in colors for name in named):
        return [
            (to_hex(name), SHAPES[place % len(SHAPES)])
            for place, name in enumerate(named)
        ]
    return [
        (COLORS[place % len(COLORS)], SHAPES[place // len(COLORS)])
        for place in range(len(values))
    ]
