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
# The systems that the paper compares with, by pipeline, representation and domain: of
# each its name there, as `PUBLISHED`. Its VAE has one vector for all factors.
IMAGE_TRANSLATION, VAE = "[9]", "VAE [17]"
# By the names of their methods here.
SYSTEMS = {"cross-domain": IMAGE_TRANSLATION, "vae": VAE}


def _digits_of_9(table, color, digit, color_accuracy):
    return {IMAGE_TRANSLATION: (table, {"digit": digit, color: color_accuracy})}


COMPARED = {
    "colored-mnist": {
        ("shared", "x"): _digits_of_9("Table 1", "background_color", 0.9542, 0.9956),
        ("exclusive", "x"): _digits_of_9("Table 1", "background_color", 0.7163, 0.9999),
        ("shared", "y"): _digits_of_9("Table 2", "digit_color", 0.9506, 0.2981),
        ("exclusive", "y"): _digits_of_9("Table 2", "digit_color", 0.7454, 0.9983),
    },
    "shapes3d": {
        ("shared", "x"): {
            IMAGE_TRANSLATION: _shapes(0.9992, 0.9981, 0.9667, 0.9999, 0.9999, 0.9999)
        },
        ("exclusive", "x"): {
            IMAGE_TRANSLATION: _shapes(0.9999, 0.9999, 0.9994, 0.9906, 0.9998, 0.9981)
        },
    },
    "iam": {
        ("shared", "x"): {VAE: _words("Table 4", 0.1377, 0.2030)},
        ("exclusive", "x"): {VAE: _words("Table 4", 0.1377, 0.2030)},
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


def _digits(digit, background_color, distance):
    return {"digit": digit, "background_color": background_color}, distance


def _writers(word, writer, distance):
    return {"writer": writer, "word": word}, distance


# Of the shared representation of x, by pipeline: the table, and accuracies and
# distance to ideal of each row.
ABLATION = {
    "colored-mnist": (
        "Table 6",
        {
            "baseline": _digits(0.9448, 0.0822, 0.0563),
            "non-ssr": _digits(0.8957, 0.9999, 1.0209),
            "gamma-0": _digits(0.9236, 0.0849, 0.0780),
            "alpha-0": _digits(0.9483, 0.1111, 0.0795),
            "beta-0": _digits(0.8059, 0.0851, 0.1958),
        },
    ),
    "iam": (
        "Table 7",
        {
            "baseline": _writers(0.0994, 0.6164, 0.4730),
            "non-ssr": _writers(0.2088, 0.5894, 0.6094),
            "gamma-0": _writers(0.1051, 0.5539, 0.5412),
            "alpha-0": _writers(0.1136, 0.6150, 0.4886),
            "beta-0": _writers(0.1363, 0.5028, 0.6235),
        },
    ),
}


def ablation(pipeline, representation, domain):
    """`(table, {row: ({factor: accuracy}, distance)})` of Table 6 or 7, or
    `None` where the paper has none."""
    if (representation, domain) != ("shared", "x"):
        return None
    return ABLATION.get(pipeline)


def published(pipeline, representation, domain, neighbours=None):
    """`(table, {factor: accuracy})`, or `None` where the paper has none.

    Args:
        neighbours: their number, `None` for a probe.
    """
    if neighbours is None:
        return PUBLISHED.get(pipeline, {}).get((representation, domain))
    key = representation, domain, neighbours
    return NEIGHBOURS.get(pipeline, {}).get(key)


def compared(pipeline, representation, domain):
    """`{system: (table, {factor: accuracy})}` of the systems that the paper compares
    with."""
    return COMPARED.get(pipeline, {}).get((representation, domain), {})
