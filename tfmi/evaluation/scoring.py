"""A run's representations, scored into the run's own folder."""

import functools

from tfmi.evaluation import results
from tfmi.evaluation.evaluate import BATCH
from tfmi.evaluation.evaluate import evaluate
from tfmi.evaluation.measure.features import extract_all
from tfmi.evaluation.measure.records import SPLITS
from tfmi.evaluation.scored_split import TEST
from tfmi.evaluation.scored_split import scored_on
from tfmi.files import read_json
from tfmi.files import write_json


def score(run, dataset, representations=None, untrained=True, **options):
    """Score a run; writes into RUN/evaluation, or a folder of the split's name in it.

    Args:
        run: a finished `runs.Run`.
        dataset: its `PairDataset`.
        representations: names of those to score; by default all that the run has.
        untrained: whether encoders before training are scored beside.
        options: those of `evaluate.Options`.

    Returns:
        The `Results`.

    Raises:
        UsageError: for a split that the dataset has not.
    """
    folder = results_folder(run, options.get("split", TEST))
    keys = [
        (representation, domain)
        for domain in run.domains
        for representation in run.representations
        if representations is None or representation.name in representations
    ]
    rows = {own_row(run): {(r, d): run.represent(r.name, d) for r, d in keys}}
    if untrained:
        rows[results.UNTRAINED] = {
            (r, d): run.represent_untrained(r.name, d) for r, d in keys
        }
    return evaluate(rows, dataset, folder, **options)


def results_folder(run, split=TEST):
    """Where a run's results on a split lie."""
    folder = run.evaluation_folder
    return folder if split == TEST else folder / split


def own_row(run):
    """Name of the row of a run's own encoders."""
    return results.OURS if run.method.ours else run.method.title


def results_of(run, split=TEST):
    """The `Results` of a run on a split; `None` where it has not been scored.

    Raises:
        DataError: for results of an earlier version of tfmi, or damaged ones.
    """
    return results.load(results_folder(run, split) / "results.json")


def scored_already(run, representations, protocols, limit, untrained, split=TEST):
    """The `Results` of an earlier `score` of the run, where they hold all that is
    asked for; else `None`.

    Args:
        representations: names.
        protocols: names of probes.
        limit: of training images, or `None`.
        untrained: whether untrained encoders must have been scored beside.
        split: that is scored.
    """
    scores = results_of(run, split)
    if scores is None or scores.about["limit"] != limit:
        return None
    needed = {scores.row, results.UNTRAINED} if untrained else {scores.row}
    for representation in representations:
        for domain in run.domains:
            for protocol in protocols:
                key = {"representation": representation, "domain": domain}
                rows = scores.values_of("row", protocol=protocol, **key)
                if not needed <= set(rows):
                    return None
    return scores


def shared_information(run, dataset, limit, folder, split=TEST):
    """What two representations of a run have in common, kept in its evaluation
    folder: the one that should hold what pairs share and the one that should not.

    Args:
        run: a finished `runs.Run` that has both.
        dataset: its `PairDataset`.
        limit: number of the training images, or `None`.
        folder: where vectors of the first are kept: runs of one stage 1 share them.
        split: that is scored.

    Returns:
        `{domain: bits}`, the divergence of the two from independence as
        `jsd_information` estimates it: what Eq. 9 plays for.
    """
    path = results_folder(run, split) / "information.json"
    dataset = scored_on(dataset, split)
    content = read_json(path)
    if content is None or content["limit"] != limit:
        by_content = {r.holds: r.name for r in reversed(run.representations)}
        folders = {
            by_content["shared"]: folder,
            by_content["exclusive"]: path.parent / "features",
        }
        bits = {d: _bits(run, dataset, limit, d, folders) for d in run.domains}
        content = {"limit": limit, "bits": bits}
        write_json(path, content)
    return content["bits"]


def _bits(run, dataset, limit, domain, folders):
    # It loads TensorFlow, which reading results needs not.
    from tfmi.evaluation.measure.metrics.jsd import jsd_information

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
