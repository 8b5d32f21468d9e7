"""Figure 5: accuracies as a function of one setting."""

from matplotlib.figure import Figure

from tfmi.evaluation import collected
from tfmi.evaluation.collected import decimal
from tfmi.evaluation.collected import percent
from tfmi.files import replacing

COLUMNS = """protocol representation domain setting value seed factor accuracy
    ideal distance""".split()
BASELINES = (collected.UNTRAINED, collected.MAJORITY)


def sensitivity_curves(setting, outcome):
    """Curves a protocol, representation and domain.

    Args:
        setting: its name.
        outcome: `{value: {seed: results}}`, results as `evaluate` gives them.

    Returns:
        A list of `{"setting", "protocol", "representation", "domain", "title",
        "probe", "ideal", "points", "baselines"}`; points are as
        `collected.over_seeds` gives them, with "value", in its order, and
        baselines likewise, by name.
    """
    every = [results for seeds in outcome.values() for results in seeds.values()]
    keys = [key for results in every for key in collected.table_keys(results)]
    return [_curves(setting, outcome, every, key) for key in dict.fromkeys(keys)]


def _curves(setting, outcome, every, key):
    first = next(r for r in every if collected.find_table(r, key))
    found = {
        value: collected.found_rows(seeds, key) for value, seeds in outcome.items()
    }
    baselines = {
        name: collected.over_seeds(rows)
        for name in BASELINES
        if (rows := collected.found_rows(next(iter(outcome.values())), key, name))
    }
    return {
        "setting": setting,
        **collected.about(first, key),
        "points": [
            {"value": value, **collected.over_seeds(found[value])}
            for value in sorted(found)
            if found[value]
        ],
        "baselines": baselines,
    }


def render(curves):
    """The curves as text, a line a value."""
    factors = list(curves["ideal"])
    lines = [
        [curves["setting"], *factors, "distance to ideal"],
        ["Ideal", *(percent(curves["ideal"][f]) for f in factors), decimal(0.0)],
    ]
    named = [(f"{point['value']:g}", point) for point in curves["points"]]
    for name, row in [*named, *curves["baselines"].items()]:
        cells = [percent(row["accuracies"][f], row["deviations"][f]) for f in factors]
        distance = decimal(row["distance"], row["distance_deviation"])
        lines.append([name, *cells, distance])
    head = f"Sensitivity, {curves['title']}"
    probe = f"probe {curves['protocol']}: {curves['probe']}"
    return f"{head}\n{probe}\n{collected.aligned(lines)}"


def write(folder, every):
    """Write sweep.txt, .json, .csv and a picture a protocol into a folder.

    Returns:
        The texts.
    """
    texts = [render(curves) for curves in every]
    records = [COLUMNS, *(record for curves in every for record in _records(curves))]
    collected.write(folder, "sweep", every, texts, records)
    for protocol in dict.fromkeys(curves["protocol"] for curves in every):
        chosen = [curves for curves in every if curves["protocol"] == protocol]
        with replacing(folder / f"sweep_{protocol}.png") as path:
            _picture(path, chosen)
    return texts


def _records(curves):
    where = [curves["protocol"], curves["representation"], curves["domain"]]
    for point in curves["points"]:
        for seed, scores in point["by_seed"].items():
            for factor, accuracy in scores["accuracies"].items():
                yield [
                    *where,
                    curves["setting"],
                    point["value"],
                    seed,
                    factor,
                    accuracy,
                    curves["ideal"][factor],
                    scores["distance"],
                ]


def _picture(path, every):
    """A line of panels a representation, a panel a domain."""
    names = list(dict.fromkeys(curves["representation"] for curves in every))
    domains = list(dict.fromkeys(curves["domain"] for curves in every))
    size = (5.5 * len(domains), 4 * len(names))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(len(names), len(domains), squeeze=False)
    for curves in every:
        line = names.index(curves["representation"])
        _panel(panels[line, domains.index(curves["domain"])], curves)
    protocol = every[0]["protocol"]
    figure.suptitle(f"solid: measured, probe {protocol}; dotted: ideal", fontsize=10)
    figure.savefig(path, dpi=110)


def _panel(axes, curves):
    values = [point["value"] for point in curves["points"]]
    for factor, ideal in curves["ideal"].items():
        heights = [100 * point["accuracies"][factor] for point in curves["points"]]
        errors = [100 * (p["deviations"][factor] or 0) for p in curves["points"]]
        line = axes.errorbar(
            values, heights, errors, label=factor, marker="o", capsize=3
        )
        axes.axhline(100 * ideal, color=line[0].get_color(), linestyle=":")
    _scale(axes, values)
    axes.set_ylim(0, 105)
    axes.set_xlabel(curves["setting"])
    axes.set_ylabel("accuracy (%)")
    axes.set_title(
        f"{curves['representation']} representation of {curves['domain']}", fontsize=9
    )
    axes.legend(fontsize=8)


def _scale(axes, values):
    """Values that span more than one and a half decades are spread by their
    logarithm, 0 included."""
    positive = [value for value in values if value > 0]
    if positive and max(positive) > 30 * min(positive):
        axes.set_xscale("symlog", linthresh=min(positive))
    axes.set_xticks(values, [f"{value:g}" for value in values])
    axes.minorticks_off()
