"""What representations are good for, as text: retrieval, and EuroSAT's classes."""

from tfmi.evaluation.measure import land_use
from tfmi.evaluation.measure import probes
from tfmi.evaluation.tables.text import aligned

LABEL_WIDTH = 24


def retrieval_text(result, title):
    """The result of `retrieval.retrieve` as text."""
    different = f", of another {result['different']}" if result["different"] else ""
    lines = [[r["row"], f"{100 * r['accuracy']:6.2f}%"] for r in result["rows"]]
    return (
        f"{title}\nshare of {result['queries']:,} queries whose nearest "
        f"image{different} has the same {result['factor']} ({result['images']:,} test "
        f"images, {result['values']:,} values)\n{aligned(lines, LABEL_WIDTH)}"
    )


def land_use_text(result, protocols):
    """The result of `land_use.score` as text, the paper's rows last."""
    lines = [["", "size", *(f"{name:>8}" for name in protocols)]]
    for row in result["rows"]:
        cells = [f"{100 * row['accuracy'][p]:7.2f}%" for p in protocols]
        lines.append([row["row"], str(row["size"] or ""), *cells])
    # The paper's figures stand in the first column, whatever its probe is.
    blank = [""] * (len(protocols) - 1)
    for name, value in land_use.PAPER.items():
        lines.append([name, "", f"{100 * value:7.2f}%", *blank])
    title = (
        f"EuroSAT, {result['classes']} classes: probes fitted on {result['train']:,} "
        f"images, scored on {result['test']:,}"
    )
    descriptions = [f"{p}: {probes.PROTOCOLS[p].description}" for p in protocols]
    return "\n".join([title, aligned(lines, LABEL_WIDTH), *descriptions])
