"""What the commands that train several runs have in common."""

import functools
import time

import click

from tfmi.cli.interrupt import Interrupt
from tfmi.cli.options import probe_options
from tfmi.cli.options import report

# Seconds between two times that tables and pictures are written.
EVERY = 60


class Values(click.ParamType):
    """One value or several, with commas between them."""

    name = "values"

    def __init__(self, kind):
        self.kind = click.INT if kind is int else click.FLOAT

    def convert(self, value, param, ctx):
        if isinstance(value, list):
            return value
        return [self.kind.convert(part, param, ctx) for part in str(value).split(",")]


def experiment_options(seeds="0"):
    """Add --output, --seeds, --both-stages, --reuse and the options of probes.

    Args:
        seeds: the default of --seeds; `None` leaves it to the command.
    """
    options = [
        click.option("--output", type=click.Path(), help="Folder of the experiment."),
        click.option(
            "--seeds",
            type=Values(int),
            default=seeds,
            show_default=seeds is not None,
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
        probe_options(default="paper"),
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

    from tfmi import api
    from tfmi import recipes
    from tfmi import runs
    from tfmi.experiments.experiment import Experiment
    from tfmi.training import hardware

    # A wrong setting is told before TensorFlow is loaded.
    recipes.find(recipe).replace(**settings)
    hardware.choose_threads()
    chosen, dataset = api.open_chosen(recipe, settings, data)
    path = pathlib.Path(output or f"{runs.FOLDER}/{chosen.name}-{kind}")
    donors = tuple(runs.load(folder) for folder in reuse)
    experiment = Experiment(path, chosen, data, dataset, reuse=donors, **scoring)
    return experiment, list(dict.fromkeys(seeds))


def run_rows(experiment, variants, seeds, write):
    """Train and score the rows; write the tables at the end, and before it once
    in a while, as their pictures take seconds.

    Args:
        write: function from `{key: {seed: results}}` to the tables' texts.
    """
    stop = Interrupt()
    click.echo(f"recipe  {experiment.recipe.name}")
    report(experiment.dataset)
    outcome, count, written = {}, 0, time.monotonic()
    for variant, seed, results in experiment.rows(variants, seeds, stop, click.echo):
        outcome.setdefault(variant.key, {})[seed] = results
        count += 1
        if time.monotonic() - written > EVERY:
            write(outcome)
            written = time.monotonic()
    if outcome:
        click.echo("\n\n".join(write(outcome)))
    if count < len(variants) * len(seeds):
        click.echo("stopped; the same command goes on", err=True)
        raise click.exceptions.Exit(130)
    click.echo(f"written {experiment.path}")


def run_knobs(name, experiment, knobs, seeds, both_stages):
    """Train and score the rows of knobs; write tables and pictures called `name`.

    Args:
        knobs: list of `studies.Knob`.
    """
    from tfmi.experiments import sensitivity
    from tfmi.experiments import study

    def write(outcome):
        tables = sensitivity.sensitivity_tables(knobs, outcome)
        return sensitivity.write(experiment.path, name, tables)

    run_rows(experiment, study.variants(knobs, both_stages), seeds, write)
