"""Metrics of the single dimensions of a representation, by name.

A metric is a function `(codes, factors, test_codes, test_factors, seed)` that gives
`{score: number}`:

    codes, test_codes: float `(n, d)`, `(m, d)`, vectors of training and of test
        images; of S and E both, side by side.
    factors, test_factors: int `(n, k)`, `(m, k)`, the images' labels, a column a
        factor.
    seed: int, of whatever it draws.

Each score becomes a record of the protocol "dimensions", and so a column of the
tables. A package adds its own metrics through the entry-point group `tfmi.metrics`.
"""

from tfmi.evaluation.measure.metrics.dci import dci
from tfmi.evaluation.measure.metrics.factor_vae import factor_vae_score
from tfmi.evaluation.measure.metrics.mig import mig
from tfmi.evaluation.measure.metrics.sap import sap
from tfmi.registry import plugins


def find():
    """`{name: metric}` of all metrics, those of installed packages too."""
    return {**METRICS, **plugins("tfmi.metrics")}


def _mig(codes, factors, test_codes, test_factors, seed):
    return {"mig": mig(test_codes, test_factors)["mig"]}


def _dci(codes, factors, test_codes, test_factors, seed):
    scores = dci(codes, factors, test_codes, test_factors, seed=seed)
    names = ("disentanglement", "completeness", "informativeness")
    return {name: scores[name] for name in names}


def _sap(codes, factors, test_codes, test_factors, seed):
    return {"sap": sap(codes, factors, test_codes, test_factors)["sap"]}


def _factor_vae(codes, factors, test_codes, test_factors, seed):
    return {"factor_vae": factor_vae_score(test_codes, test_factors, seed=seed)}


METRICS = {"mig": _mig, "dci": _dci, "sap": _sap, "factor_vae": _factor_vae}
