"""Tables 1 to 4: every probe of every representation, and a table for each."""

from tfmi.evaluation.measure import probes
from tfmi.evaluation.measure.features import labelled_only
from tfmi.evaluation.tables import text

OURS = "Ours"


def probe_tables(features, domains, pipeline, protocols, seeds, progress=print):
    """Fit and score all probes side by side.

    Args:
        features: `{(representation, domain name): {row name: {split: (vectors,
            {factor: labels})}}}`; the row `OURS` is repeated for each seed, any
            other is probed with the first.
        domains: `{name: Domain}`.
        pipeline: name of the dataset.
        protocols: names in `probes.PROTOCOLS`.
        seeds: of the probes.
        progress: called with a line of text as each table's probes are done.

    Returns:
        A table for each representation, domain and protocol, as `evaluate`
        describes them.
    """
    plan = [
        (key, protocol, row, seed, factor.name)
        for key, rows in features.items()
        for protocol in protocols
        for row in rows
        for seed in (seeds if row == OURS else seeds[:1])
        for factor in domains[key[1]].factors
    ]
    found = probes.probe_accuracies([_job(features, *part) for part in plan])
    measured = {}
    for (key, protocol, row, seed, factor), score in zip(plan, found, strict=True):
        table = measured.setdefault((key, protocol), {})
        if not table:
            progress(f"probe {protocol} on {' '.join(key)}")
        table.setdefault(row, {}).setdefault(seed, {})[factor] = score
    return [
        _table(key, protocol, rows, features[key], domains[key[1]], pipeline)
        for (key, protocol), rows in measured.items()
    ]


def _job(features, key, protocol, row, seed, factor):
    train, test = (
        labelled_only(vectors, labels[factor])
        for vectors, labels in (features[key][row][s] for s in ("train", "test"))
    )
    return probes.PROTOCOLS[protocol], *train, *test, seed


def _table(key, protocol, measured, features, domain, pipeline):
    representation = key[0]
    ideal = text.ideal_accuracies(domain, representation)
    train, test = (features[OURS][split][1] for split in ("train", "test"))
    majority = {
        f.name: probes.majority_level(train[f.name], test[f.name])
        for f in domain.factors
    }
    measured = {**measured, "Majority class": {None: majority}}
    rows = text.table_rows({}, domain, representation, pipeline)
    rows += [text.measured_row(row, ideal, m) for row, m in measured.items()]
    title = f"{representation} representation of {domain.name}, {domain.title}"
    description = f"probe {protocol}: {probes.PROTOCOLS[protocol].description}"
    return {
        "title": f"{title}, probe {protocol}",
        "protocol": protocol,
        "representation": representation,
        "domain": domain.name,
        "rows": rows,
        "balanced_accuracy": {
            row["row"]: row["balanced_accuracies"]
            for row in rows
            if "balanced_accuracies" in row
        },
        "levels": {
            f.name: {
                "values": len(f.values),
                "chance": probes.chance_level(f),
                "majority": majority[f.name]["accuracy"],
            }
            for f in domain.factors
        },
        "text": text.render(rows, title, domain, description),
    }
