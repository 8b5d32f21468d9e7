"""tfmi sweep."""

import click

from tfmi import recipes
from tfmi.cli.experiment import Values
from tfmi.cli.experiment import experiment_options
from tfmi.cli.experiment import open_experiment
from tfmi.cli.experiment import run_rows
from tfmi.errors import UsageError


@click.command("sweep")
@experiment_options(numbers=Values)
def command(both_stages, settings, **arguments):
    """Train and score RECIPE with several values of one setting (Figure 5).

    One numeric setting gets several values, as in --adversarial-weight
    0,0.005,0.01. A setting of stage 2 is judged by E, and stage 1 is trained
    once; any other by S, and stage 1 is trained for each value. What is there
    already below --output is not trained or scored again.
    """
    from tfmi.evaluation import sensitivity

    setting, values, settings = _swept(settings)
    variants = _variants(setting, values, both_stages)
    kind = f"sweep-{setting.replace('_', '-')}"
    experiment, seeds = open_experiment(kind, settings=settings, **arguments)
    by_key = {v.key: v.changes[setting] for v in variants}

    def write(outcome):
        by_value = {by_key[key]: seeds for key, seeds in outcome.items()}
        curves = sensitivity.sensitivity_curves(setting, by_value)
        return sensitivity.write(experiment.path, curves)

    run_rows(experiment, variants, seeds, write)


def _swept(settings):
    """`(setting, its values, {setting: its value} of the others)`."""
    several = [n for n, v in settings.items() if isinstance(v, list) and len(v) > 1]
    if len(several) != 1:
        raise UsageError(
            "one setting must have several values, as in --adversarial-weight "
            f"0,0.01. Received: {', '.join(several) or 'none'}"
        )
    (setting,) = several
    single = {
        name: value[0] if isinstance(value, list) else value
        for name, value in settings.items()
        if name != setting
    }
    return setting, list(dict.fromkeys(settings[setting])), single


def _variants(setting, values, both_stages):
    from tfmi.experiments import Variant

    scored = ("exclusive",)
    if setting not in recipes.EXCLUSIVE_ONLY:
        scored = ("shared", "exclusive") if both_stages else ("shared",)
    return [
        Variant(
            f"{setting.replace('_', '-')}-{value:g}",
            f"{setting} = {value:g}",
            {setting: value},
            scored,
            untrained=value == values[0],
        )
        for value in values
    ]
