"""What tables over several results have in common: keys, rows and files."""

from tfmi.evaluation.results import mean_and_deviation
from tfmi.evaluation.results import write_csv
from tfmi.evaluation.tables import accuracy
from tfmi.files import write_json
from tfmi.files import write_text
from tfmi.representation import HOLDS


def probed(every):
    """`(representation, domain, protocol)` of each table that one of several results
    has, by protocol, representations of what a pair shares first.

    Args:
        every: list of `Results`.
    """
    holds = {
        key: results.about["representations"][key[0]]["holds"]
        for results in every
        for key in results.probed
    }
    return sorted(holds, key=lambda key: (key[2], HOLDS.index(holds[key])))


def describe(every, key):
    """What a table is of.

    Args:
        every: list of `Results`; the first that has the table describes it.
        key: as `probed` gives it.

    Returns:
        `{"protocol", "representation", "domain", "title", "probe": description of
        the protocol, "ideal": {factor: accuracy}}`.
    """
    representation, domain, protocol = key
    results = next(results for results in every if key in results.probed)
    title = accuracy.title(results, representation, domain)
    return {
        "protocol": protocol,
        "representation": representation,
        "domain": domain,
        "title": f"{title}, probe {protocol}",
        "probe": results.about["protocols"][protocol],
        "ideal": results.ideal(representation, domain),
    }


def row_over_seeds(outcomes, key, row=None):
    """Mean and deviation over runs that differ in their seed.

    Args:
        outcomes: list of `Outcome` of one variant.
        key: as `probed` gives it.
        row: name of a row of results, by default the encoder's own.

    Returns:
        `{"accuracies": {factor: mean}, "deviations", "distance",
        "distance_deviation", "by_seed": {seed: {"accuracies", "distance"}}}`;
        deviations are those of the sample, `None` for one run. `None` where no run
        has the row.
    """
    representation, domain, protocol = key
    by_seed = {}
    for outcome in outcomes:
        results = outcome.results
        where = {"representation": representation, "domain": domain}
        where |= {"protocol": protocol, "row": row or results.row}
        if accuracies := results.by_factor(**where):
            distance, _ = results.distance(**where)
            scores = {"accuracies": accuracies, "distance": distance}
            by_seed[str(outcome.seed)] = scores
    return _means(by_seed) if by_seed else None


def _means(by_seed):
    every = list(by_seed.values())
    accuracies = {
        factor: mean_and_deviation([each["accuracies"][factor] for each in every])
        for factor in every[0]["accuracies"]
    }
    distance, deviation = mean_and_deviation([each["distance"] for each in every])
    return {
        "accuracies": {factor: mean for factor, (mean, _) in accuracies.items()},
        "deviations": {factor: spread for factor, (_, spread) in accuracies.items()},
        "distance": distance,
        "distance_deviation": deviation,
        "by_seed": by_seed,
    }


def write(folder, name, tables, texts, columns, lines, suffix=".txt"):
    """Write a text file, NAME.json and NAME.csv, each whole or not at all.

    Args:
        tables: content of the JSON file.
        texts: paragraphs of the text file.
        columns, lines: heading and lines of the CSV file.
        suffix: of the text file.

    Raises:
        DataError: where they cannot be written.
    """
    write_text(folder / f"{name}{suffix}", "\n\n".join(texts) + "\n")
    write_json(folder / f"{name}.json", tables)
    write_csv(folder / f"{name}.csv", columns, lines)
