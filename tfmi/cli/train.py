"""tfmi train."""

import click

from tfmi import recipes
from tfmi.cli.interrupt import Interrupt
from tfmi.cli.options import data_options
from tfmi.cli.options import open_chosen
from tfmi.cli.options import recipe_options
from tfmi.cli.options import report
from tfmi.errors import UsageError


@click.command("train")
@click.argument("recipe", required=False)
@click.option("--resume", type=click.Path(), help="Go on with this run.")
@data_options
@click.option("--runs", "root", default="runs", help="Where run folders go.")
@recipe_options()
def command(recipe, resume, data, root, settings):
    """Train both stages of RECIPE, in a new folder below runs/.

    Settings come from the recipe, then from --config, then from options.
    Ctrl-C saves a checkpoint; --resume goes on from it.
    """
    given = bool(recipe or settings or data)
    if bool(resume) == given:
        raise UsageError(
            "give either RECIPE and its options or --resume RUN. Received: "
            + ("both" if resume else "neither")
        )
    if resume:
        _resume(resume)
        return
    if recipe is None:
        raise UsageError(
            f"RECIPE must be one of {', '.join(recipes.RECIPES)}. Received: none"
        )
    _start(recipe, settings, data, root)


def _start(name, settings, data, root):
    recipe, dataset = open_chosen(name, settings, data)
    from tfmi import runs

    _run(runs.create(recipe, data, root), dataset)


def _resume(path):
    from tfmi import runs

    run = runs.load(path)
    if run.finished:
        click.echo(f"{run.path} is finished already")
        return
    _run(run, run.open_dataset())


def _run(run, dataset):
    from tfmi import training

    click.echo(f"recipe  {run.recipe.name}")
    report(dataset)
    click.echo(f"run     {run.path}")
    if training.train(run, dataset, Interrupt()):
        click.echo(f"finished {run.path}")
        return
    click.echo(f"stopped; go on with: tfmi train --resume {run.path}", err=True)
    raise click.exceptions.Exit(130)
