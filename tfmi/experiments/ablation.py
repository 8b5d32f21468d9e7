"""Tables 6 and 7: what each term of the objective is worth."""

from tfmi.evaluation.figures.bars import bar_panels
from tfmi.evaluation.results import MAJORITY
from tfmi.evaluation.results import UNTRAINED
from tfmi.evaluation.tables import paper
from tfmi.evaluation.tables.text import aligned
from tfmi.evaluation.tables.text import decimal
from tfmi.evaluation.tables.text import percent
from tfmi.experiments import tables

COLUMNS = """protocol representation domain row seed factor accuracy
    paper_accuracy distance paper_distance""".split()
REFERENCES = (UNTRAINED, MAJORITY)


def ablation_tables(outcomes):
    """A table a protocol, representation and domain.

    Args:
        outcomes: list of `Outcome`, in the order of the rows; what is not there yet
            is left out.

    Returns:
        A list of what `tables.describe` gives, with "paper", the name of its table or
        `None`, and "rows": as `tables.row_over_seeds` gives them, with "key", "row"
        and the paper's "paper_accuracies" and "paper_distance", `None` where it has
        none.
    """
    every = [outcome.results for outcome in outcomes]
    return [_table(key, outcomes, every) for key in tables.probed(every)]


def _table(key, outcomes, every):
    dataset, (representation, domain, _) = every[0].about["dataset"], key
    name, published = paper.ablation(dataset, representation, domain) or (None, {})
    by_variant = {}
    for outcome in outcomes:
        by_variant.setdefault(outcome.variant.key, []).append(outcome)
    rows = [
        _row(same[0].variant.title, same, key, variant, published)
        for variant, same in by_variant.items()
    ]
    first = next(iter(by_variant.values()))
    rows += [_row(row, first, key, row=row) for row in REFERENCES]
    rows = [row for row in rows if row]
    return {**tables.describe(every, key), "paper": name, "rows": rows}


def _row(title, outcomes, key, variant=None, published=None, row=None):
    means = tables.row_over_seeds(outcomes, key, row)
    accuracies, distance = (published or {}).get(variant, (None, None))
    return means and {
        "key": variant,
        "row": title,
        **means,
        "paper_accuracies": accuracies,
        "paper_distance": distance,
    }


def render(table):
    """The table as text, the paper's accuracies beside."""
    factors, name = list(table["ideal"]), table["paper"]
    heads = [*factors, "distance to ideal"]
    ideal = [*(percent(table["ideal"][factor]) for factor in factors), decimal(0.0)]
    lines = [
        ["", *_beside(heads, [name] * len(heads), name)],
        ["Ideal", *_beside(ideal, [""] * len(heads), name)],
    ]
    for row in table["rows"]:
        ours = [percent(row["accuracies"][f], row["deviations"][f]) for f in factors]
        ours.append(decimal(row["distance"], row["distance_deviation"]))
        theirs = [percent((row["paper_accuracies"] or {}).get(f)) for f in factors]
        theirs.append(decimal(row["paper_distance"]))
        lines.append([row["row"], *_beside(ours, theirs, name)])
    head = f"Ablation, {table['title']}\nprobe {table['protocol']}: {table['probe']}"
    return f"{head}\n{aligned(lines)}"


def _beside(ours, theirs, name):
    """Our cells, each before the paper's where it has a table."""
    if name is None:
        return ours
    return [cell for pair in zip(ours, theirs, strict=True) for cell in pair]


def write(folder, outcomes):
    """Write ablation.txt, .json, .csv and a picture a protocol into a folder.

    Returns:
        The texts.
    """
    every = ablation_tables(outcomes)
    texts = [render(table) for table in every]
    lines = [line for table in every for line in _lines(table)]
    tables.write(folder, "ablation", every, texts, COLUMNS, lines)
    for protocol in dict.fromkeys(table["protocol"] for table in every):
        panels = [_panel(table) for table in every if table["protocol"] == protocol]
        path = folder / f"ablation_{protocol}.png"
        bar_panels(path, panels, f"Ablation; probe {protocol}")
    return texts


def _panel(table):
    rows = [row for row in table["rows"] if row["row"] not in REFERENCES]
    beside = f", beside {table['paper']}" if table["paper"] else ""
    return {**table, "title": table["title"] + beside, "rows": rows}


def _lines(table):
    where = [table["protocol"], table["representation"], table["domain"]]
    for row in table["rows"]:
        for seed, scores in row["by_seed"].items():
            for factor, accuracy in scores["accuracies"].items():
                published = (row["paper_accuracies"] or {}).get(factor)
                distances = [scores["distance"], row["paper_distance"]]
                accuracies = [accuracy, published]
                yield [*where, row["row"], seed, factor, *accuracies, *distances]
