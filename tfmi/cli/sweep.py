"""tfmi sweep."""

import click

from tfmi.cli.experiment import Values
from tfmi.cli.experiment import experiment_options
from tfmi.cli.experiment import open_experiment
from tfmi.cli.experiment import run_knobs
from tfmi.cli.options import RecipeCommand
from tfmi.cli.options import recipe_names


@click.command("sweep", cls=RecipeCommand, without=("seed",), numbers=Values)
@click.argument("recipe", shell_complete=recipe_names)
@experiment_options()
def command(both_stages, settings, **arguments):
    """Train and score RECIPE with several values of one setting (Figure 5).

    One numeric setting gets several values, as in --adversarial-weight
    0,0.005,0.01. It is judged by what the first stage that depends on it learns:
    a setting of stage 2 by E, with stage 1 trained once; any other by S, with
    stage 1 trained for each value. What is there already below --output is not
    trained or scored again.
    """
    from tfmi.experiments import sweep

    knob, settings = sweep.split_settings(settings)
    kind = f"sweep-{knob.setting.replace('_', '-')}"
    experiment, seeds = open_experiment(
        kind, settings=settings, information=True, **arguments
    )
    run_knobs("sweep", experiment, [knob], seeds, both_stages)
