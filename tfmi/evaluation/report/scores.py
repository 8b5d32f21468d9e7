"""What an evaluation found, as the page's summary, tables and bar charts."""

from tfmi.evaluation import grids
from tfmi.evaluation.measure import neighbours
from tfmi.evaluation.report import thumbnails
from tfmi.evaluation.report.score_tables import IDEAL
from tfmi.evaluation.report.score_tables import OURS
from tfmi.evaluation.report.score_tables import PAPER
from tfmi.evaluation.report.score_tables import accuracy_table
from tfmi.evaluation.report.score_tables import cell
from tfmi.evaluation.report.score_tables import row_kind
from tfmi.evaluation.tables import cross_domain
from tfmi.evaluation.tables.accuracy import DISTANCES
from tfmi.evaluation.tables.accuracy import neighbour_rows
from tfmi.evaluation.tables.accuracy import probe_rows
from tfmi.evaluation.tables.accuracy import title

# Colours of the page; a row's second table-mate ("Ours, N = 5") is paler.
BARS = {
    OURS: ("var(--ours)", "var(--ours-2)"),
    "paper": ("var(--paper)", "var(--paper-2)"),
    "untrained": ("var(--rest)", "var(--rest-2)"),
}
NEIGHBOURS = (
    "The value that most of the N nearest training images have, without any training."
)
ACROSS = (
    "Figure 4 across domains: the value that most of the N nearest test images of the "
    "other domain have."
)


def part_name(results, representation, domain):
    """`S of x`, as the paper writes S_X."""
    return f"{results.symbol(representation)} of {domain}"


def summary(results):
    """How near the run is to the ideal, by the first probe.

    Returns:
        `{"protocol", "description", "row": name of the encoder's own row, "parts",
        "means"}`: a part is `{"name", "representation", "domain", "distances": {row:
        distance}, "factors": [{"name", "wanted", "ours", "ideal", "paper"}]}`, `means`
        the distances' means over the parts, of the rows that all parts have.
    """
    protocol = results.probes[0]
    parts = [_part(results, *key) for key in results.probed if key[2] == protocol]
    names = [
        n for n in parts[0]["distances"] if all(n in p["distances"] for p in parts)
    ]
    names.sort(key=lambda name: name != results.row)
    return {
        "protocol": protocol,
        "description": results.about["protocols"][protocol],
        "row": results.row,
        "parts": parts,
        "means": {
            name: sum(part["distances"][name] for part in parts) / len(parts)
            for name in names
        },
    }


def _part(results, representation, domain, protocol):
    key = representation, domain, protocol
    rows = {row["row"]: row for row in probe_rows(results, *key)}
    ideal = rows[IDEAL]["accuracies"]
    published = rows.get(PAPER, {}).get("accuracies", {})
    return {
        "name": part_name(results, representation, domain),
        "representation": representation,
        "domain": domain,
        "distances": {name: row["distance"] for name, row in rows.items()},
        "factors": [
            {
                "name": name,
                "wanted": ideal[name] == 1,
                "ours": accuracy,
                "ideal": ideal[name],
                "paper": published.get(name),
            }
            for name, accuracy in rows[results.row]["accuracies"].items()
        ],
    }


def panels(results, pictures=None):
    """The tables, a panel a probe, one for the neighbours by each distance, and one
    for neighbours across domains.

    Args:
        results: a `Results`.
        pictures: folder with the pictures of retrieval across domains (`grids`), or
            `None`.

    Returns:
        `[{"name", "about", "key": {row: colour}, "tables": [{"title", "about",
        "columns": [name], "rows": [{"label", "kind", "cells": [{"text",
        "spread"}]}], "chart", "picture": data URI or None}]}]`; the last cell is the
        distance, where a table has one.
    """
    vectors = list(dict.fromkeys(key[:2] for key in results.probed))
    probed = [
        _panel(
            f"Probe: {protocol}",
            results.about["protocols"][protocol],
            [
                _table(
                    results, *key[:2], f"probe {protocol}", probe_rows(results, *key)
                )
                for key in results.probed
                if key[2] == protocol
            ],
        )
        for protocol in results.probes
    ]
    retrieved = [
        _panel(
            f"Neighbours: {distance.removesuffix(' distance')}",
            NEIGHBOURS,
            [
                _table(
                    results,
                    *vector,
                    f"nearest neighbours by {distance}",
                    neighbour_rows(results, *vector, metric),
                )
                for vector in vectors
            ],
        )
        for metric, distance in DISTANCES.items()
        if results.select(protocol=neighbours.protocol(1, metric))
    ]
    return probed + retrieved + _across(results, pictures)


def _across(results, pictures):
    """A list of the panel of retrieval across domains; empty where there is none."""
    tables = [_across_table(t, pictures) for t in cross_domain.tables(results)]
    return [_panel("Across domains", ACROSS, tables)] if tables else []


def _across_table(table, pictures):
    name = grids.across_name(
        *(table[key] for key in ("representation", "queries", "candidates"))
    )
    path = None if pictures is None else pictures / name
    ideal = {"row": IDEAL, "accuracies": table["ideal"]}
    return {
        "title": f"{table['queries']} to {table['candidates']}",
        "about": table["title"],
        "key": {},
        "columns": [name.replace("_", " ") for name in table["factors"]],
        "rows": [
            {
                "label": row["row"],
                "kind": row_kind(row["row"]),
                "cells": [
                    cell(100 * row["accuracies"][name], "{:.2f}%")
                    for name in table["factors"]
                ],
            }
            for row in [ideal, *table["rows"]]
        ],
        "chart": None,
        "picture": thumbnails.file_uri(path) if path and path.is_file() else None,
    }


def _panel(name, about, tables):
    key = {row: color for table in tables for row, color in table.pop("key").items()}
    return {"name": name, "about": about, "key": key, "tables": tables}


def _table(results, representation, domain, reading, rows):
    about = f"{title(results, representation, domain)}, {reading}"
    colors = _colors([row["row"] for row in rows])
    name = part_name(results, representation, domain)
    return accuracy_table(name, about, list(results.factors(domain)), rows, colors)


def _colors(names):
    """`{row: colour}` of the rows that are drawn, in their order."""
    colors = {}
    for kind, shades in BARS.items():
        same = [name for name in names if row_kind(name) == kind]
        colors |= {n: shades[place % len(shades)] for place, n in enumerate(same)}
    return colors
