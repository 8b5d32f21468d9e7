"""What the paper reports: its table and its accuracies, as fractions."""

PUBLISHED = {
    "colored-mnist": {
        ("shared", "x"): ("Table 1", {"digit": 0.9448, "background_color": 0.0822}),
        ("exclusive", "x"): ("Table 1", {"digit": 0.1320, "background_color": 0.9999}),
        ("shared", "y"): ("Table 2", {"digit": 0.9427, "digit_color": 0.0883}),
        ("exclusive", "y"): ("Table 2", {"digit": 0.1375, "digit_color": 0.9992}),
    },
}


def published(pipeline, representation, domain):
    """`(table, {factor: accuracy})`, or `None` where the paper has none."""
    return PUBLISHED.get(pipeline, {}).get((representation, domain))
