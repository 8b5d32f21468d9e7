"""Charts as Vega-Lite specifications: plain dicts, without colours of the theme."""

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
BAR = 15


def _spec(description, **parts):
    return {
        "$schema": SCHEMA,
        "description": description,
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        **parts,
    }


def take_out(items):
    """`{name: specification}` of the charts of a page's items, each of which has the
    name of its chart in the specification's place from then on.

    Args:
        items: dicts with "chart", a specification or `None`.
    """
    drawn = [item for item in items if item["chart"]]
    charts = {f"chart-{number}": item["chart"] for number, item in enumerate(drawn)}
    for name, item in zip(charts, drawn, strict=True):
        item["chart"] = name
    return charts


def accuracy_bars(description, bars, rows):
    """Accuracies as horizontal bars, a group a factor, a tick where the ideal is.

    Args:
        bars: `[{"factor", "row", "accuracy", "ideal"}]`, fractions.
        rows: `{name: colour}` of the rows, in their order; a colour may be one of the
            page's, `var(--name)`.
    """
    values = [
        {**bar, "accuracy": 100 * bar["accuracy"], "ideal": 100 * bar["ideal"]}
        for bar in bars
    ]
    order = list(rows)
    factor = {"field": "factor", "type": "nominal", "title": None, "sort": None}
    factor["axis"] = {"labelLimit": 130, "labelPadding": 8, "ticks": False}
    factor["scale"] = {"paddingInner": 0.3, "paddingOuter": 0.1}
    offset = {"field": "row", "type": "nominal", "sort": order}
    offset["scale"] = {"paddingInner": 0.12}
    across = {"type": "quantitative", "scale": {"domain": [0, 100], "nice": False}}
    axis = {"values": [0, 25, 50, 75, 100], "labelExpr": "datum.value + '%'"}
    color = {"field": "row", "type": "nominal", "legend": None}
    color["scale"] = {"domain": order, "range": list(rows.values())}
    length = {"field": "accuracy", **across, "title": None, "axis": axis}
    tooltip = [
        {"field": "factor", "title": "factor"},
        {"field": "row", "title": "of"},
        {"field": "accuracy", "title": "accuracy (%)", "format": ".2f"},
        {"field": "ideal", "title": "ideal (%)", "format": ".2f"},
    ]
    text = {"field": "accuracy", "type": "quantitative", "format": ".1f"}
    layers = [
        {
            "mark": {"type": "bar", "cornerRadiusEnd": 2},
            "encoding": {"x": length, "color": color, "tooltip": tooltip},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 10, "aria": False},
            "encoding": {"x": {"value": "width"}, "text": text},
        },
        {
            "mark": {"type": "tick", "thickness": 2.5, "size": BAR, "aria": False},
            "encoding": {"x": {"field": "ideal", **across}},
        },
    ]
    return _spec(
        description,
        data={"values": values},
        height=round(1.4 * BAR * len(bars)),
        padding={"right": 4},
        encoding={"y": factor, "yOffset": offset},
        layer=layers,
    )


def curve(name, series, colors=None):
    """One term over the epochs.

    Args:
        series: `{name: [(epoch, value)]}`; one without values is left out.
        colors: `{name: colour}` of the lines; without, they differ in their dashes.
    """
    values = [
        {"epoch": epoch, "value": value, "of": of}
        for of, points in series.items()
        for epoch, value in points
    ]
    epochs = sorted({point["epoch"] for point in values})
    x = {"field": "epoch", "type": "quantitative", "title": "epoch"}
    x["axis"] = {"values": _marked(epochs), "format": "d", "grid": False}
    x["scale"] = {"domain": [epochs[0], epochs[-1]], "nice": False, "padding": 8}
    y = {"field": "value", "type": "quantitative", "title": None}
    y["scale"] = {"domain": _around([p["value"] for p in values]), "nice": False}
    y["axis"] = {"tickCount": 4, "format": "~g"}
    told = {"field": "of", "type": "nominal", "legend": None}
    if colors:
        told["scale"] = {"domain": list(colors), "range": list(colors.values())}
    tooltip = [{"field": "of"}, {"field": "epoch"}]
    tooltip.append({"field": "value", "format": ".5~g"})
    several = len({point["of"] for point in values}) > 1
    if several and not colors:
        told["legend"] = {"title": None, "orient": "bottom"}
    channel = "color" if colors else "strokeDash"
    return _spec(
        f"{name} over {len(epochs)} epochs",
        data={"values": values},
        height=130,
        mark={"type": "line", "point": len(epochs) <= 60},
        encoding={"x": x, "y": y, channel: told, "tooltip": tooltip},
    )


def _marked(epochs):
    """At most 6 of the epochs, for the axis."""
    step = -(-len(epochs) // 6)
    return epochs[step - 1 :: step]


def _around(values):
    """A range that holds the values, and is no point where they are all the same."""
    low, high = min(values), max(values)
    room = 0.08 * (high - low) or 0.1 * abs(high) or 1
    return [low - room, high + room]


def point_map():
    """A map of images; the page fills in points, colours and shapes.

    Its parameters are the legend entry that stands out, the chosen image and that
    image's neighbours.
    """
    place = {
        axis: {
            "field": axis,
            "type": "quantitative",
            "axis": None,
            "scale": {"domain": [-1.06, 1.06], "nice": False},
        }
        for axis in ("x", "y")
    }
    faded = {"test": "entry === null || datum.entry === entry", "value": 0.9}
    points = {
        "mark": {"type": "point", "filled": True, "size": 34, "aria": False},
        "encoding": {
            "color": {"field": "entry", "type": "nominal", "legend": None},
            "shape": {"field": "entry", "type": "nominal", "legend": None},
            "opacity": {"condition": faded, "value": 0.07},
            "tooltip": {"field": "about"},
        },
    }
    rings = {
        "transform": [{"filter": "datum.i === query || indexof(near, datum.i) >= 0"}],
        "mark": {"type": "point", "filled": False, "shape": "circle", "aria": False},
        "encoding": {
            "size": {"condition": {"test": "datum.i === query", "value": 300}},
            "strokeWidth": {"condition": {"test": "datum.i === query", "value": 3}},
        },
    }
    rings["encoding"]["size"]["value"] = 110
    rings["encoding"]["strokeWidth"]["value"] = 1.6
    return _spec(
        "map",
        params=[
            {"name": "entry", "value": None},
            {"name": "query", "value": -1},
            {"name": "near", "value": []},
        ],
        height=360,
        encoding=place,
        layer=[points, rings],
    )
