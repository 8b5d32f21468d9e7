"""How well S and E are told apart: block metrics, and what one says of the other."""

import numpy as np

from tfmi.evaluation.measure.metrics.blocks import block_scores
from tfmi.evaluation.measure.metrics.dci import dci
from tfmi.evaluation.measure.metrics.factor_vae import factor_vae_score
from tfmi.evaluation.measure.metrics.jsd import jsd_information
from tfmi.evaluation.measure.metrics.ksg import ksg_information
from tfmi.evaluation.measure.metrics.ksg import principal
from tfmi.evaluation.measure.metrics.mig import mig
from tfmi.evaluation.measure.metrics.sap import sap
from tfmi.evaluation.tables import text
from tfmi.evaluation.tables.probe_tables import OURS

BLOCKS = ("shared", "exclusive")
LETTERS = {"shared": "S", "exclusive": "E"}
# Of images in each split: with fewer, nothing can be kept aside.
AT_LEAST = 20
# Of images: forests and neighbours in many dimensions are slow.
SAMPLE = 3000
COMPONENTS = 8
ESTIMATORS = {
    "jsd": (
        "bits",
        "Jensen-Shannon divergence from independence, by a trained critic (Eq. 2), "
        "on test images",
    ),
    "ksg": (
        "nats",
        f"Kraskov's estimate on {COMPONENTS} principal components each of "
        f"{SAMPLE} test images",
    ),
}
SCORES = {
    "mig": "MIG",
    "disentanglement": "DCI dis.",
    "completeness": "DCI compl.",
    "informativeness": "DCI inform.",
    "sap": "SAP",
}
DIMENSIONS = {**SCORES, "factor_vae": "FactorVAE"}


def disentanglement_table(features, probed, domain, protocol, seed):
    """The metrics of one domain.

    Args:
        features: `{representation: {row name: {split: (vectors, labels)}}}`, of
            `AT_LEAST` images in each split.
        probed: `{representation: table}`, the tables of `probe_tables` by
            `protocol`, whose scores say what a block tells of a factor.
        domain: a `Domain`.
        seed: of the estimates.

    Returns:
        `{"title", "domain", "protocol",
        "rows": [{"row", the scores of `block_scores`, "distance": of both
            blocks to ideal, "information": {representation: {factor: fraction}}
            }],
        "mutual_information": [{"estimator", "unit", "description", "measured":
            of S and E, "independent": of S and E of other images, "copied": of
            E and E}],
        "dimensions": {"mig", "sap", "factor_vae", "disentanglement",
            "completeness", "informativeness"} of the single dimensions of
            (S, E), or `None` where no image counts for all factors,
        "text"}`.
    """
    title = f"S and E of {domain.name}, {domain.title}"
    ours = {name: features[name][OURS] for name in BLOCKS}
    found = {
        "title": f"{title}, disentanglement",
        "domain": domain.name,
        "protocol": protocol,
        "rows": _rows(probed, domain),
        "mutual_information": _estimates(ours, seed),
        "dimensions": _dimensions(ours, seed),
    }
    return {**found, "text": _render(found, title, domain)}


def _rows(probed, domain):
    names = [f.name for f in domain.factors]
    rows = [_ideal_row(domain)]
    by_row = [{row["row"]: row for row in probed[name]["rows"]} for name in BLOCKS]
    for name in by_row[0]:
        both = [rows_of_block[name] for rows_of_block in by_row]
        if "information" in both[0]:
            rows.append(_row(name, both, names))
    return rows


def _ideal_row(domain):
    names = [f.name for f in domain.factors]
    both = []
    for block in BLOCKS:
        held = {f.name for f in getattr(domain, f"{block}_factors")}
        both.append(
            {
                "information": {name: float(name in held) for name in names},
                "balanced_accuracies": text.ideal_accuracies(domain, block),
                "distance": 0.0,
            }
        )
    return _row("Ideal", both, names)


def _row(name, both, factors):
    matrices = [
        np.array([[row[kind][f] for f in factors] for row in both])
        for kind in ("information", "balanced_accuracies")
    ]
    return {
        "row": name,
        **block_scores(*matrices),
        "distance": sum(row["distance"] for row in both),
        "information": {
            b: row["information"] for b, row in zip(BLOCKS, both, strict=True)
        },
    }


