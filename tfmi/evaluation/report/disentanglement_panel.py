"""What results.json says of S and E beside each other, as tables of the page."""

from tfmi.evaluation.report.scores import row_kind
from tfmi.evaluation.tables.disentanglement_tables import DIMENSIONS
from tfmi.evaluation.tables.disentanglement_tables import LETTERS
from tfmi.evaluation.tables.disentanglement_tables import SCORES

NAME = "S and E apart"
ABOUT = (
    "S and E as two blocks: MIG and DCI of the information that the probe reads, SAP "
    "of its balanced accuracy. Their mutual information, beside that of vectors that "
    "have nothing, and that have all in common."
)
PAIRS = {
    "S and E": "measured",
    "S and E of others": "independent",
    "E and E": "copied",
}


def apart_panel(found):
    """A panel like those of `scores.panels`, without charts.

    Args:
        found: the tables of `disentanglement_table`.
    """
    tables = [
        table
        for each in found
        for table in (_blocks(each), _information(each), _mutual(each), _numbers(each))
        if table
    ]
    return {"name": NAME, "about": ABOUT, "key": {}, "tables": tables}


def _blocks(found):
    rows = [
        _row(row["row"], [*(f"{row[s]:.3f}" for s in SCORES), f"{row['distance']:.4f}"])
        for row in found["rows"]
    ]
    columns = [*SCORES.values(), "distance"]
    return _table(found, f"probe {found['protocol']}", columns, rows)


def _information(found):
    first = found["rows"][0]["information"]
    columns = list(next(iter(first.values())))
    rows = [
        _row(
            f"{row['row']}, {LETTERS[block]}",
            [f"{100 * held[name]:.2f}%" for name in columns],
        )
        for row in found["rows"]
        for block, held in row["information"].items()
    ]
    return _table(found, "information on a factor, of its entropy", columns, rows)


def _mutual(found):
    rows = [
        _row(
            f"{each['estimator'].upper()} ({each['unit']})",
            # Rounded before 0 is added: no -0.0000.
            [f"{round(each[key], 4) + 0:.4f}" for key in PAIRS.values()],
        )
        for each in found["mutual_information"]
    ]
    return _table(found, "mutual information", list(PAIRS), rows)


def _numbers(found):
    scores = found["dimensions"]
    if scores is None:
        return None
    cells = [f"{scores[name]:.3f}" for name in DIMENSIONS]
    about = "single numbers of (S, E)"
    return _table(found, about, list(DIMENSIONS.values()), [_row("Ours", cells)])


def _table(found, about, columns, rows):
    title = f"S and E of {found['domain']}"
    columns = [column.replace("_", " ") for column in columns]
    return {
        "title": title,
        "about": about,
        "columns": columns,
        "rows": rows,
        "chart": None,
    }


def _row(label, texts):
    cells = [{"text": text, "spread": ""} for text in texts]
    return {"label": label, "kind": row_kind(label), "cells": cells}
