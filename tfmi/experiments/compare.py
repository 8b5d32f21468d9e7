"""Runs beside each other, beside baselines and beside the paper."""

from tfmi.errors import DataError
from tfmi.evaluation.figures.bars import bar_panels
from tfmi.evaluation.tables import aggregate
from tfmi.evaluation.tables.aggregate import decimal
from tfmi.evaluation.tables.aggregate import percent

COLUMNS = """protocol representation domain row source factor accuracy deviation
    balanced_accuracy distance""".split()


def comparison_tables(named):
    """A table a protocol, representation and domain that a run has.

    Args:
        named: `{name: results}`, results as `evaluate` gives them.

    Returns:
        A list of `{"protocol", "representation", "domain", "title", "probe",
        "ideal", "rows"}`; rows are those of the results, the paper's first,
        "Ours" under the name of the run.

    Raises:
        DataError: for runs of several datasets.
    """
    datasets = {name: results["dataset"] for name, results in named.items()}
    if len(set(datasets.values())) > 1:
        received = ", ".join(f"{name} of {d}" for name, d in datasets.items())
        raise DataError(f"runs must be of one dataset. Received: {received}")
    keys = [key for results in named.values() for key in aggregate.table_keys(results)]
    order = sorted(dict.fromkeys(keys), key=lambda key: (key[0], key[1] != "shared"))
    return [_table(key, named) for key in order]


def _table(key, named):
    having = {n: r for n, r in named.items() if aggregate.find_table(r, key)}
    first = next(iter(having.values()))
    rows = [aggregate.find_row(first, key, "Paper")]
    rows += [_renamed(results, key, aggregate.OURS, n) for n, results in having.items()]
    rows += [
        _renamed(results, key, aggregate.UNTRAINED, f"Untrained, {name}")
        for name, results in having.items()
    ]
    rows.append(aggregate.find_row(first, key, aggregate.MAJORITY))
    return {
        **aggregate.about(first, key),
        "rows": [row for row in rows if row is not None],
    }


def _renamed(results, key, name, new):
    row = aggregate.find_row(results, key, name)
    return None if row is None else {**row, "row": new}


def render(table):
    """A table as text."""
    factors = list(table["ideal"])
    ideal = {"row": "Ideal", "accuracies": table["ideal"], "distance": 0.0}
    lines = [["", *factors, "distance to ideal"]]
    for row in [ideal, *table["rows"]]:
        spread = row.get("deviations") or {}
        cells = [percent(row["accuracies"][f], spread.get(f)) for f in factors]
        distance = decimal(row["distance"], row.get("distance_deviation"))
        source = f" ({row['source']})" if row.get("source") else ""
        lines.append([row["row"] + source, *cells, distance])
    head = f"{table['title']}\nprobe {table['protocol']}: {table['probe']}"
    return f"{head}\n{aggregate.aligned(lines)}"


def render_distances(tables):
    """The distances to ideal of all tables in one, a line a row."""
    names = list(dict.fromkeys(row["row"] for t in tables for row in t["rows"]))
    heads = [f"{t['representation']} {t['domain']} ({t['protocol']})" for t in tables]
    lines = [["", *heads]]
    for name in names:
        found = [
            next((row for row in t["rows"] if row["row"] == name), {}) for t in tables
        ]
        lines.append([name, *(decimal(row.get("distance")) for row in found)])
    return f"Distance to ideal\n{aggregate.aligned(lines)}"


def write(folder, tables):
    """Write compare.txt, .json, .csv and a picture a protocol into a folder.

    Returns:
        The texts.
    """
    texts = [*map(render, tables), render_distances(tables)]
    records = [COLUMNS, *(record for table in tables for record in _records(table))]
    aggregate.write(folder, "compare", tables, texts, records)
    for protocol in dict.fromkeys(table["protocol"] for table in tables):
        chosen = [table for table in tables if table["protocol"] == protocol]
        path = folder / f"compare_{protocol}.png"
        bar_panels(path, chosen, f"Probe {protocol}")
    return texts


def _records(table):
    where = [table["protocol"], table["representation"], table["domain"]]
    for row in table["rows"]:
        for factor, accuracy in row["accuracies"].items():
            yield [
                *where,
                row["row"],
                row.get("source"),
                factor,
                accuracy,
                (row.get("deviations") or {}).get(factor),
                (row.get("balanced_accuracies") or {}).get(factor),
                row["distance"],
            ]
