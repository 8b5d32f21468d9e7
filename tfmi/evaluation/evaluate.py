"""The protocol of section 5.2, from representations to tables and pictures."""

import csv
import json

import numpy as np

from tfmi.errors import DataError
from tfmi.evaluation import charts
from tfmi.evaluation import probes
from tfmi.evaluation import tables
from tfmi.evaluation.features import extract

BATCH = 500
GRID_IMAGES = 1000


def evaluate(trained, untrained, dataset, output, protocols, seed=0, limit=None):
    """Score every representation of every domain and write the results.

    Args:
        trained: `{(representation, domain name): represent}`.
        untrained: the same of encoders before training.
        dataset: a `PairDataset`; probes are fitted on its training split and
            scored on its test split.
        output: folder; written are results.json, results.csv, tables.txt,
            a bar chart a table and a retrieval grid a representation.
        protocols: names in `probes.PROTOCOLS`.
        limit: of training images.

    Returns:
        A list of tables, each `{"title", "protocol", "representation",
        "domain", "rows", "text"}`.
    """
    try:
        output.mkdir(exist_ok=True)
        domains = {domain.name: domain for domain in dataset.domains}
        results = []
        for (representation, name), represent in trained.items():
            where = domains[name], representation
            ours = _features(represent, dataset, name, seed, limit)
            base = _features(
                untrained[representation, name], dataset, name, seed, limit
            )
            for protocol in protocols:
                results.append(_table(ours, base, *where, dataset.name, protocol, seed))
            _grid(output, ours["test"], *where, dataset, seed)
        _write(output, results, domains)
    except OSError as error:
        raise DataError(
            f"the run folder must be writable. Received: {output} ({error.strerror})"
        ) from error
    return results


def _features(represent, dataset, domain, seed, limit):
    return {
        split: extract(
            represent,
            dataset.labelled(domain, split, BATCH, seed),
            limit if split == "train" else None,
        )
        for split in ("train", "test")
    }


def _table(ours, base, domain, representation, pipeline, protocol, seed):
    names = [factor.name for factor in domain.factors]
    measured = {
        row: {n: _probe(features, n, protocol, seed) for n in names}
        for row, features in (("Ours", ours), ("Untrained encoder", base))
    }
    measured["Majority class"] = {
        n: probes.majority_accuracy(ours["train"][1][n], ours["test"][1][n])
        for n in names
    }
    plain = {
        row: {name: score["accuracy"] for name, score in scores.items()}
        for row, scores in measured.items()
    }
    rows = tables.table_rows(plain, domain, representation, pipeline)
    title = (
        f"{representation} representation of {domain.name}, {domain.title}, "
        f"probe {protocol}"
    )
    return {
        "title": title,
        "protocol": protocol,
        "representation": representation,
        "domain": domain.name,
        "rows": rows,
        "balanced_accuracy": {
            row: {name: score["balanced_accuracy"] for name, score in scores.items()}
            for row, scores in measured.items()
        },
        "text": tables.render(rows, title, domain),
    }


def _probe(features, factor, protocol, seed):
    (train, train_labels), (test, test_labels) = features["train"], features["test"]
    return probes.probe_accuracy(
        probes.PROTOCOLS[protocol],
        (train, train_labels[factor]),
        (test, test_labels[factor]),
        seed,
    )


def _grid(output, test, domain, representation, dataset, seed):
    vectors, labels = test
    batches = dataset.labelled(domain.name, "test", GRID_IMAGES, seed)
    images = np.asarray(next(iter(batches))[0])
    factor = getattr(domain, f"{representation}_factors")[0].name
    charts.retrieval_grid(
        output / f"neighbours_{representation}_{domain.name}.png",
        images,
        vectors[: len(images)],
        labels[factor][: len(images)],
        f"nearest in the {representation} representation of {domain.name}: {factor}",
    )


def _write(output, results, domains):
    notes = {
        name: f"probe {name}: {probes.PROTOCOLS[name].description}"
        for name in dict.fromkeys(table["protocol"] for table in results)
    }
    text = "\n\n".join([table["text"] for table in results] + list(notes.values()))
    (output / "tables.txt").write_text(text + "\n", encoding="utf-8")
    (output / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    with open(output / "results.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow("protocol representation domain row factor accuracy".split())
        for table in results:
            where = [table[k] for k in ("protocol", "representation", "domain")]
            for row in table["rows"]:
                for factor, accuracy in row["accuracies"].items():
                    writer.writerow([*where, row["row"], factor, f"{accuracy:.6f}"])
    for table in results:
        parts = table["representation"], table["domain"], table["protocol"]
        charts.bar_chart(
            output / f"accuracy_{'_'.join(parts)}.png",
            table["rows"],
            table["title"],
            domains[table["domain"]],
        )
