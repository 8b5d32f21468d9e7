"""How well representations are told apart, as text."""

from tfmi.evaluation.measure.disentanglement import DIMENSIONS
from tfmi.evaluation.measure.disentanglement import SAMPLE
from tfmi.evaluation.measure.disentanglement import UNITS
from tfmi.evaluation.measure.metrics.blocks import block_scores
from tfmi.evaluation.results import INFORMATION
from tfmi.evaluation.results import JOINT
from tfmi.evaluation.tables.text import aligned

LABEL_WIDTH = 18
BLOCK_HEADINGS = {
    "mig": "MIG",
    "disentanglement": "DCI dis.",
    "completeness": "DCI compl.",
    "informativeness": "DCI inform.",
    "sap": "SAP",
}
HEADINGS = {**BLOCK_HEADINGS, "factor_vae": "FactorVAE"}


def texts(results):
    """A text for each domain and group of representations that have metrics."""
    keys = [(r.representation, r.domain) for r in results.select(score="mig")]
    return [_render(results, *key) for key in dict.fromkeys(keys)]


def block_rows(results, joint, domain):
    """The metrics of blocks, the ideal's first.

    Args:
        results: a `Results`.
        joint: names of representations, joined by `results.JOINT`.
        domain: its name.

    Returns:
        A list of `{"row", the scores of `blocks.block_scores`, "distance": of both
        blocks to the ideal, "information": {representation: {factor: fraction}}}`.
    """
    where = {"domain": domain, "protocol": results.probes[-1]}
    names, rows = joint.split(JOINT), [_ideal_row(results, joint, domain)]
    for row in results.values_of("row", representation=joint, **where):
        read = {"row": row, "protocol": where["protocol"]}
        scores = results.select(representation=joint, row=row, **where)
        information = {
            name: results.by_factor(
                INFORMATION, representation=name, domain=domain, **read
            )
            for name in names
        }
        distances = [results.distance(name, domain, **read)[0] for name in names]
        rows.append(
            {
                "row": row,
                **{record.score: record.value for record in scores},
                "distance": sum(distances),
                "information": information,
            }
        )
    return rows


def _ideal_row(results, joint, domain):
    names = joint.split(JOINT)
    accuracies = {name: results.ideal(name, domain) for name in names}
    information = {
        name: {
            factor: float(factor in results.wanted(name, domain))
            for factor in results.factors(domain)
        }
        for name in names
    }
    matrices = (
        [list(by_factor.values()) for by_factor in each.values()]
        for each in (information, accuracies)
    )
    scores = block_scores(*matrices)
    return {"row": "Ideal", **scores, "distance": 0.0, "information": information}


def _render(results, joint, domain):
    names = joint.split(JOINT)
    symbols = [results.symbol(name) for name in names]
    heading = results.about["domains"][domain]["title"]
    parts = []
    if len(names) > 1:
        rows = block_rows(results, joint, domain)
        parts.append(_blocks(results, rows, symbols))
        parts.append(_information(results, rows, symbols, domain))
        parts.append(_estimates(results, joint, domain, symbols))
    if results.select(representation=joint, domain=domain, protocol=DIMENSIONS):
        parts.append(_dimensions(results, joint, domain, symbols))
    title = f"{' and '.join(symbols)} of {domain}, {heading}"
    return f"{title}\n" + "\n\n".join(parts)


def _blocks(results, rows, symbols):
    lines = [["", *BLOCK_HEADINGS.values(), "distance to ideal"]]
    for row in rows:
        cells = [f"{row[score]:.3f}" for score in BLOCK_HEADINGS]
        lines.append([row["row"], *cells, f"{row['distance']:.4f}"])
    return (
        f"of {' and '.join(symbols)} as blocks: MIG and DCI of the information that "
        f"probe {results.probes[-1]} reads, SAP of its balanced accuracy\n"
        + aligned(lines, LABEL_WIDTH)
    )


def _information(results, rows, symbols, domain):
    factors = list(results.factors(domain))
    lines = [["", *factors]]
    for row in rows:
        blocks = row["information"].values()
        for symbol, by_factor in zip(symbols, blocks, strict=True):
            cells = [f"{100 * by_factor[factor]:.2f}%" for factor in factors]
            lines.append([f"{row['row']}, {symbol}", *cells])
    return "information about a factor, % of its entropy\n" + aligned(
        lines, LABEL_WIDTH
    )


def _estimates(results, joint, domain, symbols):
    first, second = symbols
    lines = [["", f"{first} and {second}", f"{first} and {second} of others"]]
    lines[0].append(f"{second} and {second}")
    notes = []
    for name, unit in UNITS.items():
        records = results.select(representation=joint, domain=domain, protocol=name)
        # Rounded before 0 is added: no -0.0000.
        cells = [f"{round(record.value, 4) + 0:.4f}" for record in records]
        lines.append([f"{name.upper()} ({unit})", *cells])
        notes.append(f"  {name.upper()}: {results.about['protocols'][name]}")
    heading = (
        f"mutual information of {first} and {second}, and of the same vectors where "
        "it is known"
    )
    return "\n".join([heading, aligned(lines, LABEL_WIDTH), *notes])


def _dimensions(results, joint, domain, symbols):
    where = {"representation": joint, "domain": domain, "protocol": DIMENSIONS}
    scores = {record.score: record.value for record in results.select(**where)}
    # The usual order; metrics of other packages follow.
    names = sorted(scores, key=lambda name: [*HEADINGS, name].index(name))
    lines = [
        ["", *(HEADINGS.get(name, name) for name in names)],
        [results.row, *(f"{scores[name]:.3f}" for name in names)],
    ]
    of = symbols[0] if len(symbols) == 1 else f"({', '.join(symbols)})"
    heading = f"single dimensions of {of}, {SAMPLE} images of each split at most"
    return f"{heading}\n" + aligned(lines, LABEL_WIDTH)
