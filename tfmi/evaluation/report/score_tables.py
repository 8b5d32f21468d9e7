"""One table of accuracies with its bar chart, as the page shows it."""

from tfmi.evaluation.report import vega_charts
from tfmi.evaluation.results import REFERENCES
from tfmi.evaluation.results import UNTRAINED

IDEAL, PAPER, OURS = "Ideal", "Paper", "ours"
# How the page tells rows apart, by the first words of their names.
KINDS = {
    IDEAL: "ideal",
    PAPER: "paper",
    # Of several runs each has its own, "Untrained, RUN".
    UNTRAINED.partition(" ")[0]: "untrained",
    **dict.fromkeys(REFERENCES, "majority"),
}


def row_kind(name):
    """What the row of that name is: "ideal", "paper", "untrained", "majority", or
    "ours", the encoder's own."""
    return next((kind for start, kind in KINDS.items() if name.startswith(start)), OURS)


def accuracy_table(name, about, columns, rows, colors):
    """One table of `panels`, with the colours of its chart's rows as "key".

    Args:
        name: its title.
        about: what it shows, in a line.
        columns: names of the factors.
        rows: as `accuracy.probe_rows` gives them, the ideal's among them.
        colors: `{row: colour}` of those that the chart shows, in their order.
    """
    return {
        "title": name,
        "about": about,
        "key": colors,
        "columns": [*(name.replace("_", " ") for name in columns), "distance"],
        "rows": [_row(row, columns) for row in rows],
        "chart": _chart(f"Accuracies, {about}", rows, columns, colors),
        "picture": None,
    }


def _row(row, columns):
    deviations = row.get("deviations") or {}
    cells = [
        cell(100 * row["accuracies"][n], "{:.2f}%", _percent(deviations.get(n)))
        for n in columns
    ]
    cells.append(cell(row["distance"], "{:.4f}", row.get("distance_deviation")))
    source = row["source"]
    return {
        "label": f"{row['row']} ({source})" if source else row["row"],
        "kind": row_kind(row["row"]),
        "cells": cells,
    }


def _percent(fraction):
    return None if fraction is None else 100 * fraction


def cell(value, form, deviation=None):
    """What a cell shows: a value, and the deviation of it where there is one."""
    spread = "" if deviation is None else f"± {form.format(deviation)}"
    return {"text": form.format(value), "spread": spread}


def _chart(description, rows, columns, colors):
    accuracies = {row["row"]: row["accuracies"] for row in rows}
    bars = [
        {
            "factor": name.replace("_", " "),
            "row": row,
            "accuracy": accuracies[row][name],
            "ideal": accuracies[IDEAL][name],
        }
        for name in columns
        for row in colors
    ]
    return vega_charts.accuracy_bars(description, bars, colors)
