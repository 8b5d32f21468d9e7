"""The scores of an evaluation on one screen; `accuracy` holds all tables."""

from tfmi.evaluation.tables.text import aligned
from tfmi.evaluation.tables.text import decimal
from tfmi.evaluation.tables.text import percent

# So that a screen of 24 lines and 80 columns holds them.
ROWS, FACTORS = 12, 4


def text(results):
    """Accuracies of the encoder's own row by probes, and how far they are from ideal.

    Args:
        results: a `Results`.

    Returns:
        The text: a line for each representation, domain and probe (of many the
        strongest probe alone, then the first ones), a column for each of the first
        factors.
    """
    keys = results.probed
    if len(keys) > ROWS:
        keys = [key for key in keys if key[2] == results.probes[-1]]
    shown = _factors(results)
    lines = [["", "probe", *shown, "distance to ideal"]]
    ideals = dict.fromkeys(key[:2] for key in keys[:ROWS])
    for key in keys[:ROWS]:
        lines.append(_measured(results, key, shown))
    lines += [_ideal(results, *key, shown) for key in _one_of_each(results, ideals)]
    return "\n".join([aligned(lines), *_left_out(results, keys, shown)])


def _factors(results):
    """The first factors of shared and of exclusive ones, in turn."""
    kinds = {"shared": [], "exclusive": []}
    for domain in results.about["domains"].values():
        for name, factor in domain["factors"].items():
            kinds[factor["kind"]].append(name)
    shared, exclusive = (list(dict.fromkeys(names)) for names in kinds.values())
    most = max(FACTORS - len(exclusive), FACTORS // 2)
    shared = shared[:most]
    return [*shared, *exclusive[: FACTORS - len(shared)]]


def _name(results, representation, domain):
    several = len(results.about["domains"]) > 1
    symbol = results.symbol(representation)
    return f"{symbol} of {domain}" if several else symbol


def _measured(results, key, shown):
    representation, domain, protocol = key
    where = {"row": results.row, "protocol": protocol}
    accuracies = results.by_factor(
        representation=representation, domain=domain, **where
    )
    distance, _ = results.distance(representation, domain, **where)
    cells = [percent(accuracies.get(name)) for name in shown]
    name = _name(results, representation, domain)
    return [name, protocol, *cells, decimal(distance)]


def _one_of_each(results, keys):
    """The first of those that have the same ideal."""
    first = {}
    for representation, domain in keys:
        ideal = tuple(results.ideal(representation, domain).items())
        first.setdefault((representation, ideal), (representation, domain))
    return first.values()


def _ideal(results, representation, domain, shown):
    ideal = results.ideal(representation, domain)
    cells = [percent(ideal.get(name)) for name in shown]
    name = f"ideal {_name(results, representation, domain)}"
    return [name, "", *cells, decimal(0)]


def _left_out(results, keys, shown):
    domains = results.about["domains"].values()
    every = {name for domain in domains for name in domain["factors"]}
    more = [
        f"{count} more {what}"
        for count, what in (
            (len(keys) - ROWS, "representations"),
            (len(every) - len(shown), "factors"),
        )
        if count > 0
    ]
    return [f"  {' and '.join(more)} in tables.txt"] if more else []