def _estimates(ours, seed):
    (shared, test_shared), (exclusive, test_exclusive) = (
        [ours[block][split][0] for split in ("train", "test")] for block in BLOCKS
    )
    generator = np.random.default_rng(seed)
    # What the estimators give for the same vectors where nothing, and where
    # all is common.
    pairs = {
        "measured": (shared, exclusive, test_shared, test_exclusive),
        "independent": (
            shared,
            generator.permutation(exclusive),
            test_shared,
            generator.permutation(test_exclusive),
        ),
        "copied": (exclusive, exclusive, test_exclusive, test_exclusive),
    }
    functions = {"jsd": jsd_information, "ksg": _ksg}
    return [
        {
            "estimator": name,
            "unit": unit,
            "description": description,
            **{
                key: functions[name](*vectors, seed=seed)
                for key, vectors in pairs.items()
            },
        }
        for name, (unit, description) in ESTIMATORS.items()
    ]


def _ksg(first, second, test_first, test_second, seed):
    parts = (principal(v[:SAMPLE], COMPONENTS) for v in (test_first, test_second))
    return ksg_information(*parts, seed=seed)


def _dimensions(ours, seed):
    train, test = (_codes_and_factors(ours, split) for split in ("train", "test"))
    if not len(train[0]) or not len(test[0]):
        return None
    scores = dci(*train, *test, seed=seed)
    return {
        "mig": mig(*test)["mig"],
        "sap": sap(*train, *test)["sap"],
        "factor_vae": factor_vae_score(*test, seed=seed),
        **{
            k: scores[k] for k in ("disentanglement", "completeness", "informativeness")
        },
    }


def _codes_and_factors(ours, split):
    """S and E side by side, of images that count for every factor."""
    codes = np.concatenate([ours[block][split][0] for block in BLOCKS], axis=1)
    factors = np.stack(list(ours[BLOCKS[0]][split][1].values()), axis=1)
    kept = np.flatnonzero((factors >= 0).all(axis=1))[:SAMPLE]
    return codes[kept], factors[kept]


def _render(found, title, domain):
    labels = [row["row"] for row in found["rows"]]
    columns = [
        [heading, *(f"{row[score]:.3f}" for row in found["rows"])]
        for score, heading in SCORES.items()
    ]
    distances = [f"{row['distance']:.4f}" for row in found["rows"]]
    columns.append(["distance to ideal", *distances])
    lines = [
        title,
        f"of S and E as blocks: MIG and DCI of the information that probe "
        f"{found['protocol']} reads, SAP of its balanced accuracy",
        *text.grid(["", *labels], columns),
        "",
        "information about a factor, % of its entropy",
        *_information_lines(found["rows"], domain),
        "",
        "mutual information of S and E, and of the same vectors where it is known",
        *_estimate_lines(found["mutual_information"]),
    ]
    if found["dimensions"] is not None:
        lines += ["", *_dimension_lines(found["dimensions"])]
    return "\n".join(lines)


def _information_lines(rows, domain):
    every = [(row, block) for row in rows for block in BLOCKS]
    labels = [f"{row['row']}, {LETTERS[block]}" for row, block in every]
    columns = [
        [f.name, *(f"{100 * r['information'][b][f.name]:.2f}%" for r, b in every)]
        for f in domain.factors
    ]
    return text.grid(["", *labels], columns)


def _estimate_lines(estimates):
    labels = [f"{e['estimator'].upper()} ({e['unit']})" for e in estimates]
    columns = [
        # Rounded before 0 is added: no -0.0000.
        [heading, *(f"{round(e[key], 4) + 0:.4f}" for e in estimates)]
        for heading, key in (
            ("S and E", "measured"),
            ("S and E of others", "independent"),
            ("E and E", "copied"),
        )
    ]
    notes = [f"  {e['estimator'].upper()}: {e['description']}" for e in estimates]
    return [*text.grid(["", *labels], columns), *notes]


def _dimension_lines(scores):
    columns = [[heading, f"{scores[name]:.3f}"] for name, heading in DIMENSIONS.items()]
    return [
        f"single dimensions of (S, E), {SAMPLE} images of each split at most",
        *text.grid(["", "Ours"], columns),
    ]
