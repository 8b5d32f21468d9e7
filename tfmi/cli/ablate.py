"""tfmi ablate."""

import click

from tfmi import methods
from tfmi import recipes
from tfmi.cli.experiment import experiment_options
from tfmi.cli.experiment import open_experiment
from tfmi.cli.experiment import run_rows
from tfmi.cli.options import RecipeCommand
from tfmi.cli.options import recipe_names

METHOD = methods.find(recipes.Recipe.method)
ROWS = ",".join(["baseline", *METHOD.ablations])


@click.command("ablate", cls=RecipeCommand, without=("seed",))
@click.argument("recipe", shell_complete=recipe_names)
@experiment_options()
@click.option(
    "--rows",
    help=f"Train only these rows, A,B. Rows of {METHOD.name}: {ROWS}; and by name "
    f"alone, what others have in the place of a term: {','.join(METHOD.alternatives)}.",
)
def command(recipe, rows, both_stages, **arguments):
    """Train and score RECIPE without each term of its objective (Tables 6, 7).

    Each row leaves out a term, in a run folder of its own below --output. It is
    judged by what the stage of that term learns: rows of stage 1 are trained in
    stage 1 alone, rows of stage 2 share the baseline's stage 1. What is there
    already is not trained or scored again, so the same command goes on where it was
    left.
    """
    from tfmi.experiments.variants import ablation_variants

    keys = rows.split(",") if rows else None
    # Unknown rows are told before the modules of tables and training are loaded.
    variants = ablation_variants(recipes.find(recipe), keys, both_stages)
    from tfmi.experiments import ablation

    experiment, seeds = open_experiment("ablation", recipe, **arguments)
    run_rows(
        experiment,
        variants,
        seeds,
        lambda outcomes: ablation.write(experiment.path, outcomes),
    )
