"""What the commands that train several runs have in common."""

import functools

import click

from tfmi.cli.interrupt import Interrupt
from tfmi.cli.options import data_options
from tfmi.cli.options import open_chosen
from tfmi.cli.options import probe_options
from tfmi.cli.options import recipe_options
from tfmi.cli.options import report


class Values(click.ParamType):
    """One value or several, with commas between them."""

    name = "values"

    def __init__(self, kind):
        self.kind = click.INT if kind is int else click.FLOAT

    def convert(self, value, param, ctx):
        if isinstance(value, list):
            return value
        return [self.kind.convert(part, param, ctx) for part in str(value).split(",")]


def experiment_options(numbers=lambda kind: kind):
    """Add RECIPE, the options of training but --seed, those of probes, and
    --output, --seeds, --both-stages and --reuse.

    Args:
        numbers: as in `recipe_options`.
    """
    options = [
        click.argument("recipe"),
        click.option("--output", type=click.Path(), help="Folder of the experiment."),
        click.option(
            "--seeds",
            type=Values(int),
            default="0",
            show_default=True,
            help="Of training, A,B,C: each row once with each.",
        ),
        click.option(
            "--both-stages", is_flag=True, help="Rows of stage 1 get a stage 2 too."
        ),
        click.option(
            "--reuse",
            multiple=True,
            type=click.Path(),
            help="A run whose stages are taken where settings and data agree.",
        ),
        data_options,
        probe_options(default="paper"),
        recipe_options(without=("seed",), numbers=numbers),
    ]
    return lambda function: functools.reduce(
        lambda wrapped, option: option(wrapped), reversed(options), function
    )


def open_experiment(kind, recipe, output, seeds, reuse, data, settings, **scoring):
    """The `Experiment` and its seeds; nothing is written yet.

    Args:
        kind: "ablation", "sweep": of the folder's name, unless `output` names it.
    """
    import pathlib

    from tfmi import runs
    from tfmi.experiments import Experiment

    chosen, dataset = open_chosen(recipe, settings, data)
    path = pathlib.Path(output or f"{runs.FOLDER}/{chosen.name}-{kind}")
    donors = tuple(runs.load(folder) for folder in reuse)
    experiment = Experiment(path, chosen, data, dataset, reuse=donors, **scoring)
    return experiment, list(dict.fromkeys(seeds))


def run_rows(experiment, variants, seeds, write):
    """Train and score the rows, and write the tables after each.

    Args:
        write: function from `{key: {seed: results}}` to the tables' texts.
    """
    stop = Interrupt()
    click.echo(f"recipe  {experiment.recipe.name}")
    report(experiment.dataset)
    outcome, texts, count = {}, [], 0
    for variant, seed, results in experiment.rows(variants, seeds, stop, click.echo):
        outcome.setdefault(variant.key, {})[seed] = results
        texts, count = write(outcome), count + 1
    click.echo("\n\n".join(texts))
    if count < len(variants) * len(seeds):
        click.echo("stopped; the same command goes on", err=True)
        raise click.exceptions.Exit(130)
    click.echo(f"written {experiment.path}")
