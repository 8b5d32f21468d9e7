"""Tables 1 and 2: accuracies beside the ideal, and the distance to it."""

import numpy as np

from tfmi.evaluation.measure.probes import chance_level
from tfmi.evaluation.tables import paper


def ideal_accuracies(domain, representation):
    """1 for the factors that the representation is to hold, chance for others."""
    wanted = getattr(domain, f"{representation}_factors")
    return {
        factor.name: 1.0 if factor in wanted else chance_level(factor)
        for factor in domain.factors
    }


def distance_to_ideal(accuracies, ideal):
    """L1 distance between accuracies, as fractions (section 5.2)."""
    return sum(abs(accuracies[name] - ideal[name]) for name in ideal)


def table_rows(measured, domain, representation, pipeline):
    """The rows of one table.

    Args:
        measured: `{row name: {factor: accuracy}}`.
        domain: a `Domain`.
        representation: "shared" or "exclusive".

    Returns:
        A list of `{"row", "source", "accuracies", "distance"}`, the ideal
        first, then the paper's where there is one, then those measured.
    """
    ideal = ideal_accuracies(domain, representation)
    rows = {"Ideal": ideal}
    published = paper.published(pipeline, representation, domain.name)
    if published is not None:
        rows["Paper"] = published[1]
    return [
        known_row(name, accuracies, ideal, published[0] if name == "Paper" else None)
        for name, accuracies in {**rows, **measured}.items()
    ]


def known_row(name, accuracies, ideal, source=None):
    """A row of accuracies that were not measured here."""
    return {
        "row": name,
        "source": source,
        "accuracies": accuracies,
        "distance": distance_to_ideal(accuracies, ideal),
    }


def measured_row(name, ideal, by_seed):
    """A row of what was measured, each seed kept.

    Args:
        by_seed: `{seed: {factor: {"accuracy", "balanced_accuracy",
            "information"}}}`, the seed `None` for what has none.

    Returns:
        The keys of `table_rows`, "accuracies" and "distance" being means over
        the seeds, and `{"balanced_accuracies", "information": {factor: mean},
        "deviations": {factor: deviation}, "distance_deviation", "seeds":
        [{"seed", "accuracies", "balanced_accuracies", "information",
        "distance"}]}`. A deviation is that of the sample (n - 1), `None` of a
        single seed.
    """
    seeds = [_seed_scores(seed, scores, ideal) for seed, scores in by_seed.items()]
    distances = [entry["distance"] for entry in seeds]
    return {
        "row": name,
        "source": None,
        "accuracies": _over(seeds, "accuracies", _mean),
        "distance": _mean(distances),
        "balanced_accuracies": _over(seeds, "balanced_accuracies", _mean),
        "information": _over(seeds, "information", _mean),
        "deviations": _over(seeds, "accuracies", _deviation),
        "distance_deviation": _deviation(distances),
        "seeds": seeds,
    }


def _seed_scores(seed, scores, ideal):
    kinds = {
        "accuracies": "accuracy",
        "balanced_accuracies": "balanced_accuracy",
        "information": "information",
    }
    found = {
        key: {factor: score[kind] for factor, score in scores.items()}
        for key, kind in kinds.items()
    }
    distance = distance_to_ideal(found["accuracies"], ideal)
    return {"seed": seed, **found, "distance": distance}


def _over(seeds, key, function):
    return {name: function([s[key][name] for s in seeds]) for name in seeds[0][key]}


def _mean(values):
    return float(np.mean(values))


def _deviation(values):
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def render(rows, title, domain, description):
    """A table as text: factors in columns, per cent, chance in the heading
    and the probe's description under the title."""
    names = [factor.name for factor in domain.factors]
    chances = [f"(chance {100 * chance_level(f):.2f}%)" for f in domain.factors]
    columns = [
        [name, chance, *_aligned([_cell(row, name) for row in rows])]
        for name, chance in zip(names, chances, strict=True)
    ]
    labels = ["", "", *map(_label, rows)]
    columns.append(["distance to ideal", "", *_aligned(map(_distance, rows))])
    return "\n".join([title, description, *_legend(rows), *grid(labels, columns)])


def grid(labels, columns):
    """Lines of a table: a label each, then the cells, right-justified.

    Args:
        labels: one a line.
        columns: lists of as many cells.
    """
    widths = [max(map(len, column)) for column in columns]
    left = max(18, *map(len, labels))
    return [
        f"  {label:<{left}}  " + "  ".join(map(str.rjust, cells, widths))
        for label, *cells in zip(labels, *columns, strict=True)
    ]


def _legend(rows):
    measured = [row for row in rows if "balanced_accuracies" in row]
    count = max((len(row["seeds"]) for row in measured), default=0)
    lines = ["balanced accuracy in []"] if measured else []
    if count > 1:
        lines = [f"mean and deviation (+-) over {count} seeds; {lines[0]}"]
    return lines


def _cell(row, name):
    """The accuracy, what follows it, each of its own width (`_aligned`)."""
    text = f"{100 * row['accuracies'][name]:.2f}%"
    deviation = (row.get("deviations") or {}).get(name)
    spread = "" if deviation is None else f" +-{100 * deviation:.2f}"
    balanced = row.get("balanced_accuracies", {}).get(name)
    return text, spread, "" if balanced is None else f" [{100 * balanced:.2f}]"


def _aligned(cells):
    cells = list(cells)
    widths = [max(map(len, parts)) for parts in zip(*cells, strict=True)]
    return [
        "".join(part.rjust(width) for part, width in zip(parts, widths, strict=True))
        for parts in cells
    ]


def _distance(row):
    deviation = row.get("distance_deviation")
    spread = "" if deviation is None else f" +-{deviation:.4f}"
    return f"{row['distance']:.4f}", spread


def _label(row):
    return f"{row['row']} ({row['source']})" if row["source"] else row["row"]
