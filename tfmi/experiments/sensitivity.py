"""Accuracies as a function of settings: Figure 5, and studies of many settings."""

import numpy as np

from tfmi.evaluation.figures.knob_panels import knob_panels
from tfmi.evaluation.tables import aggregate
from tfmi.evaluation.tables.aggregate import BASELINE
from tfmi.evaluation.tables.aggregate import decimal
from tfmi.evaluation.tables.aggregate import percent

COLUMNS = """representation domain protocol setting value variant seed factor accuracy
    ideal distance seconds information""".split()


def sensitivity_tables(knobs, outcome):
    """A table a representation and domain.

    Args:
        knobs: list of `studies.Knob`.
        outcome: `{key of a variant: {seed: results}}`, results as
            `Experiment.rows` gives them; what is not there yet is left out.

    Returns:
        A list of `{"representation", "domain", "title", "ideal",
        "probes": {protocol: description},
        "baseline": measured, "curves": [{"setting", "baseline": value, "points":
        [{"value", "label", "key", and what was measured}]}]}`; measured are
        `{"seconds": {seed: of training the stage}, "information": {seed: bits that
        S and E have in common, of E's tables}, "scores": {protocol: as
        `collected.over_seeds`}}`. A curve without a value beside the baseline's
        is left out.
    """
    every = [results for seeds in outcome.values() for results in seeds.values()]
    keys = [key for results in every for key in aggregate.table_keys(results)]
    wheres = sorted(
        dict.fromkeys(key[1:] for key in keys), key=lambda where: where[0] != "shared"
    )
    protocols = list(dict.fromkeys(key[0] for key in keys))
    return [_table(where, protocols, knobs, outcome, every) for where in wheres]


def _table(where, protocols, knobs, outcome, every):
    abouts = [
        aggregate.about(first, (protocol, *where))
        for protocol in protocols
        if (first := aggregate.first_with(every, (protocol, *where)))
    ]
    curves = [_curve(knob, where, protocols, outcome) for knob in knobs]
    return {
        **{n: abouts[0][n] for n in ("representation", "domain", "ideal")},
        "title": f"{where[0]} representation of {where[1]}",
        "probes": {about["protocol"]: about["probe"] for about in abouts},
        "baseline": _measured(outcome.get(BASELINE, {}), where, protocols),
        "curves": [c for c in curves if {p["key"] for p in c["points"]} - {BASELINE}],
    }


def _curve(knob, where, protocols, outcome):
    points = [
        {"value": value, "label": knob.label(value), "key": knob.key(value)}
        for value in knob.values
    ]
    for point in points:
        point |= _measured(outcome.get(point["key"], {}), where, protocols)
    return {
        "setting": knob.setting,
        "baseline": knob.baseline,
        "points": [point for point in points if point["scores"]],
    }


def _measured(seeds, where, protocols):
    representation, domain = where
    found = {p: aggregate.found_rows(seeds, (p, *where)) for p in protocols}
    information = {
        str(seed): results["information"][domain]
        for seed, results in seeds.items()
        if representation == "exclusive" and domain in results["information"]
    }
    seconds = {
        str(seed): results["seconds"][representation]
        for seed, results in seeds.items()
        if representation in results["seconds"]
    }
    return {
        "information": information,
        "seconds": seconds,
        "scores": {p: aggregate.over_seeds(rows) for p, rows in found.items() if rows},
    }


def render(table):
    """A table in Markdown, a line a variant, the baseline first."""
    columns = [(f, p) for f in table["ideal"] for p in table["probes"]]
    heads = [f"{factor}, {protocol}" for factor, protocol in columns]
    heads += [f"distance, {protocol}" for protocol in table["probes"]]
    ideal = [percent(table["ideal"][factor]) for factor, _ in columns]
    ideal += [decimal(0.0)] * len(table["probes"])
    variants = _variants(table)
    if informed := any(point["information"] for _, point in variants):
        heads.append("S and E, bits")
        ideal.append(decimal(0.0))
    lines = [["", *heads, "seconds", "seeds"], ["ideal", *ideal, "", ""]]
    lines += [_line(name, point, columns, informed) for name, point in variants]
    text = aggregate.markdown(lines).replace("+-", "±")
    return f"### {table['title']}\n\n{text}"


def legend(tables):
    """What the tables mean, in Markdown."""
    probes = {p: text for table in tables for p, text in table["probes"].items()}
    lines = [
        "Mean ± deviation over the seeds. S and E, bits: Jensen-Shannon divergence of",
        "(S, E) from independence, by a critic trained on it, 1 at most. Seconds: of",
        "training the stage, mean.",
    ]
    lines += [f"Probe `{protocol}`: {text}." for protocol, text in probes.items()]
    return "\n".join(lines)


def _variants(table):
    """`(name, what was measured)` of each variant."""
    found = [(BASELINE, table["baseline"])] if table["baseline"]["scores"] else []
    for curve in table["curves"]:
        found += [
            (f"{curve['setting']} {point['label']}", point)
            for point in curve["points"]
            if point["key"] != BASELINE
        ]
    return found


def _line(name, point, columns, informed):
    scores = point["scores"]
    bits, seconds = (list(point[key].values()) for key in ("information", "seconds"))
    cells = [
        percent(scores[p]["accuracies"][f], scores[p]["deviations"][f])
        if p in scores
        else ""
        for f, p in columns
    ]
    cells += [
        decimal(scores[p]["distance"], scores[p]["distance_deviation"])
        if p in scores
        else ""
        for p in dict.fromkeys(protocol for _, protocol in columns)
    ]
    if informed:
        cells.append(decimal(*aggregate.mean_and_deviation(bits)) if bits else "")
    cells.append(f"{np.mean(seconds):.0f}" if seconds else "")
    count = max(len(score["by_seed"]) for score in scores.values())
    return [name, *cells, str(count)]


def write(folder, name, tables):
    """Write NAME.md, .json, .csv and a picture NAME_REPRESENTATION.png.

    Returns:
        The texts.
    """
    texts = [*map(render, tables), legend(tables)]
    records = [COLUMNS, *(record for table in tables for record in _records(table))]
    aggregate.write(folder, name, tables, texts, records, ".md")
    for representation in dict.fromkeys(table["representation"] for table in tables):
        shown = [t for t in tables if t["representation"] == representation]
        if shown[0]["curves"]:
            knob_panels(folder / f"{name}_{representation}.png", shown)
    return texts


def _records(table):
    for curve in table["curves"]:
        for point in curve["points"]:
            for protocol, found in point["scores"].items():
                where = [table["representation"], table["domain"], protocol]
                knob = [curve["setting"], point["value"], point["key"]]
                for seed, scores in found["by_seed"].items():
                    rest = [point[key].get(seed) for key in ("seconds", "information")]
                    rest.insert(0, scores["distance"])
                    for factor, accuracy in scores["accuracies"].items():
                        score = [factor, accuracy, table["ideal"][factor]]
                        yield [*where, *knob, seed, *score, *rest]
