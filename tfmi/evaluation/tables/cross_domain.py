"""Figure 4 across domains, as tables: accuracy at 1 and at 5."""

from tfmi.evaluation.measure import cross_domain
from tfmi.evaluation.measure import neighbours
from tfmi.evaluation.tables.text import aligned
from tfmi.evaluation.tables.text import percent

LABEL_WIDTH = 18


def tables(results):
    """A table for each representation and domain of queries.

    Args:
        results: a `Results`.

    Returns:
        A list of `{"representation", "queries", "candidates": names, "title",
        "about", "factors": [name], "ideal": {factor: fraction}, "rows": [{"row",
        "accuracies": {factor: fraction}}]}`.
    """
    first = cross_domain.protocol(neighbours.COUNTS[0])
    keys = [(r.representation, r.domain) for r in results.select(protocol=first)]
    return [_table(results, *key) for key in dict.fromkeys(keys)]


def _table(results, representation, domain):
    where = {"representation": representation, "domain": domain}
    (other,) = (name for name in results.about["domains"] if name != domain)
    rows = [
        {
            "row": f"{row}, N = {count}",
            "accuracies": results.by_factor(
                row=row, protocol=cross_domain.protocol(count), **where
            ),
        }
        for row in results.values_of(
            "row", protocol=cross_domain.protocol(neighbours.COUNTS[0]), **where
        )
        for count in neighbours.COUNTS
    ]
    factors = list(rows[0]["accuracies"])
    ideal = results.ideal(representation, domain)
    return {
        "representation": representation,
        "queries": domain,
        "candidates": other,
        "title": f"{representation} representation, images of {other} retrieved by "
        f"images of {domain}",
        "about": "the most frequent value among the N nearest test images of the other "
        "domain, by L2 distance",
        "factors": factors,
        "ideal": {factor: ideal[factor] for factor in factors},
        "rows": rows,
    }


def texts(results):
    """The tables as texts."""
    return [_render(table) for table in tables(results)]


def _render(table):
    ideal = {"row": "Ideal", "accuracies": table["ideal"]}
    lines = [["", *table["factors"]]]
    lines += [
        [row["row"], *(percent(row["accuracies"][f]) for f in table["factors"])]
        for row in [ideal, *table["rows"]]
    ]
    return f"{table['title']}\n{table['about']}\n{aligned(lines, LABEL_WIDTH)}"
