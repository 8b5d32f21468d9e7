"""tfmi train."""

import click

from tfmi import machine
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
@click.option(
    "--precision",
    type=click.Choice(machine.PRECISIONS),
    help="Of convolutions and matrix products; auto: the fastest here.",
)
@click.option("--jit", type=click.Choice(machine.JIT), help="Compile with XLA.")
@click.option(
    "--probe-every",
    type=click.IntRange(0),
    default=1000,
    show_default=True,
    help="Steps between two online probes; 0 for none.",
)
@recipe_options()
def command(recipe, resume, data, root, precision, jit, probe_every, settings):
    """Train both stages of RECIPE, in a new folder below runs/.

    Settings come from the recipe, then from --config, then from options.
    Ctrl-C saves a checkpoint; --resume goes on from it.
    """
    given = bool(recipe or settings or data or precision or jit)
    if bool(resume) == given:
        raise UsageError(
            "give either RECIPE and its options or --resume RUN. Received: "
            + ("both" if resume else "neither")
        )
    if resume:
        _resume(resume, probe_every)
        return
    if recipe is None:
        raise UsageError(
            f"RECIPE must be one of {', '.join(recipes.RECIPES)}. Received: none"
        )
    run, dataset = _create(recipe, settings, data, root)
    _run(run, dataset, precision or "auto", jit or "auto", probe_every)


def _create(name, settings, data, root):
    recipe, dataset = open_chosen(name, settings, data)
    from tfmi import runs

    return runs.create(recipe, data, root), dataset


def _resume(path, probe_every):
    from tfmi import runs

    run = runs.load(path)
    if run.finished:
        click.echo(f"{run.path} is finished already")
        return
    # As it began: where nothing was chosen, without either.
    _run(run, run.open_dataset(), "float32", "off", probe_every)


def _run(run, dataset, precision, jit, probe_every):
    from tfmi import training

    click.echo(f"recipe  {run.recipe.name}")
    report(dataset)
    click.echo(f"run     {run.path}")
    chosen = machine.settle(run, dataset.image_shape, precision, jit)
    click.echo(f"uses    {chosen}")
    if training.train(run, dataset, Interrupt(), probe_every):
        click.echo(f"finished {run.path}")
        return
    click.echo(f"stopped; go on with: tfmi train --resume {run.path}", err=True)
    raise click.exceptions.Exit(130)
