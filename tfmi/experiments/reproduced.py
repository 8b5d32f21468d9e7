"""What a reproduction came to: the paper's figures, ours, and the runs they are of."""

import dataclasses
import functools

from tfmi import methods
from tfmi import runs
from tfmi.evaluation.measure import cross_domain
from tfmi.evaluation.measure import neighbours
from tfmi.evaluation.results import distance_to_ideal
from tfmi.evaluation.results import mean_and_deviation
from tfmi.evaluation.tables import paper
from tfmi.experiments import tables
from tfmi.experiments.reproduction import ABLATED
from tfmi.experiments.variants import BASELINE

PROBE = "paper"
DISTANCE = "distance to ideal"


@dataclasses.dataclass(frozen=True)
class Entry:
    """One figure of the paper beside ours.

    Attributes:
        item: title of the table or figure.
        row: what it is of, such as "S of x, gamma = 0".
        factor: name of the factor, or `DISTANCE`.
        recipe: name of the recipe.
        seeds: of the runs.
        ours, deviation: mean and deviation over the seeds, as fractions.
        paper: its figure, `None` where it gives none.
    """

    item: str
    row: str
    factor: str
    recipe: str
    seeds: tuple
    ours: float
    deviation: float | None
    paper: float | None

    @property
    def difference(self):
        """Ours less the paper's."""
        return None if self.paper is None else self.ours - self.paper


def entries(items, recipe, outcomes):
    """The `Entry`s of one experiment, item by item.

    Args:
        items: list of `Item`.
        recipe: its `Recipe`.
        outcomes: list of `Outcome`; what is not there yet is left out.
    """
    by_key = {}
    for outcome in outcomes:
        by_key.setdefault(outcome.variant.key, []).append(outcome)
    readers = {
        "probes": functools.partial(_probes, method=recipe.method),
        "neighbours": _neighbours,
        "ablation": _ablation,
        "sweep": _sweep,
        "retrieval": _retrieval,
    }
    read = [e for item in items for e in readers[item.kind](item, by_key)]
    return [Entry(recipe=recipe.name, **entry) for entry in read]


def _probes(item, by_key, method):
    same = by_key.get(BASELINE, [])
    for key in _keys(same, item.domain):
        published = _published(same, key, method)
        yield from _entries(
            item, _name(same, key), same, key, published and published[1]
        )


def _published(outcomes, key, method):
    """`(table, {factor: accuracy})` of what a method learns, or `None`."""
    representation, domain, _ = key
    dataset = _dataset(outcomes)
    if methods.find(method).ours:
        return paper.published(dataset, representation, domain)
    # A vector for all factors stands in the paper's rows of S as in those of E.
    alone = _holds(outcomes, representation) == "all"
    systems = paper.compared(dataset, "shared" if alone else representation, domain)
    return systems.get(paper.SYSTEMS.get(method))


def _neighbours(item, by_key):
    same = by_key.get(BASELINE, [])
    for representation, domain, _ in _keys(same, item.domain):
        for count in neighbours.COUNTS:
            key = representation, domain, neighbours.protocol(count, "l2")
            name = f"{_name(same, key)}, N = {count}"
            published = paper.published(_dataset(same), representation, domain, count)
            yield from _entries(item, name, same, key, published and published[1])


def _ablation(item, by_key):
    for variant in (BASELINE, *ABLATED):
        same = by_key.get(variant, [])
        for key in _keys(same, item.domain):
            _, rows = paper.ablation(_dataset(same), *key[:2]) or (None, {})
            if variant in rows:
                name = f"{_name(same, key)}, {same[0].variant.title}"
                yield from _entries(item, name, same, key, rows[variant][0])


def _sweep(item, by_key):
    for same in by_key.values():
        changes = same[0].variant.changes
        if changes and set(changes) != {"adversarial_weight"}:
            continue
        for key in _keys(same, item.domain):
            if _holds(same, key[0]) == "exclusive":
                value = changes.get("adversarial_weight")
                which = (
                    "the recipe's lambda" if value is None else f"lambda = {value:g}"
                )
                yield from _entries(item, f"{_name(same, key)}, {which}", same, key)


def _retrieval(item, by_key):
    same = by_key.get(BASELINE, [])
    for representation, domain, _ in _keys(same, item.domain):
        for count in neighbours.COUNTS:
            where = {"representation": representation, "domain": domain}
            where["protocol"] = cross_domain.protocol(count)
            scores = [o.results.by_factor(row=o.results.row, **where) for o in same]
            for factor in scores[0]:
                name = f"{_name(same, (representation, domain))} finds the other domain"
                yield _entry(
                    item,
                    f"{name}, N = {count}",
                    factor,
                    same,
                    *mean_and_deviation([each[factor] for each in scores]),
                )


def _keys(outcomes, domain):
    """`(representation, domain, protocol)` of what the paper's probe read."""
    every = tables.probed([outcome.results for outcome in outcomes])
    return [key for key in every if key[2] == PROBE and domain in (None, key[1])]


def _dataset(outcomes):
    return outcomes[0].results.about["dataset"]


def _holds(outcomes, representation):
    return outcomes[0].results.about["representations"][representation]["holds"]


def _name(outcomes, key):
    return f"{outcomes[0].results.symbol(key[0])} of {key[1]}"


def _entries(item, name, outcomes, key, published=None):
    """An entry for each factor and one for the distance to ideal."""
    row = tables.row_over_seeds(outcomes, key)
    for factor, accuracy in row["accuracies"].items():
        theirs = (published or {}).get(factor)
        deviation = row["deviations"][factor]
        yield _entry(item, name, factor, outcomes, accuracy, deviation, theirs)
    ideal = outcomes[0].results.ideal(*key[:2])
    # Of the same factors alone: the data may lack one.
    whole = set(ideal) <= set(published or {})
    theirs = distance_to_ideal(published, ideal) if whole else None
    measured = row["distance"], row["distance_deviation"]
    yield _entry(item, name, DISTANCE, outcomes, *measured, theirs)


def _entry(item, name, factor, outcomes, ours, deviation, theirs=None):
    seeds = tuple(outcome.seed for outcome in outcomes)
    measured = {"ours": ours, "deviation": deviation, "paper": theirs}
    return {
        "item": item.title,
        "row": name,
        "factor": factor,
        "seeds": seeds,
    } | measured


def trainings(experiment):
    """What was trained for an experiment.

    Args:
        experiment: an `Experiment`.

    Returns:
        A list of `{"recipe", "run", "stage", "epochs", "steps", "seconds"}`, of each
        stage that was not taken from another run.
    """
    rows = []
    for run in runs.every(experiment.path):
        per_epoch = experiment.dataset.num_images("train") // run.recipe.batch_size
        for stage, seconds in run.config.get("seconds", {}).items():
            epochs = runs.trained_epochs(run, stage)
            about = {"recipe": run.recipe.name, "run": run.path.name, "stage": stage}
            about |= {"epochs": epochs, "steps": epochs * per_epoch}
            rows.append({**about, "seconds": seconds})
    return rows
