"""Results with made-up accuracies, as `evaluate` gives them."""

from tfmi.evaluation.results import ACCURACY
from tfmi.evaluation.results import BALANCED
from tfmi.evaluation.results import MAJORITY
from tfmi.evaluation.results import OURS
from tfmi.evaluation.results import UNTRAINED
from tfmi.evaluation.results import Record
from tfmi.evaluation.results import Results
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED
from tfmi.representation import Representation

FACTORS = {
    "digit": {"values": 10, "kind": "shared"},
    "background_color": {"values": 12, "kind": "exclusive"},
}
# A method's only vector, that should hold all of an image.
LATENT = Representation("latent", "Z", "all")


def results(
    shared=None,
    exclusive=None,
    latent=None,
    protocols=("paper",),
    baselines=False,
    dataset="colored-mnist",
    row=OURS,
):
    """Results of the representations that have accuracies `(digit, color)`."""
    measured = [(SHARED, shared), (EXCLUSIVE, exclusive), (LATENT, latent)]
    measured = [each for each in measured if each[1]]
    records = []
    for protocol in protocols:
        for representation, accuracies in measured:
            rows = {row: accuracies, MAJORITY: (0.11, 0.09)}
            rows |= {UNTRAINED: (0.6, 0.9)} if baselines else {}
            for name, values in rows.items():
                where = name, representation.name, "x", protocol
                seed = None if name == MAJORITY else 0
                for factor, value in zip(FACTORS, values, strict=True):
                    records.append(Record(*where, seed, factor, ACCURACY, value))
                    records.append(Record(*where, seed, factor, BALANCED, value))
    about = {
        "dataset": dataset,
        "source": "made up",
        "limit": None,
        "row": row,
        "probes": list(protocols),
        "protocols": {"paper": "2 layers", "strong": "large", "1-nn l2": "nearest"},
        "representations": {
            r.name: {"symbol": r.symbol, "holds": r.holds} for r, _ in measured
        },
        "domains": {"x": {"title": "colored background", "factors": FACTORS}},
    }
    return Results(about, records)
