"""A run's representations, scored into the run's own folder."""

from tfmi.evaluation.evaluate import evaluate


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
        run.path / "evaluation",
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
