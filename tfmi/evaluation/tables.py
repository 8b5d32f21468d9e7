"""Tables 1 and 2: accuracies beside the ideal, and the distance to it."""

from tfmi.evaluation import paper
from tfmi.evaluation.probes import chance_level


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
        {
            "row": name,
            "source": published[0] if name == "Paper" else None,
            "accuracies": accuracies,
            "distance": distance_to_ideal(accuracies, ideal),
        }
        for name, accuracies in {**rows, **measured}.items()
    ]


def render(rows, title, domain, description):
    """A table as text: factors in columns, per cent, chance in the heading
    and the probe's description under the title."""
    names = [factor.name for factor in domain.factors]
    chances = {f.name: f"(chance {100 * chance_level(f):.2f}%)" for f in domain.factors}
    widths = [max(len(name), len(chances[name])) for name in names]
    labels = [_label(row) for row in rows]
    widths = [max(map(len, [*labels, " " * 18])), *widths]
    lines = [title, description]
    lines.append(_line("", names, widths, "distance to ideal"))
    lines.append(_line("", [chances[name] for name in names], widths, ""))
    for label, row in zip(labels, rows, strict=True):
        cells = [f"{100 * row['accuracies'][name]:.2f}%" for name in names]
        lines.append(_line(label, cells, widths, f"{row['distance']:.4f}"))
    return "\n".join(lines)


def _label(row):
    return f"{row['row']} ({row['source']})" if row["source"] else row["row"]


def _line(label, cells, widths, last):
    cells = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
    return f"  {label:<{widths[0]}}" + "  ".join([*cells, last.rjust(17)])
