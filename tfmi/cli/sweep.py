"""tfmi sweep."""

import click

from tfmi.cli.experiment import Values
from tfmi.cli.experiment import experiment_options
from tfmi.cli.experiment import open_experiment
from tfmi.cli.experiment import run_knobs
from tfmi.cli.options import RecipeCommand
from tfmi.errors import UsageError


@click.command("sweep", cls=RecipeCommand, without=("seed",), numbers=Values)
@click.argument("recipe")
@experiment_options()
def command(both_stages, settings, **arguments):
    """Train and score RECIPE with several values of one setting (Figure 5).

    One numeric setting gets several values, as in --adversarial-weight
    0,0.005,0.01. A setting of stage 2 is judged by E, and stage 1 is trained
    once; any other by S, and stage 1 is trained for each value. What is there
    already below --output is not trained or scored again.
    """
    from tfmi.experiments import study

    setting, values, settings = _swept(settings)
    knobs = [study.Knob(setting, tuple(sorted(values)))]
    kind = f"sweep-{setting.replace('_', '-')}"
    experiment, seeds = open_experiment(
        kind, settings=settings, information=True, **arguments
    )
    run_knobs("sweep", experiment, knobs, seeds, both_stages)


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
    return setting, set(settings[setting]), single
