"""Tables as text: cells of numbers, aligned or in Markdown."""


def percent(value, deviation=None):
    """`97.46%`, or `97.46 +- 0.12%`; empty for `None`."""
    if value is None:
        return ""
    if deviation is None:
        return f"{100 * value:.2f}%"
    return f"{100 * value:.2f} +- {100 * deviation:.2f}%"


def decimal(value, deviation=None):
    """`0.0315`, or `0.0315 +- 0.0012`; empty for `None`."""
    if value is None:
        return ""
    return f"{value:.4f}" + ("" if deviation is None else f" +- {deviation:.4f}")


def aligned(lines, label_width=0, full=False):
    """A table as text, its first column to the left and others to the right.

    Args:
        lines: lists of as many cells (texts) each.
        label_width: the least width of the first column.
        full: whether each line has the table's full width, also where its last
            cells are empty.
    """
    left, *widths = (max(map(len, column)) for column in zip(*lines, strict=True))
    left = max(left, label_width)
    text = [
        "  ".join([f"  {label:<{left}}", *map(str.rjust, cells, widths)])
        for label, *cells in lines
    ]
    return "\n".join(text if full else map(str.rstrip, text))


def markdown(lines):
    """Lines of cells as a table in Markdown, the first line its heading."""
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    rows = [
        [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]
        for line in [lines[0], rule, *lines[1:]]
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def aligned_parts(cells):
    """The cells of a column, each joined from parts that stand below each other.

    Args:
        cells: tuples of as many texts each.
    """
    cells = list(cells)
    widths = [max(map(len, parts)) for parts in zip(*cells, strict=True)]
    return ["".join(map(str.rjust, parts, widths)) for parts in cells]
