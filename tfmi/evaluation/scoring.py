"""A run's representations, scored into the run's own folder."""

import functools

from tfmi.evaluation.evaluate import BATCH
from tfmi.evaluation.evaluate import SPLITS
from tfmi.evaluation.evaluate import evaluate
from tfmi.evaluation.measure.features import extract_all
from tfmi.evaluation.measure.metrics.jsd import jsd_information
from tfmi.files import read_json
from tfmi.files import write_json


def score(run, dataset, representations=None, untrained=True, **options):
    """Score a run; writes into RUN/evaluation.

    Args:
        run: a finished `runs.Run`.
        dataset: its `PairDataset`.
        representations: "shared", "exclusive" or both; by default those that
            the run has.
        untrained: whether encoders before training are scored beside.
        options: those of `evaluate`: protocols, seed, limit, progress, ....

    Returns:
        What `evaluate` does.
    """
    chosen = representations or run.stages
    keys = [(name, domain) for domain in run.domains for name in chosen]
    return evaluate(
        {key: run.represent(*key) for key in keys},
        {key: run.represent_untrained(*key) for key in keys if untrained},
        dataset,
        run.evaluation_folder,
        **options,
    )


def scored_already(run, representations, protocols, limit, untrained):
    """What an earlier `score` of the run found, where it holds all that is
    asked for; else `None`."""
    found = run.scores
    if found is None or found.get("limit") != limit:
        return None
    there = {
        (t["protocol"], t["representation"], t["domain"]): t["rows"]
        for t in found["tables"]
    }
    for protocol in protocols:
        for key in ((protocol, r, d) for r in representations for d in run.domains):
            names = {row["row"] for row in there.get(key, [])}
            if not names or (untrained and "Untrained encoder" not in names):
                return None
    return found


def shared_information(run, dataset, limit, folder):
    """What S and E of a run have in common, kept in its evaluation folder.

    Args:
        run: a finished `runs.Run` of both stages.
        dataset: its `PairDataset`.
        limit: of the training images, or `None`.
        folder: where vectors of S are kept: runs of one stage 1 share them.

    Returns:
        `{domain: bits}`, the divergence of (S, E) from independence as
        `jsd_information` estimates it: what Eq. 9 plays for.
    """
    path = run.evaluation_folder / "information.json"
    found = read_json(path)
    if found is None or found["limit"] != limit:
        folders = {"shared": folder, "exclusive": path.parent / "features"}
        bits = {d: _bits(run, dataset, limit, d, folders) for d in run.domains}
        found = {"limit": limit, "bits": bits}
        write_json(path, found)
    return found["bits"]


def _bits(run, dataset, limit, domain, folders):
    vectors = [
        extract_all(
            {name: run.represent(name, domain)},
            # The images that `evaluate` takes, so that their vectors are there.
            functools.partial(dataset.labelled, domain, split, BATCH, 0),
            folder,
            limit if split == "train" else None,
        )[0][name]
        for split in SPLITS
        for name, folder in folders.items()
    ]
    return jsd_information(*vectors)
