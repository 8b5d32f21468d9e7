"""Groups that training never saw, as tables: retrieval and verification."""

from tfmi.evaluation.measure import unseen
from tfmi.evaluation.measure.metrics import verification
from tfmi.evaluation.results import CHANCE
from tfmi.evaluation.tables.text import aligned
from tfmi.evaluation.tables.text import percent

LABEL_WIDTH = 18
HEADINGS = {
    "top_1": "top-1",
    "mean_average_precision": "mAP",
    "equal_error_rate": "EER",
}


def texts(results):
    """A table a domain, of all representations; none where no groups were kept out."""
    every = list(unseen.PROTOCOLS)
    domains = results.values_of("domain", protocol=every)
    return [_render(results, domain) for domain in domains]


def _render(results, domain):
    (factor,) = results.values_of("factor", protocol=list(unseen.PROTOCOLS))
    columns = [
        (unseen.protocol(metric), score, f"{heading}, {metric}")
        for metric in verification.DISTANCES
        for score, heading in HEADINGS.items()
    ]
    lines = [["", *(heading for *_, heading in columns)]]
    for name in results.about["representations"]:
        where = {"representation": name, "domain": domain}
        rows = results.values_of("row", protocol=list(unseen.PROTOCOLS), **where)
        for row in sorted(rows, key=lambda row: row == CHANCE):
            label = f"{results.symbol(name)}, {row}"
            lines.append([label, *_cells(results, columns, row=row, **where)])
    heading = (
        f"{factor} of {domain} that training never saw: retrieval among them (top-1, "
        "mean average precision), verification (equal error rate)"
    )
    return f"{heading}\n{aligned(lines, LABEL_WIDTH)}"


def _cells(results, columns, **where):
    for protocol, score, _ in columns:
        (record,) = results.select(protocol=protocol, score=score, **where)
        yield percent(record.value)
