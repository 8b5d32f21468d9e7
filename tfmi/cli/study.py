"""tfmi study."""

import click

from tfmi.cli.experiment import experiment_options
from tfmi.cli.experiment import open_experiment
from tfmi.cli.experiment import run_knobs
from tfmi.cli.options import RecipeCommand


def _recipe_of(path):
    from tfmi.experiments import study

    return study.read(path).recipe


@click.command("study", cls=RecipeCommand, recipe_of=_recipe_of, settings=False)
@click.argument("file", type=click.Path())
@experiment_options(seeds=None)
def command(file, output, seeds, both_stages, **arguments):
    """Train and score a recipe with each value of each setting that FILE names.

    FILE is JSON: {"recipe": "colored-mnist", "settings": {"shared_epochs": 1},
    "seeds": [0, 1, 2], "shared": {"l1_weight": [0, 1]}, "exclusive":
    {"discriminator": ["concat"]}}, with the settings under the stage that they
    are judged by. The recipe as it is, the baseline, is a point of every curve; a
    row differs from it in one setting. A setting of stage 1 is judged by S, one of
    stage 2 by E on the baseline's stage 1. Rows are done seed by seed (--seeds
    replaces those of FILE); what is there already below --output is not trained or
    scored again.
    """
    import pathlib

    from tfmi import runs
    from tfmi.experiments import study

    content = study.read(file)
    experiment, seeds = open_experiment(
        "study",
        information=True,
        recipe=content.recipe,
        settings=content.settings,
        output=output or f"{runs.FOLDER}/study-{pathlib.Path(file).stem}",
        seeds=seeds or content.seeds,
        **arguments,
    )
    knobs = content.knobs(experiment.recipe)
    run_knobs("study", experiment, knobs, seeds, both_stages)
