"""What results.json says, as the page's summary, tables and bar charts."""

import re

from tfmi.evaluation.report import vega_charts

IDEAL, PAPER, OURS = "Ideal", "Paper", "Ours"
# Colours of the page; a row's second table-mate ("Ours, N = 5") is paler.
BARS = {
    OURS: ("var(--ours)", "var(--ours-2)"),
    PAPER: ("var(--paper)", "var(--paper-2)"),
    "Untrained encoder": ("var(--rest)", "var(--rest-2)"),
}
METRICS = {"l2": "L2", "cosine": "cosine"}
NEIGHBOURS = (
    "The value that most of the N nearest training images have, without any training."
)
LETTERS = {"shared": "S", "exclusive": "E"}


def part_name(table):
    """`S of x`, as the paper writes S_X."""
    letter = LETTERS[table["representation"]]
    return f"{letter} of {table['domain']}"


def summary(results):
    """How near the run is to the ideal, by the first protocol.

    Returns:
        `{"protocol", "description", "parts", "means"}`: a part is `{"name",
        "representation", "domain", "distances": {row: distance}, "factors": [{"name",
        "wanted", "ours", "ideal", "paper"}]}`, `means` the distances' means over the
        parts, of the rows that all parts have.
    """
    protocol, description = next(iter(results["protocols"].items()))
    tables = [t for t in results["tables"] if t["protocol"] == protocol]
    parts = [_part(table) for table in tables]
    names = [
        n for n in parts[0]["distances"] if all(n in p["distances"] for p in parts)
    ]
    names.sort(key=lambda name: name != OURS)
    return {
        "protocol": protocol,
        "description": description,
        "parts": parts,
        "means": {
            name: sum(part["distances"][name] for part in parts) / len(parts)
            for name in names
        },
    }


def _part(table):
    rows = {row["row"]: row for row in table["rows"]}
    ideal = rows[IDEAL]["accuracies"]
    paper = rows.get(PAPER, {}).get("accuracies", {})
    return {
        "name": part_name(table),
        "representation": table["representation"],
        "domain": table["domain"],
        "distances": {name: row["distance"] for name, row in rows.items()},
        "factors": [
            {
                "name": name,
                "wanted": ideal[name] == 1,
                "ours": accuracy,
                "ideal": ideal[name],
                "paper": paper.get(name),
            }
            for name, accuracy in rows[OURS]["accuracies"].items()
        ],
    }


def panels(results):
    """The tables, a panel a protocol and one for the neighbours by each metric.

    Returns:
        `[{"name", "about", "key": {row: colour}, "tables": [{"title", "about",
        "columns", "rows", "chart"}]}]`, as `_table` describes them.
    """
    found = {
        f"Probe: {protocol}": (description, [])
        for protocol, description in results["protocols"].items()
    }
    for table in results["tables"]:
        found[f"Probe: {table['protocol']}"][1].append(table)
    for table in results.get("neighbours", []):
        name = f"Neighbours: {METRICS[table.get('metric', 'l2')]}"
        found.setdefault(name, (NEIGHBOURS, []))[1].append(table)
    return [
        {"name": name, "about": about, **_drawn(tables)}
        for name, (about, tables) in found.items()
    ]


def _drawn(tables):
    key = {}
    for table in tables:
        key.update(_colors(table))
    return {"key": key, "tables": [_table(table) for table in tables]}


def _table(table):
    """`{"title", "about", "columns": [name], "rows": [{"label", "kind", "cells":
    [{"text", "spread"}]}], "chart"}`; the last cell is the distance."""
    columns = list(table["rows"][0]["accuracies"])
    return {
        "title": part_name(table),
        "about": table["title"],
        "columns": [*(name.replace("_", " ") for name in columns), "distance"],
        "rows": [_row(row, columns) for row in table["rows"]],
        "chart": _chart(table, columns),
    }


def _row(row, columns):
    deviations = row.get("deviations") or {}
    cells = [
        _cell(100 * row["accuracies"][n], "{:.2f}%", _percent(deviations.get(n)))
        for n in columns
    ]
    cells.append(_cell(row["distance"], "{:.4f}", row.get("distance_deviation")))
    source = row.get("source")
    return {
        "label": f"{row['row']} ({source})" if source else row["row"],
        "kind": row_kind(row["row"]),
        "cells": cells,
    }


def row_kind(name):
    """The first word of a row's name, by which the page tells rows apart."""
    return re.split("[ ,]", name)[0].lower()


def _percent(fraction):
    return None if fraction is None else 100 * fraction


def _cell(value, form, deviation):
    spread = "" if deviation is None else f"± {form.format(deviation)}"
    return {"text": form.format(value), "spread": spread}


def _colors(table):
    """`{row: colour}` of the rows that are drawn, in their order."""
    colors = {}
    for kind, shades in BARS.items():
        names = [r["row"] for r in table["rows"] if r["row"].startswith(kind)]
        colors |= {n: shades[place % len(shades)] for place, n in enumerate(names)}
    return colors


def _chart(table, columns):
    rows = {row["row"]: row["accuracies"] for row in table["rows"]}
    colors = _colors(table)
    bars = [
        {
            "factor": name.replace("_", " "),
            "row": row,
            "accuracy": rows[row][name],
            "ideal": rows[IDEAL][name],
        }
        for name in columns
        for row in colors
    ]
    return vega_charts.accuracy_bars(f"Accuracies, {table['title']}", bars, colors)
