"""Tables 6 and 7: what each term of the objective is worth."""

from tfmi.evaluation.figures.bars import bar_panels
from tfmi.evaluation.tables import aggregate
from tfmi.evaluation.tables import paper
from tfmi.evaluation.tables.aggregate import decimal
from tfmi.evaluation.tables.aggregate import percent

COLUMNS = """protocol representation domain row seed factor accuracy
    paper_accuracy distance paper_distance""".split()
BASELINES = (aggregate.UNTRAINED, aggregate.MAJORITY)


def ablation_tables(variants, outcome, pipeline):
    """A table a protocol, representation and domain.

    Args:
        variants: `{key: title}`, in the order of the rows.
        outcome: `{key: {seed: results}}`, results as `evaluate` gives them;
            what is not there yet is left out.
        pipeline: name of the dataset.

    Returns:
        A list of `{"protocol", "representation", "domain", "title", "probe",
        "paper", "ideal", "rows"}`. Rows are as `collected.over_seeds` gives
        them, with "key", "row" and the paper's "paper_accuracies" and
        "paper_distance", `None` where it has none. "paper" names its table.
    """
    every = [results for seeds in outcome.values() for results in seeds.values()]
    keys = [key for results in every for key in aggregate.table_keys(results)]
    return [
        _table(key, variants, outcome, pipeline, every) for key in dict.fromkeys(keys)
    ]


def _table(key, variants, outcome, pipeline, every):
    _, representation, domain = key
    first = aggregate.first_with(every, key)
    name, published = paper.ablation(pipeline, representation, domain) or (None, {})
    rows = [
        _row(variant, title, found, published.get(variant))
        for variant, title in variants.items()
        if (found := aggregate.found_rows(outcome.get(variant, {}), key))
    ]
    rows += [
        _row(None, label, found, None)
        for label in BASELINES
        if (found := aggregate.found_rows(next(iter(outcome.values())), key, label))
    ]
    return {
        **aggregate.about(first, key),
        "paper": name,
        "rows": rows,
    }


def _row(variant, title, found, published):
    accuracies, distance = published or (None, None)
    return {
        "key": variant,
        "row": title,
        **aggregate.over_seeds(found),
        "paper_accuracies": accuracies,
        "paper_distance": distance,
    }


def render(table):
    """The table as text, the paper's accuracies beside."""
    factors = list(table["ideal"])
    published = table["paper"] is not None
    heads = [*factors, "distance to ideal"]
    lines = [["", *_columns(heads, [table["paper"] or ""] * len(heads), published)]]
    ideal = [percent(table["ideal"][f]) for f in factors]
    lines.append(["Ideal", *_columns([*ideal, decimal(0.0)], [""] * 9, published)])
    for row in table["rows"]:
        ours = [percent(row["accuracies"][f], row["deviations"][f]) for f in factors]
        ours.append(decimal(row["distance"], row["distance_deviation"]))
        theirs = [percent((row["paper_accuracies"] or {}).get(f)) for f in factors]
        theirs.append(decimal(row["paper_distance"]))
        lines.append([row["row"], *_columns(ours, theirs, published)])
    head = f"Ablation, {table['title']}\nprobe {table['protocol']}: {table['probe']}"
    return f"{head}\n{aggregate.aligned(lines)}"


def _columns(ours, theirs, published):
    if not published:
        return ours
    return [cell for pair in zip(ours, theirs, strict=False) for cell in pair]


def write(folder, tables):
    """Write ablation.txt, .json, .csv and a picture a protocol into a folder."""
    texts = [render(table) for table in tables]
    records = [COLUMNS, *(r for table in tables for r in _records(table))]
    aggregate.write(folder, "ablation", tables, texts, records)
    for protocol in dict.fromkeys(table["protocol"] for table in tables):
        shown = [_shown(table) for table in tables if table["protocol"] == protocol]
        path = folder / f"ablation_{protocol}.png"
        bar_panels(path, shown, f"Ablation; probe {protocol}")
    return texts


def _shown(table):
    rows = [row for row in table["rows"] if row["row"] not in BASELINES]
    beside = f", beside {table['paper']}" if table["paper"] else ""
    return {**table, "title": table["title"] + beside, "rows": rows}


def _records(table):
    where = [table["protocol"], table["representation"], table["domain"]]
    for row in table["rows"]:
        for seed, scores in row["by_seed"].items():
            for factor, accuracy in scores["accuracies"].items():
                theirs = (row["paper_accuracies"] or {}).get(factor)
                distances = [scores["distance"], row["paper_distance"]]
                yield [*where, row["row"], seed, factor, accuracy, theirs, *distances]
