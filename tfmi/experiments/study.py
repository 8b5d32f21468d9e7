"""Studies: what the settings of a recipe do, one changed at a time.

A study is a JSON file: a recipe, settings of all its runs, the seeds, and for
each stage the values that a setting (a knob) takes::

    {"recipe": "colored-mnist", "settings": {"shared_epochs": 1}, "seeds": [0, 1],
     "shared": {"l1_weight": [0, 1]}, "exclusive": {"discriminator": ["concat"]}}
"""

import dataclasses

from tfmi import methods
from tfmi import recipes
from tfmi.errors import UsageError
from tfmi.evaluation.tables.aggregate import BASELINE
from tfmi.experiments.experiment import Variant

STAGES = ("shared", "exclusive")
ENTRIES = ("recipe", "settings", "seeds", *STAGES)
NO_KNOBS = ("name", "pipeline", "seed")


@dataclasses.dataclass(frozen=True)
class Knob:
    """One setting and the values that it takes.

    Attributes:
        setting: its name.
        values: numbers, booleans or choices, in the order of a curve.
        baseline: that of them which the recipe has; `None` where no run of the
            recipe as it is stands beside the others.
    """

    setting: str
    values: tuple
    baseline: object = None

    def key(self, value):
        """Of the variant that has the value."""
        if value == self.baseline:
            return BASELINE
        return f"{self.setting.replace('_', '-')}-{self.label(value)}"

    def label(self, value):
        """The value as text: `0.1`, `true`, `concat`."""
        if isinstance(value, bool):
            return str(value).lower()
        return value if isinstance(value, str) else f"{value:g}"

    def scored(self, both_stages):
        """What it is judged by: S for a setting of stage 1, E for one of stage 2."""
        if self.setting in EXCLUSIVE_ONLY:
            return ("exclusive",)
        return STAGES if both_stages else ("shared",)


def variants(knobs, both_stages=False):
    """The rows of an experiment: the baseline, where the knobs have one, then
    each other value of each.

    Args:
        both_stages: whether settings of stage 1 are judged by E too.
    """
    scored = {stage for knob in knobs for stage in knob.scored(both_stages)}
    # Scored of the baseline is all that is of any other row.
    found = {
        BASELINE: Variant(
            BASELINE, "Baseline", {}, tuple(s for s in STAGES if s in scored)
        )
    }
    if all(knob.baseline is None for knob in knobs):
        del found[BASELINE]
    for knob in knobs:
        for value in knob.values:
            key, title = knob.key(value), f"{knob.setting} = {knob.label(value)}"
            changed = {knob.setting: value}
            row = Variant(key, title, changed, knob.scored(both_stages))
            found.setdefault(key, row)
    return list(found.values())


def read(path):
    """The study of a JSON file, its entries checked but for the values.

    Returns:
        `{"recipe": name, "settings": {setting: value}, "seeds": list,
        "shared": {setting: values}, "exclusive": {setting: values}}`.

    Raises:
        UsageError: for a file that is none.
    """
    study = {
        **{name: {} for name in ("settings", *STAGES)},
        "seeds": [0],
        **recipes.read_settings(path, "a study"),
    }
    _check(
        not set(study) - set(ENTRIES),
        f"entries of a study must be {', '.join(ENTRIES)}",
        ", ".join(set(study) - set(ENTRIES)),
    )
    _check(
        isinstance(study.get("recipe"), str),
        "recipe of a study must be a recipe's name",
        study.get("recipe"),
    )
    _check(
        _is_list(study["seeds"]) and all(type(s) is int for s in study["seeds"]),
        "seeds of a study must be a list of numbers",
        study["seeds"],
    )
    for name in ("settings", *STAGES):
        _check(isinstance(study[name], dict), f"{name} must be an object", study[name])
    _check(
        study["shared"] or study["exclusive"],
        "a study must have a knob (an entry of shared or exclusive)",
        "none",
    )
    return study


def knobs(study, recipe):
    """The knobs of a study, the recipe's own value among the values of each.

    Args:
        study: as `read` gives it.
        recipe: the `Recipe` of its runs, with the study's settings.

    Raises:
        UsageError: for what is no setting of that stage, or no value of it.
    """
    return [
        _knob(setting, values, stage, recipe)
        for stage in STAGES
        for setting, values in study[stage].items()
    ]


def _knob(setting, values, stage, recipe):
    method = methods.find(recipe.method)
    known = [f.name for f in recipe.settings() if f.name not in NO_KNOBS]
    _check(
        setting in known and method.stage_of(recipe, setting) == stage,
        f"a knob of {stage} must be a setting that this stage is judged by",
        setting,
    )
    _check(_is_list(values), f"{setting} of a study must be a list of values", values)
    for value in values:
        recipe.replace(**{setting: value})
    own = getattr(recipe, setting)
    order = recipes.CHOICES[setting].index if setting in recipes.CHOICES else None
    return Knob(setting, tuple(sorted({*values, own}, key=order)), own)


def _is_list(value):
    return isinstance(value, list) and len(value) > 0


def _check(holds, rule, received):
    if not holds:
        raise UsageError(f"{rule}. Received: {received}")
