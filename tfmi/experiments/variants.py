"""Rows of an experiment: what each changes, what it is judged by, what came of it."""

import dataclasses

from tfmi import methods
from tfmi.errors import UsageError
from tfmi.evaluation.results import Results

# Key of the variant that the others of an experiment are compared with.
BASELINE = "baseline"


@dataclasses.dataclass(frozen=True)
class Variant:
    """One row of an experiment.

    Attributes:
        key: names its run folders, and the paper's row for it.
        title: for people.
        changes: `{setting: value}`, how its recipe differs from the experiment's.
        scored: names of the representations to score; the stages that learn them,
            and those before, are trained.
        untrained: whether untrained encoders are scored beside.
    """

    key: str
    title: str
    changes: dict
    scored: tuple[str, ...]
    untrained: bool = False


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run of a variant came to.

    Attributes:
        variant: the `Variant`.
        seed: of training.
        results: its `Results`.
        information: `{domain: bits}` that the shared and the exclusive
            representation have in common, empty where that was not measured.
        seconds: `{representation: seconds}` in which the stage that learns it was
            trained, without stages that were taken from another run.
    """

    variant: Variant
    seed: int
    results: Results
    information: dict = dataclasses.field(default_factory=dict)
    seconds: dict = dataclasses.field(default_factory=dict)


def judged_by(method, recipe, settings, every_stage=False):
    """Names of the representations that show what a change of settings does.

    They are those of the first stage that depends on one of the settings (or of the
    next stage, where that one learns none).

    Args:
        method: the `Method`.
        recipe: a `Recipe` of it.
        settings: names of settings.
        every_stage: whether those of all later stages count as well.
    """
    names = [stage.name for stage in method.stages]
    first = min(names.index(method.stage_of(recipe, each)) for each in settings)
    learning = [s.name for s in method.stages[first:] if s.representations]
    chosen = learning if every_stage else learning[:1]
    return tuple(each.name for each in method.representations(chosen))


def stages_until(method, representations):
    """Names of the stages up to the last that learns one of the representations
    (names)."""
    last = max(
        number
        for number, stage in enumerate(method.stages)
        if {each.name for each in stage.representations} & set(representations)
    )
    return tuple(stage.name for stage in method.stages[: last + 1])


def shared_and_exclusive(method):
    """The two representations of a method that divide what an image shows, or
    `None`."""
    # The first of each kind.
    by_content = {each.holds: each for each in reversed(method.representations())}
    if not {"shared", "exclusive"} <= set(by_content):
        return None
    return by_content["shared"], by_content["exclusive"]


def ablation_variants(recipe, keys=None, every_stage=False):
    """The rows of an ablation: the recipe as it is, and without each term of its
    method's objective.

    Args:
        recipe: a `Recipe`.
        keys: of the rows to take, by default the baseline and those of the method's
            ablations that the recipe has not made already: a term of no weight cannot
            be left out.
        every_stage: whether a row is judged by the representations of later stages
            too.

    Returns:
        A list of `Variant`.

    Raises:
        UsageError: for a key that the method has not.
    """
    method = methods.find(recipe.method)
    changes = {BASELINE: ("Baseline", {}), **method.ablations, **method.alternatives}
    chosen = [BASELINE, *open_ablations(recipe)] if keys is None else keys
    unknown = [key for key in chosen if key not in changes]
    if unknown:
        raise UsageError(
            f"a row must be one of {', '.join(changes)}. Received: {', '.join(unknown)}"
        )
    rows = [
        Variant(key, title, changed, judged_by(method, recipe, changed, every_stage))
        for key, (title, changed) in changes.items()
        if key in chosen and key != BASELINE
    ]
    if BASELINE not in chosen:
        return rows
    return [_baseline(method, rows, every_stage), *rows]


def open_ablations(recipe):
    """Keys of the ablations of a recipe's method that change what it trains."""
    settings = recipe.to_dict()
    for name in recipe.idle_settings():
        del settings[name]
    return [
        key
        for key, (_, changed) in methods.find(recipe.method).ablations.items()
        if any(settings.get(name, value) != value for name, value in changed.items())
    ]


def _baseline(method, rows, every_stage):
    """The baseline is scored in all that the stages of the rows learn, and at least
    in what is learnt first."""
    first, *later = method.representations()
    judged = {first.name, *(name for row in rows for name in row.scored)}
    judged |= {each.name for each in later} if every_stage else set()
    stages = stages_until(method, judged)
    names = tuple(each.name for each in method.representations(stages))
    return Variant(BASELINE, "Baseline", {}, names, untrained=True)
