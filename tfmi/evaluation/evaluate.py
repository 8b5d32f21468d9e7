"""The protocol of section 5.2, from representations to tables and pictures."""

import csv
import pathlib

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.evaluation import charts
from tfmi.evaluation import neighbours
from tfmi.evaluation import probes
from tfmi.evaluation import tables
from tfmi.evaluation.features import extract
from tfmi.evaluation.features import scored
from tfmi.evaluation.neighbour_tables import neighbour_table
from tfmi.files import make_folder
from tfmi.files import replacing
from tfmi.files import write_json
from tfmi.files import write_text

BATCH = 500
GRID_IMAGES = 1000
COLUMNS = "protocol representation domain row factor accuracy balanced_accuracy".split()


def evaluate(
    representers,
    untrained,
    dataset,
    output,
    protocols=("paper", "strong"),
    seed=0,
    limit=None,
    progress=print,
):
    """Score every representation of every domain and write the results.

    Args:
        representers: `{(representation, domain name): represent}`, a
            representation being "shared" or "exclusive".
        untrained: the same of encoders before training.
        dataset: a `PairDataset`; probes are fitted on its training split and
            scored on its test split.
        output: folder; written are results.json, results.csv, tables.txt,
            a bar chart a table and a retrieval grid a representation.
        protocols: names in `probes.PROTOCOLS`.
        limit: of training images.
        progress: called with a line of text as each step begins.

    Returns:
        What results.json holds: `{"dataset", "source", "seed", "limit",
        "protocols": {name: description}, "tables": [{"title", "protocol",
        "representation", "domain", "rows", "balanced_accuracy", "text"}],
        "neighbours": [as `neighbour_table` gives them]}`.

    Raises:
        DataError: where the folder cannot be written, a probe not fitted, or
            the dataset has no factor to score.
        UsageError: for an unknown protocol.
    """
    _check(protocols, dataset)
    output = pathlib.Path(output)
    make_folder(output)
    scored_tables, neighbours_tables = [], []
    for key, represent in representers.items():
        pair = represent, untrained[key]
        features = _both_features(key, pair, dataset, seed, limit, progress)
        for protocol in protocols:
            progress(f"probe {protocol} on {' '.join(key)}")
            scored_tables.append(_table(features, key, dataset, protocol, seed))
        progress(f"neighbours in {' '.join(key)}")
        neighbours_tables.append(
            neighbour_table(
                features["Ours"], _domain(dataset, key[1]), key[0], dataset.name
            )
        )
        _grid(output, features["Ours"]["test"], key, dataset, seed)
    results = _results(scored_tables, dataset, protocols, seed, limit)
    results["neighbours"] = neighbours_tables
    _write(output, results, dataset)
    return results


def _results(scored_tables, dataset, protocols, seed, limit):
    return {
        "dataset": dataset.name,
        "source": dataset.source,
        "seed": seed,
        "limit": limit,
        "protocols": {name: probes.PROTOCOLS[name].description for name in protocols},
        "tables": scored_tables,
    }


def _check(protocols, dataset):
    for domain in dataset.domains:
        if not domain.factors:
            raise DataError(
                f"there must be a factor to score for {domain.name} (--evaluate "
                "names factors; a value needs enough images). Received: none"
            )
    for name in protocols:
        if name not in probes.PROTOCOLS:
            known = ", ".join(probes.PROTOCOLS)
            raise UsageError(f"a protocol must be one of {known}. Received: {name}")


def _both_features(key, pair, dataset, seed, limit, progress):
    progress(f"vectors of {' '.join(key)}")
    return {
        row: _features(represent, dataset, key[1], seed, limit)
        for row, represent in zip(("Ours", "Untrained encoder"), pair, strict=True)
    }


def _features(represent, dataset, domain, seed, limit):
    return {
        split: extract(
            represent,
            dataset.labelled(domain, split, BATCH, seed),
            limit if split == "train" else None,
        )
        for split in ("train", "test")
    }


def _table(features, key, dataset, protocol, seed):
    representation, domain = key[0], _domain(dataset, key[1])
    measured = _measured(features, domain, protocol, seed)
    accuracies, balanced = (
        {
            row: {name: score[kind] for name, score in scores.items()}
            for row, scores in measured.items()
        }
        for kind in ("accuracy", "balanced_accuracy")
    )
    rows = tables.table_rows(accuracies, domain, representation, dataset.name)
    title = f"{representation} representation of {domain.name}, {domain.title}"
    description = f"probe {protocol}: {probes.PROTOCOLS[protocol].description}"
    return {
        "title": f"{title}, probe {protocol}",
        "protocol": protocol,
        "representation": representation,
        "domain": domain.name,
        "rows": rows,
        "balanced_accuracy": balanced,
        "text": tables.render(rows, title, domain, description),
    }


def _domain(dataset, name):
    return {domain.name: domain for domain in dataset.domains}[name]


def _measured(features, domain, protocol, seed):
    names = [factor.name for factor in domain.factors]
    labels = [features["Ours"][split][1] for split in ("train", "test")]
    probed = {
        row: {name: _probe(vectors, name, protocol, seed) for name in names}
        for row, vectors in features.items()
    }
    majority = {
        n: probes.majority_level(*(part[n][part[n] >= 0] for part in labels))
        for n in names
    }
    return {**probed, "Majority class": majority}


def _probe(features, factor, protocol, seed):
    train, test = (
        scored(vectors, labels[factor])
        for vectors, labels in (features["train"], features["test"])
    )
    return probes.probe_accuracy(probes.PROTOCOLS[protocol], *train, *test, seed)


def _grid(output, test, key, dataset, seed):
    representation, domain = key[0], _domain(dataset, key[1])
    vectors, labels = test
    batches = dataset.labelled(domain.name, "test", GRID_IMAGES, seed)
    images = np.asarray(next(iter(batches))[0])
    # Without factors of its own kind it is judged by one of the other.
    factors = getattr(domain, f"{representation}_factors") or domain.factors
    factor = factors[0].name
    if (labels[factor][: len(images)] < 0).all():
        return
    with replacing(output / f"neighbours_{representation}_{domain.name}.png") as path:
        neighbours.retrieval_grid(
            path,
            images,
            vectors[: len(images)],
            labels[factor][: len(images)],
            f"nearest in the {representation} representation of {domain.name}; "
            f"green: same {factor}, red: another",
        )


def _write(output, results, dataset):
    every = results["tables"] + results["neighbours"]
    text = "\n\n".join(table["text"] for table in every)
    write_text(output / "tables.txt", f"{text}\n")
    write_json(output / "results.json", results)
    with replacing(output / "results.csv") as path:
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *_records(every)])
    for table in results["tables"]:
        name = "_".join(table[k] for k in ("representation", "domain", "protocol"))
        with replacing(output / f"accuracy_{name}.png") as path:
            domain = _domain(dataset, table["domain"])
            charts.bar_chart(path, table["rows"], table["title"], domain)


def _records(every):
    for table in every:
        protocol = table.get("protocol", "neighbours")
        where = [protocol, table["representation"], table["domain"]]
        for row in table["rows"]:
            balanced = table.get("balanced_accuracy", {}).get(row["row"], {})
            for factor, accuracy in row["accuracies"].items():
                yield [*where, row["row"], factor, accuracy, balanced.get(factor)]
