"""Studies: what the settings of a recipe do, one changed at a time.

A study is a JSON file: a recipe, settings of all its runs, the seeds, and for
each stage of the recipe's method the values that a setting (a knob) takes::

    {"recipe": "colored-mnist", "settings": {"shared_epochs": 1}, "seeds": [0, 1],
     "shared": {"l1_weight": [0, 1]}, "exclusive": {"discriminator": ["concat"]}}
"""

import dataclasses

from tfmi import methods
from tfmi import recipes
from tfmi.errors import UsageError
from tfmi.experiments.sweep import Knob


@dataclasses.dataclass(frozen=True)
class Study:
    """What a study's file holds.

    Attributes:
        recipe: name of the recipe.
        settings: `{setting: value}` of all runs.
        seeds: list of seeds.
        values: `{stage: {setting: values}}`.
    """

    recipe: str
    settings: dict
    seeds: list
    values: dict

    def knobs(self, recipe):
        """The knobs of a study, the recipe's own value among the values of each.

        Args:
            recipe: the `Recipe` of its runs, with the study's settings.

        Raises:
            UsageError: for what is no setting of that stage, or no value of it.
        """
        return [
            _knob(setting, values, stage, recipe)
            for stage, settings in self.values.items()
            for setting, values in settings.items()
        ]


def read(path):
    """The `Study` of a JSON file.

    Raises:
        UsageError: for a file that is none, and as `Study.knobs`.
    """
    entries = {"settings": {}, "seeds": [0], **recipes.read_settings(path, "a study")}
    name, settings, seeds = (entries.get(n) for n in ("recipe", "settings", "seeds"))
    rule = "recipe of a study must be a recipe's name"
    _check(isinstance(name, str), rule, name)
    stages = [s.name for s in methods.find(recipes.find(name).method).stages]
    allowed = ("recipe", "settings", "seeds", *stages)
    rule = f"entries of a study must be {', '.join(allowed)}"
    _check(set(entries) <= set(allowed), rule, ", ".join(set(entries) - set(allowed)))
    rule = "seeds of a study must be a list of numbers"
    _check(_is_list(seeds) and all(type(s) is int for s in seeds), rule, seeds)
    values = {stage: entries.get(stage, {}) for stage in stages}
    for entry, content in {"settings": settings, **values}.items():
        _check(isinstance(content, dict), f"{entry} must be an object", content)
    rule = f"a study must have a knob (an entry of {' or '.join(stages)})"
    _check(any(values.values()), rule, "none")
    study = Study(name, settings, seeds, values)
    study.knobs(recipes.find(name).replace(**settings))
    return study


def _knob(setting, values, stage, recipe):
    method = methods.find(recipe.method)
    fields = {f.name: f for f in recipe.settings() if _can_vary(f)}
    _check(
        setting in fields and method.stage_of(recipe, setting) == stage,
        f"a knob of {stage} must be a setting that this stage is judged by",
        setting,
    )
    _check(_is_list(values), f"{setting} of a study must be a list of values", values)
    for value in values:
        recipe.replace(**{setting: value})
    own, choices = getattr(recipe, setting), fields[setting].metadata["choices"]
    order = choices.index if choices else None
    return Knob(setting, tuple(sorted({*values, own}, key=order)), own)


def _can_vary(field):
    """Whether values of a setting name rows: the seed does not, nor does free text."""
    named = field.type is not str or field.metadata["choices"]
    return field.name != "seed" and named


def _is_list(value):
    return isinstance(value, list) and len(value) > 0


def _check(holds, rule, received):
    if not holds:
        raise UsageError(f"{rule}. Received: {received}")
