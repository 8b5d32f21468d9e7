"""What the paper reports: its table and its accuracies, as fractions."""

SHAPES = """floor_hue wall_hue object_hue scale shape orientation""".split()


def _shapes(*accuracies):
    return "Table 3", dict(zip(SHAPES, accuracies, strict=True))


def _words(table, writer, word):
    return table, {"writer": writer, "word": word}


# By pipeline, representation and domain.
PUBLISHED = {
    "colored-mnist": {
        ("shared", "x"): ("Table 1", {"digit": 0.9448, "background_color": 0.0822}),
        ("exclusive", "x"): ("Table 1", {"digit": 0.1320, "background_color": 0.9999}),
        ("shared", "y"): ("Table 2", {"digit": 0.9427, "digit_color": 0.0883}),
        ("exclusive", "y"): ("Table 2", {"digit": 0.1375, "digit_color": 0.9992}),
    },
    "shapes3d": {
        ("shared", "x"): _shapes(0.0996, 0.1008, 0.0995, 0.9999, 0.9999, 0.9999),
        ("exclusive", "x"): _shapes(0.9510, 0.9979, 0.9617, 0.1725, 0.3073, 0.0679),
    },
    "iam": {
        ("shared", "x"): _words("Table 4", 0.6164, 0.0994),
        ("exclusive", "x"): _words("Table 4", 0.1080, 0.2088),
    },
}
# By pipeline, then representation, domain and number of neighbours.
NEIGHBOURS = {
    "iam": {
        ("shared", "x", 1): _words("Table 5", 0.6265, 0.1578),
        ("shared", "x", 5): _words("Table 5", 0.6406, 0.1296),
        ("exclusive", "x", 1): _words("Table 5", 0.1968, 0.1984),
        ("exclusive", "x", 5): _words("Table 5", 0.1687, 0.1969),
    },
}


def published(pipeline, representation, domain, neighbours=None):
    """`(table, {factor: accuracy})`, or `None` where the paper has none.

    Args:
        neighbours: their number, `None` for a probe.
    """
    if neighbours is None:
        return PUBLISHED.get(pipeline, {}).get((representation, domain))
    key = representation, domain, neighbours
    return NEIGHBOURS.get(pipeline, {}).get(key)
