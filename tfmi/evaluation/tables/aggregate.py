"""Tables of several evaluations brought together: means over seeds, text, files."""

import csv

import numpy as np

from tfmi.files import replacing
from tfmi.files import write_json
from tfmi.files import write_text

# Key of the variant that the others of an experiment are compared with.
BASELINE = "baseline"
IDEAL, OURS, UNTRAINED, MAJORITY = (
    "Ideal",
    "Ours",
    "Untrained encoder",
    "Majority class",
)


def table_keys(results):
    """`(protocol, representation, domain)` of each table of `evaluate`, shared
    representations first."""
    keys = [
        (t["protocol"], t["representation"], t["domain"]) for t in results["tables"]
    ]
    return sorted(dict.fromkeys(keys), key=lambda key: (key[0], key[1] != "shared"))


def find_table(results, key):
    """The table of that key, or `None`."""
    for table in results["tables"]:
        if (table["protocol"], table["representation"], table["domain"]) == key:
            return table
    return None


def first_with(every, key):
    """The first of several results that has the table of that key, or `None`."""
    return next((results for results in every if find_table(results, key)), None)


def find_row(results, key, name=OURS):
    """The row of that name in the table of that key, or `None`."""
    table = find_table(results, key) or {"rows": []}
    return next((row for row in table["rows"] if row["row"] == name), None)


def about(results, key):
    """What the table of that key is of, how it was read, and its ideal."""
    protocol, representation, domain = key
    return {
        "protocol": protocol,
        "representation": representation,
        "domain": domain,
        "title": find_table(results, key)["title"],
        "probe": results["protocols"][protocol],
        "ideal": find_row(results, key, IDEAL)["accuracies"],
    }


def found_rows(seeds, key, name=OURS):
    """`{seed: row}` of the results that have it, from `{seed: results}`."""
    found = {seed: find_row(results, key, name) for seed, results in seeds.items()}
    return {seed: row for seed, row in found.items() if row is not None}


def over_seeds(rows):
    """Mean and standard deviation of rows of `tables.table_rows`.

    Args:
        rows: `{seed: row}`.

    Returns:
        `{"accuracies", "deviations", "distance", "distance_deviation",
        "by_seed"}`; deviations are those of the sample, `None` for one seed.
    """
    factors = next(iter(rows.values()))["accuracies"]
    values = {f: [row["accuracies"][f] for row in rows.values()] for f in factors}
    distances = [row["distance"] for row in rows.values()]
    return {
        "accuracies": {f: mean_and_deviation(v)[0] for f, v in values.items()},
        "deviations": {f: mean_and_deviation(v)[1] for f, v in values.items()},
        "distance": mean_and_deviation(distances)[0],
        "distance_deviation": mean_and_deviation(distances)[1],
        "by_seed": {
            str(seed): {"accuracies": row["accuracies"], "distance": row["distance"]}
            for seed, row in rows.items()
        },
    }


def mean_and_deviation(values):
    """The mean, and the deviation of the sample, `None` for a single value."""
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return float(np.mean(values)), deviation


def percent(value, deviation=None):
    """`97.46%`, or `97.46 +- 0.12%`; empty for `None`."""
    if value is None:
        return ""
    if deviation is None:
        return f"{100 * value:.2f}%"
    return f"{100 * value:.2f} +- {100 * deviation:.2f}%"


def decimal(value, deviation=None):
    """`0.0315`, or `0.0315 +- 0.0012`; empty for `None`."""
    if value is None:
        return ""
    return f"{value:.4f}" + ("" if deviation is None else f" +- {deviation:.4f}")


def aligned(lines):
    """Lines of cells as text, the first column to the left, others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            [
                f"  {line[0]:<{widths[0]}}",
                *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for line in lines
    )


def markdown(lines):
    """Lines of cells as a table in Markdown, the first line its heading."""
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    rows = [
        [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]
        for line in [lines[0], rule, *lines[1:]]
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write(folder, name, content, texts, records, suffix=".txt"):
    """Write a text file, NAME.json and NAME.csv, each whole or not at all.

    Args:
        content: of the JSON file.
        texts: paragraphs of the text file.
        records: lines of the CSV file, its heading first.
        suffix: of the text file.
    """
    write_text(folder / f"{name}{suffix}", "\n\n".join(texts) + "\n")
    write_json(folder / f"{name}.json", content)
    with replacing(folder / f"{name}.csv") as path:
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(records)
