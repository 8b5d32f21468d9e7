"""The protocol of section 5.2, from representations to tables and pictures."""

import pathlib

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.evaluation import result_files
from tfmi.evaluation.measure import neighbours
from tfmi.evaluation.measure import probes
from tfmi.evaluation.measure.features import drop_absent_values
from tfmi.evaluation.measure.features import extract_all
from tfmi.evaluation.tables.neighbour_tables import neighbour_table
from tfmi.evaluation.tables.probe_tables import OURS
from tfmi.evaluation.tables.probe_tables import probe_tables
from tfmi.files import make_folder
from tfmi.files import replacing
from tfmi.pipelines.viewable import viewable

BATCH = 500
GRID_IMAGES = 1000
SPLITS = ("train", "test")


def evaluate(
    representers,
    untrained,
    dataset,
    output,
    protocols=("paper", "strong"),
    seed=0,
    limit=None,
    progress=print,
    seeds=1,
    metrics=True,
):
    """Score every representation of every domain and write the results.

    Args:
        representers: `{(representation, domain name): represent}`, a
            representation being "shared" or "exclusive".
        untrained: the same of encoders before training; a row is left out
            where there is none.
        dataset: a `PairDataset`; probes are fitted on its training split and
            scored on its test split.
        output: folder; written are results.json, results.csv, tables.txt,
            a bar chart a table and a retrieval grid a representation; vectors
            are kept in its folder features (`features.extract_all`).
        protocols: names in `probes.PROTOCOLS`.
        seed: of the images' order and colours, and of the first probe.
        limit: of training images.
        progress: called with a line of text as each step begins.
        seeds: number of probes, with seeds from `seed` on, for each score of
            the representations; only the probes are repeated.
        metrics: whether to measure how S and E are told apart, of each domain
            that has both and 20 images in each split.

    Returns:
        What results.json holds::

            {"dataset", "source", "seed", "seeds": [...], "limit",
             "protocols": {name: description},
             "tables": [{
                "title", "protocol", "representation", "domain", "text",
                "rows": [as `tables.table_rows` and `tables.measured_row`],
                "balanced_accuracy": {row: {factor: mean}},
                "levels": {factor: {"values", "chance", "majority"}}}],
             "neighbours": [as `neighbour_table`, by L2, then by cosine],
             "disentanglement": [as `disentanglement_table`, one a domain]}

    Raises:
        DataError: where the folder cannot be written, a probe not fitted, or
            the dataset has no factor to score.
        UsageError: for an unknown protocol, or no seed.
    """
    _check(protocols, seeds, dataset)
    output = pathlib.Path(output)
    make_folder(output)
    rows = {OURS: representers, "Untrained encoder": untrained}
    features = _features(rows, dataset, output / "features", seed, limit, progress)
    domains = _domains(dataset, features)
    numbers = list(range(seed, seed + seeds))
    results = {
        "dataset": dataset.name,
        "source": dataset.source,
        "seed": seed,
        "seeds": numbers,
        "limit": limit,
        "protocols": {name: probes.PROTOCOLS[name].description for name in protocols},
        "tables": probe_tables(
            features, domains, dataset.name, protocols, numbers, progress
        ),
        "neighbours": _neighbours(features, domains, dataset, progress),
        "disentanglement": [],
    }
    if metrics:
        results["disentanglement"] = _disentanglement(
            features, domains, results["tables"], protocols[-1], seed, progress
        )
    for key in features:
        test = features[key][OURS]["test"]
        _grid(output, test, key[0], domains[key[1]], dataset, seed)
    result_files.write(output, results, domains)
    return results


def _check(protocols, seeds, dataset):
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
    if seeds < 1:
        raise UsageError(f"seeds must be >= 1. Received: {seeds}")


def _features(rows, dataset, folder, seed, limit, progress):
    """`{(representation, domain): {row: {split: (vectors, labels)}}}`."""
    features = {key: {} for key in rows[OURS]}
    for domain in dict.fromkeys(key[1] for key in features):
        represents = {
            (key, row): functions[key]
            for row, functions in rows.items()
            for key in features
            if key[1] == domain and key in functions
        }
        for split in SPLITS:
            progress(f"vectors of {domain}, {split} split")
            vectors, labels = extract_all(
                represents,
                lambda d=domain, s=split: dataset.labelled(d, s, BATCH, seed),
                folder,
                limit if split == "train" else None,
            )
            for (key, row), found in vectors.items():
                features[key].setdefault(row, {})[split] = found, labels
    return features


def _domains(dataset, features):
    """`{name: Domain}`, with the values that occur."""
    found = {}
    for domain in dataset.domains:
        keys = [key for key in features if key[1] == domain.name]
        if keys:
            parts = features[keys[0]][OURS]
            labels = [parts[split][1] for split in SPLITS]
            found[domain.name] = drop_absent_values(domain, *labels)
    return found


def _neighbours(features, domains, dataset, progress):
    found = []
    for (representation, domain), rows in features.items():
        progress(f"neighbours in {representation} {domain}")
        found += [
            neighbour_table(rows, domains[domain], representation, dataset.name, metric)
            for metric in neighbours.METRICS
        ]
    return found


def _disentanglement(features, domains, scored, protocol, seed, progress):
    """By the last protocol asked for, the strongest of them."""
    # TensorFlow, which nothing else here needs.
    from tfmi.evaluation.tables import disentanglement_tables

    found = []
    for name, domain in domains.items():
        both = {b: features.get((b, name)) for b in disentanglement_tables.BLOCKS}
        if None in both.values():
            continue
        sizes = [len(vectors) for vectors, _ in both["shared"][OURS].values()]
        if min(sizes) < disentanglement_tables.AT_LEAST:
            progress(f"no metrics of {name}: too few images, {sizes}")
            continue
        progress(f"metrics of {name}")
        probed = {
            table["representation"]: table
            for table in scored
            if (table["domain"], table["protocol"]) == (name, protocol)
        }
        found.append(
            disentanglement_tables.disentanglement_table(
                both, probed, domain, protocol, seed
            )
        )
    return found


def _grid(output, test, representation, domain, dataset, seed):
    vectors, labels = test
    batches = dataset.labelled(domain.name, "test", GRID_IMAGES, seed)
    images = np.asarray(next(iter(batches))[0])
    wanted = {
        "shared": domain.shared_factors + domain.retrieved_factors,
        "exclusive": domain.exclusive_factors,
    }
    # Without factors of its own kind it is judged by one of the other.
    factor = (wanted[representation] or domain.factors)[0].name
    if (labels[factor][: len(images)] < 0).all():
        return
    with replacing(output / f"neighbours_{representation}_{domain.name}.png") as path:
        neighbours.retrieval_grid(
            path,
            viewable(images, dataset.channels),
            vectors[: len(images)],
            labels[factor][: len(images)],
            f"nearest in the {representation} representation of {domain.name}; "
            f"green: same {factor}, red: another",
        )
