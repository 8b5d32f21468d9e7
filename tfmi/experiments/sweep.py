"""Settings that take several values, one changed at a time: the rows of Figure 5."""

import dataclasses

from tfmi import methods
from tfmi.errors import UsageError
from tfmi.experiments.variants import BASELINE
from tfmi.experiments.variants import Variant
from tfmi.experiments.variants import judged_by


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
        """Key of the variant that has the value."""
        if value == self.baseline:
            return BASELINE
        return f"{self.setting.replace('_', '-')}-{self.label(value)}"

    def label(self, value):
        """The value as text: `0.1`, `true`, `concat`."""
        if isinstance(value, bool):
            return str(value).lower()
        return value if isinstance(value, str) else f"{value:g}"


def split_settings(settings):
    """The knob of a sweep, and the settings that all of its runs share.

    Args:
        settings: `{setting: value or list of values}`.

    Returns:
        `(Knob, {setting: value})`.

    Raises:
        UsageError: unless exactly one setting has several values.
    """
    several = [n for n, v in settings.items() if isinstance(v, list) and len(v) > 1]
    if len(several) != 1:
        raise UsageError(
            "one setting must have several values, as in --adversarial-weight "
            f"0,0.01. Received: {', '.join(several) or 'none'}"
        )
    (swept,) = several
    shared = {
        name: value[0] if isinstance(value, list) else value
        for name, value in settings.items()
        if name != swept
    }
    return Knob(swept, tuple(sorted(set(settings[swept])))), shared


def variants(knobs, recipe, every_stage=False):
    """The rows of knobs: the baseline, where the knobs have one, then each other
    value of each.

    Args:
        knobs: list of `Knob`.
        recipe: the `Recipe` that they change.
        every_stage: whether a row is judged by the representations of later stages
            too.

    Returns:
        A list of `Variant`. The baseline is scored in all that any other row is.
    """
    method = methods.find(recipe.method)
    rows = {}
    for knob in knobs:
        scored = judged_by(method, recipe, [knob.setting], every_stage)
        for value in knob.values:
            title = f"{knob.setting} = {knob.label(value)}"
            row = Variant(knob.key(value), title, {knob.setting: value}, scored)
            rows.setdefault(row.key, row)
    judged = {name for row in rows.values() for name in row.scored}
    if BASELINE not in rows:
        return list(rows.values())
    del rows[BASELINE]
    names = tuple(r.name for r in method.representations() if r.name in judged)
    return [Variant(BASELINE, "Baseline", {}, names), *rows.values()]
