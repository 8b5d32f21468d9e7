"""What an evaluation leaves in its folder."""

import csv

from tfmi.evaluation.figures import bar_chart
from tfmi.files import replacing
from tfmi.files import write_json
from tfmi.files import write_text

COLUMNS = (
    "protocol representation domain row factor accuracy balanced_accuracy seed metric"
).split()


def write(output, results, domains):
    """Write results.json, results.csv, tables.txt and a bar chart a table.

    Args:
        output: folder.
        results: as `evaluate` describes them.
        domains: `{name: Domain}`.

    Raises:
        DataError: where they cannot be written.
    """
    scored = results["tables"] + results["neighbours"]
    every = scored + results["disentanglement"]
    text = "\n\n".join(table["text"] for table in every)
    write_text(output / "tables.txt", f"{text}\n")
    write_json(output / "results.json", results)
    with replacing(output / "results.csv") as path:
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *_records(scored)])
    for table in results["tables"]:
        name = "_".join(table[k] for k in ("representation", "domain", "protocol"))
        with replacing(output / f"accuracy_{name}.png") as path:
            domain = domains[table["domain"]]
            bar_chart.bar_chart(path, table["rows"], table["title"], domain)


def _records(scored):
    """A line for each table, row, seed and factor."""
    for table in scored:
        protocol = table.get("protocol", "neighbours")
        where = [protocol, table["representation"], table["domain"]]
        for row in table["rows"]:
            for scores in row.get("seeds", [row]):
                balanced = scores.get("balanced_accuracies", {})
                seed, metric = scores.get("seed"), table.get("metric")
                for factor, accuracy in scores["accuracies"].items():
                    cells = accuracy, balanced.get(factor), seed, metric
                    yield [*where, row["row"], factor, *cells]
