"""tfmi train."""

import dataclasses
import signal

import click

from tfmi import recipes
from tfmi.cli.options import data_options
from tfmi.cli.options import report
from tfmi.errors import UsageError

SETTINGS = [
    field
    for field in dataclasses.fields(recipes.Recipe)
    if field.name not in ("name", "pipeline")
]


def _setting_options(function):
    """An option for each setting of a recipe; its default is the recipe's."""
    for field in reversed(SETTINGS):
        flag = "--" + field.name.replace("_", "-")
        if field.type is bool:
            flag = f"{flag}/--no-{flag[2:]}"
        choices = recipes.CHOICES.get(field.name)
        kind = click.Choice(choices) if choices else field.type
        function = click.option(flag, field.name, type=kind, default=None)(function)
    return function


@click.command("train")
@click.argument("recipe", required=False)
@click.option("--resume", type=click.Path(), help="Go on with this run.")
@data_options
@click.option("--config", type=click.Path(), help="Settings from a JSON file.")
@click.option("--runs", "root", default="runs", help="Where run folders go.")
@_setting_options
def command(recipe, resume, data, config, root, **settings):
    """Train both stages of RECIPE, in a new folder below runs/.

    Settings come from the recipe, then from --config, then from options.
    Ctrl-C saves a checkpoint; --resume goes on from it.
    """
    settings = {name: value for name, value in settings.items() if value is not None}
    given = bool(recipe or settings or data or config)
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
    chosen = recipes.find(recipe)
    if config:
        settings = {**recipes.read_settings(config), **settings}
    _start(chosen.replace(**settings), data, root, "share_weights" in settings)


def _start(recipe, options, root, weights_chosen):
    from tfmi import pipelines
    from tfmi import runs
    from tfmi import training

    # The data is opened and checked before a folder is made.
    dataset = pipelines.open_dataset(recipe.pipeline, options)
    if len(dataset.domains) > 1 and not weights_chosen:
        recipe = recipe.replace(share_weights=False)
    training.check_sizes(recipe, dataset)
    _run(runs.create(recipe, options, root), dataset)


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
    interrupted = _Interrupt()
    if training.train(run, dataset, interrupted):
        click.echo(f"finished {run.path}")
        return
    click.echo(f"stopped; go on with: tfmi train --resume {run.path}", err=True)
    raise click.exceptions.Exit(130)


class _Interrupt:
    """Whether Ctrl-C (or a termination) was asked for; a second one is final."""

    def __init__(self):
        self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number, frame):
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def __call__(self):
        return self._asked
