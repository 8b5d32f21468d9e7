"""What the paper reports, fractions, by pipeline, representation and domain."""

ACCURACIES = {
    # Tables 1 (x) and 2 (y).
    "colored-mnist": {
        ("shared", "x"): {"digit": 0.9448, "background_color": 0.0822},
        ("exclusive", "x"): {"digit": 0.1320, "background_color": 0.9999},
        ("shared", "y"): {"digit": 0.9427, "digit_color": 0.0883},
        ("exclusive", "y"): {"digit": 0.1375, "digit_color": 0.9992},
    },
}


def accuracies(pipeline, representation, domain):
    """The paper's accuracies, or `None` where it has none."""
    return ACCURACIES.get(pipeline, {}).get((representation, domain))
