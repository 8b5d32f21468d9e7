"""How well two representations are told apart, as tables of the page."""

from tfmi.evaluation.measure.disentanglement import DIMENSIONS
from tfmi.evaluation.report.scores import row_kind
from tfmi.evaluation.results import JOINT
from tfmi.evaluation.tables.disentanglement import BLOCK_HEADINGS
from tfmi.evaluation.tables.disentanglement import HEADINGS
from tfmi.evaluation.tables.disentanglement import block_rows

SCORES = ("measured", "independent", "copied")


def panels(results):
    """Panels like those of `scores.panels`, without charts: one for each two
    representations that divide what an image shows, none where there are no two."""
    joints = results.values_of("representation", score="mig")
    return [_panel(results, joint) for joint in joints if JOINT in joint]


def _panel(results, joint):
    symbols = [results.symbol(name) for name in joint.split(JOINT)]
    pair = " and ".join(symbols)
    tables = [
        {"title": f"{pair} of {domain}", "chart": None, **table}
        for domain in results.values_of("domain", representation=joint)
        for table in _tables(results, joint, domain, symbols)
    ]
    about = (
        f"{pair} as two blocks: MIG and DCI of the information that the probe reads, "
        "SAP of its balanced accuracy. Their mutual information, beside that of "
        "vectors that have nothing, and that have all in common."
    )
    return {"name": f"{pair} apart", "about": about, "key": {}, "tables": tables}


def _tables(results, joint, domain, symbols):
    rows = block_rows(results, joint, domain)
    tables = [
        _blocks(results, rows),
        _information(rows, symbols, results.factors(domain)),
        _mutual(results, joint, domain, symbols),
    ]
    where = {"representation": joint, "domain": domain, "protocol": DIMENSIONS}
    scores = {record.score: record.value for record in results.select(**where)}
    return [*tables, _dimensions(results, scores, symbols)] if scores else tables


def _blocks(results, rows):
    lines = {
        row["row"]: [
            *(f"{row[score]:.3f}" for score in BLOCK_HEADINGS),
            f"{row['distance']:.4f}",
        ]
        for row in rows
    }
    columns = [*BLOCK_HEADINGS.values(), "distance"]
    return _table(f"probe {results.probes[-1]}", columns, lines)


def _information(rows, symbols, factors):
    lines = {
        f"{row['row']}, {symbol}": [f"{100 * by_factor[f]:.2f}%" for f in factors]
        for row in rows
        for symbol, by_factor in zip(symbols, row["information"].values(), strict=True)
    }
    columns = [factor.replace("_", " ") for factor in factors]
    return _table("information on a factor, of its entropy", columns, lines)


def _mutual(results, joint, domain, symbols):
    first, second = symbols
    lines = {}
    for estimator, unit in results.about["units"].items():
        where = {"representation": joint, "domain": domain, "protocol": estimator}
        values = {record.score: record.value for record in results.select(**where)}
        if values:
            # Rounded before 0 is added: no -0.0000.
            cells = [f"{round(values[score], 4) + 0:.4f}" for score in SCORES]
            lines[f"{estimator.upper()} ({unit})"] = cells
    pair = f"{first} and {second}"
    columns = [pair, f"{pair} of others", f"{second} and {second}"]
    return _table("mutual information", columns, lines, "estimate")


def _dimensions(results, scores, symbols):
    names = [name for name in HEADINGS if name in scores]
    # The usual order; metrics of other packages follow.
    names += [name for name in scores if name not in HEADINGS]
    columns = [HEADINGS.get(name, name.replace("_", " ")) for name in names]
    cells = [f"{scores[name]:.3f}" for name in names]
    about = f"single numbers of ({', '.join(symbols)})"
    return _table(about, columns, {results.row: cells})


def _table(about, columns, lines, kind=None):
    rows = [
        {
            "label": label,
            "kind": kind or row_kind(label),
            "cells": [{"text": text, "spread": ""} for text in texts],
        }
        for label, texts in lines.items()
    ]
    return {"about": about, "columns": columns, "rows": rows}
