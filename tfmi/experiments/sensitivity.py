"""Accuracies as a function of settings: Figure 5, and studies of many settings."""

import numpy as np

from tfmi.evaluation.figures.knob_panels import knob_panels
from tfmi.evaluation.results import mean_and_deviation
from tfmi.evaluation.tables.text import decimal
from tfmi.evaluation.tables.text import markdown
from tfmi.evaluation.tables.text import percent
from tfmi.experiments import tables
from tfmi.experiments.variants import BASELINE
from tfmi.experiments.variants import shared_and_exclusive

COLUMNS = """representation domain protocol setting value variant seed factor accuracy
    ideal distance seconds information""".split()


def sensitivity_tables(knobs, outcomes, method):
    """A table a representation and domain.

    Args:
        knobs: list of `Knob`.
        outcomes: list of `Outcome`; what is not there yet is left out.
        method: the `Method` of all of them.

    Returns:
        A list of `{"representation", "domain", "title", "ideal": {factor:
        accuracy}, "probes": {protocol: description}, "symbols": of the two
        representations whose information is measured, or `None`, "baseline":
        measured, "curves": [{"setting", "baseline": value, "points": [{"value",
        "label", "key", and what was measured}]}]}`. What was measured is
        `{"information": {seed: bits}, "seconds": {seed: of training the stage},
        "scores": {protocol: as `tables.row_over_seeds`}}`. A curve without a value
        beside the baseline's is left out.
    """
    keys = tables.probed([outcome.results for outcome in outcomes])
    order = [representation.name for representation in method.representations()]
    vectors = sorted(
        dict.fromkeys(k[:2] for k in keys), key=lambda v: order.index(v[0])
    )
    pair = shared_and_exclusive(method)
    return [
        _table([key for key in keys if key[:2] == vector], knobs, outcomes, pair)
        for vector in vectors
    ]


def _table(keys, knobs, outcomes, pair):
    every = [outcome.results for outcome in outcomes]
    described = [tables.describe(every, key) for key in keys]
    representation, domain, _ = keys[0]
    informed = pair is not None and representation == pair[1].name
    baseline = [o for o in outcomes if o.variant.key == BASELINE]
    curves = [_curve(knob, keys, outcomes, informed) for knob in knobs]
    return {
        **{name: described[0][name] for name in ("representation", "domain", "ideal")},
        "title": f"{representation} representation of {domain}",
        "probes": {each["protocol"]: each["probe"] for each in described},
        "symbols": [each.symbol for each in pair] if informed else None,
        "baseline": _measured(baseline, keys, informed),
        "curves": [c for c in curves if {p["key"] for p in c["points"]} - {BASELINE}],
    }


def _curve(knob, keys, outcomes, informed):
    points = []
    for value in knob.values:
        key = knob.key(value)
        same = [outcome for outcome in outcomes if outcome.variant.key == key]
        point = {"value": value, "label": knob.label(value), "key": key}
        points.append({**point, **_measured(same, keys, informed)})
    return {
        "setting": knob.setting,
        "baseline": knob.baseline,
        "points": [point for point in points if point["scores"]],
    }


def _measured(outcomes, keys, informed):
    """What the runs of one variant measured of one vector, by seed and by protocol."""
    representation, domain, _ = keys[0]
    information, seconds = {}, {}
    for outcome in outcomes:
        if informed and domain in outcome.information:
            information[str(outcome.seed)] = outcome.information[domain]
        if representation in outcome.seconds:
            seconds[str(outcome.seed)] = outcome.seconds[representation]
    rows = {key[2]: tables.row_over_seeds(outcomes, key) for key in keys}
    scores = {protocol: row for protocol, row in rows.items() if row}
    return {"information": information, "seconds": seconds, "scores": scores}


