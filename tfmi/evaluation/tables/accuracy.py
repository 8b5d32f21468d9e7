"""Tables 1 to 5: accuracies beside the ideal and the paper's."""

from tfmi.evaluation.measure import neighbours
from tfmi.evaluation.results import BALANCED
from tfmi.evaluation.results import REFERENCES
from tfmi.evaluation.results import distance_to_ideal
from tfmi.evaluation.scored_split import TEST
from tfmi.evaluation.tables import paper
from tfmi.evaluation.tables.text import aligned
from tfmi.evaluation.tables.text import aligned_parts

LABEL_WIDTH = 18
DISTANCES = {"l2": "L2 distance", "cosine": "cosine distance"}


def probe_rows(results, representation, domain, protocol):
    """The rows of one table: the ideal, the paper's where there is one, then what
    was measured.

    Args:
        results: a `Results`.
        representation, domain, protocol: names, such as those of
            `Results.probed`.

    Returns:
        A list of `{"row", "source": the paper's table or None, "accuracies",
        "distance"}`; those that were measured have `{"deviations",
        "distance_deviation", "balanced_accuracies", "seeds": their number}` as
        well. Values are `{factor: fraction}`, means over the seeds.
    """
    key = representation, domain
    names = results.values_of(
        "row", representation=representation, domain=domain, protocol=protocol
    )
    return [
        *_given_rows(results, *key),
        *(_measured_row(results, *key, protocol, name, name) for name in names),
    ]


def neighbour_rows(results, representation, domain, metric):
    """The rows of Table 5, as `probe_rows`, by one distance (`neighbours.METRICS`),
    with a row for each number of neighbours."""
    key = representation, domain
    protocols = {n: neighbours.protocol(n, metric) for n in neighbours.COUNTS}
    names = results.values_of(
        "row", representation=representation, domain=domain, protocol=protocols[1]
    )
    rows = _given_rows(results, *key, neighbours.COUNTS)
    for name in names:
        if name in REFERENCES:
            rows.append(_measured_row(results, *key, protocols[1], name, name))
            continue
        for count, protocol in protocols.items():
            label = _numbered(name, count)
            rows.append(_measured_row(results, *key, protocol, name, label))
    return rows


def _given_rows(results, representation, domain, counts=(None,)):
    """The ideal, and what the paper reports, for each number of neighbours."""
    ideal = results.ideal(representation, domain)
    dataset = results.about["dataset"]
    published = {
        _numbered("Paper", count): paper.published(
            dataset, representation, domain, count
        )
        for count in counts
    }
    if counts == (None,):
        for system, row in paper.compared(dataset, representation, domain).items():
            published[f"Paper, {system}"] = row
    rows = [{"row": "Ideal", "source": None, "accuracies": ideal, "distance": 0.0}]
    for name, (source, accuracies) in ((n, p) for n, p in published.items() if p):
        distance = distance_to_ideal(accuracies, ideal)
        row = {"row": name, "source": source, "accuracies": accuracies}
        rows.append({**row, "distance": distance})
    return rows


def _numbered(name, count):
    return name if count is None else f"{name}, N = {count}"


def _measured_row(results, representation, domain, protocol, name, label):
    where = {"row": name, "protocol": protocol}
    both = {"representation": representation, "domain": domain, **where}
    mean, deviation = results.distance(representation, domain, **where)
    return {
        "row": label,
        "source": None,
        "accuracies": results.by_factor(**both),
        "deviations": results.deviations(**both),
        "balanced_accuracies": results.by_factor(BALANCED, **both),
        "distance": mean,
        "distance_deviation": deviation,
        "seeds": len(results.values_of("seed", **both)),
    }


def title(results, representation, domain):
    """`shared representation of x, <title of the domain>`; the scored split too where
    that is not the test split."""
    heading = results.about["domains"][domain]["title"]
    split = "" if results.split == TEST else f", {results.split} split"
    return f"{representation} representation of {domain}, {heading}{split}"


def texts(results):
    """The tables of all probes, then those of all neighbours, as texts."""
    tables = [
        _render(
            results,
            key,
            f"probe {key[2]}: {results.about['protocols'][key[2]]}",
            probe_rows(results, *key),
        )
        for key in results.probed
    ]
    for key in dict.fromkeys((key[:2]) for key in results.probed):
        for metric, name in DISTANCES.items():
            description = (
                "neighbours: most frequent value among the N nearest training images, "
                f"by {name}"
            )
            rows = neighbour_rows(results, *key, metric)
            tables.append(_render(results, key, description, rows))
    return tables


def _render(results, key, description, rows):
    """A table as text: factors in columns, per cent, chance in the heading."""
    representation, domain = key[:2]
    columns = [["", "", *map(_label, rows)]]
    for name, factor in results.factors(domain).items():
        chance = f"(chance {100 / factor['values']:.2f}%)"
        columns.append([name, chance, *aligned_parts(_cell(row, name) for row in rows)])
    columns.append(["distance to ideal", "", *aligned_parts(map(_distance, rows))])
    lines = list(zip(*columns, strict=True))
    head = [title(results, representation, domain), description, *_legend(rows)]
    return "\n".join([*head, aligned(lines, LABEL_WIDTH, full=True)])


def _legend(rows):
    seeds = [row["seeds"] for row in rows if "seeds" in row]
    if max(seeds, default=0) > 1:
        return [
            f"mean and deviation (+-) over {max(seeds)} seeds; balanced accuracy in []"
        ]
    return ["balanced accuracy in []"] if seeds else []


def _cell(row, name):
    """The accuracy, its deviation and the balanced accuracy, as texts."""
    deviation = row.get("deviations", {}).get(name)
    balanced = row.get("balanced_accuracies", {}).get(name)
    return (
        f"{100 * row['accuracies'][name]:.2f}%",
        "" if deviation is None else f" +-{100 * deviation:.2f}",
        "" if balanced is None else f" [{100 * balanced:.2f}]",
    )


def _distance(row):
    deviation = row.get("distance_deviation")
    spread = "" if deviation is None else f" +-{deviation:.4f}"
    return f"{row['distance']:.4f}", spread


def _label(row):
    return f"{row['row']} ({row['source']})" if row["source"] else row["row"]