def render(table):
    """A table in Markdown, a line a variant, the baseline first."""
    columns = [(f, p) for f in table["ideal"] for p in table["probes"]]
    heads = [f"{factor}, {protocol}" for factor, protocol in columns]
    heads += [f"distance, {protocol}" for protocol in table["probes"]]
    ideal = [percent(table["ideal"][factor]) for factor, _ in columns]
    ideal += [decimal(0.0)] * len(table["probes"])
    if informed := _is_informed(table):
        heads.append(f"{' and '.join(table['symbols'])}, bits")
        ideal.append(decimal(0.0))
    lines = [["", *heads, "seconds", "seeds"], ["ideal", *ideal, "", ""]]
    lines += [
        _line(name, point, columns, list(table["probes"]), informed)
        for name, point in _variants(table)
    ]
    text = markdown(lines).replace("+-", "±")
    return f"### {table['title']}\n\n{text}"


def legend(every):
    """What the tables mean, in Markdown."""
    lines = [
        "Values are means ± deviations over the seeds. Seconds are the mean time of",
        "training the stage.",
    ]
    if symbols := next((t["symbols"] for t in every if _is_informed(t)), None):
        first, second = symbols
        lines += [
            f"{first} and {second}, bits: Jensen-Shannon divergence of ({first}, "
            f"{second}) from independence,",
            "by a statistics network trained on it, 1 at most.",
        ]
    probes = {p: text for table in every for p, text in table["probes"].items()}
    lines += [f"Probe `{protocol}`: {text}." for protocol, text in probes.items()]
    return "\n".join(lines)


def _is_informed(table):
    return any(point["information"] for _, point in _variants(table))


def _variants(table):
    """`(name, what was measured)` of each variant."""
    named = [(BASELINE, table["baseline"])] if table["baseline"]["scores"] else []
    for curve in table["curves"]:
        named += [
            (f"{curve['setting']} {point['label']}", point)
            for point in curve["points"]
            if point["key"] != BASELINE
        ]
    return named


def _line(name, point, columns, protocols, informed):
    scores = point["scores"]
    cells = [_accuracy(scores.get(protocol), factor) for factor, protocol in columns]
    cells += [_distance(scores.get(protocol)) for protocol in protocols]
    if informed:
        bits = list(point["information"].values())
        cells.append(decimal(*mean_and_deviation(bits)) if bits else "")
    seconds = list(point["seconds"].values())
    cells.append(f"{np.mean(seconds):.0f}" if seconds else "")
    count = max(len(row["by_seed"]) for row in scores.values())
    return [name, *cells, str(count)]


def _accuracy(row, factor):
    return percent(row["accuracies"][factor], row["deviations"][factor]) if row else ""


def _distance(row):
    return decimal(row["distance"], row["distance_deviation"]) if row else ""


def write(folder, name, knobs, outcomes, method):
    """Write NAME.md, .json, .csv and a picture NAME_REPRESENTATION.png.

    Args:
        knobs, outcomes, method: as of `sensitivity_tables`.

    Returns:
        The texts.
    """
    every = sensitivity_tables(knobs, outcomes, method)
    texts = [*map(render, every), legend(every)]
    lines = [line for table in every for line in _lines(table)]
    tables.write(folder, name, every, texts, COLUMNS, lines, ".md")
    for representation in dict.fromkeys(table["representation"] for table in every):
        panels = [t for t in every if t["representation"] == representation]
        if panels[0]["curves"]:
            knob_panels(folder / f"{name}_{representation}.png", panels)
    return texts


def _lines(table):
    points = [(curve, point) for curve in table["curves"] for point in curve["points"]]
    for curve, point in points:
        for protocol, row in point["scores"].items():
            where = [table["representation"], table["domain"], protocol]
            where += [curve["setting"], point["value"], point["key"]]
            for seed, scores in row["by_seed"].items():
                rest = [scores["distance"]]
                rest += [point[name].get(seed) for name in ("seconds", "information")]
                for factor, accuracy in scores["accuracies"].items():
                    score = [factor, accuracy, table["ideal"][factor]]
                    yield [*where, seed, *score, *rest]
