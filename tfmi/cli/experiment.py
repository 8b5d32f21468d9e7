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


def split_option(default):
    """Add --split. `None` as the default is for experiments, whose settings are
    chosen by their scores."""
    text = "Split to score: validation images are held out of training and of probes."
    if default is None:
        text += "  [default: validation, where the data can hold some out]"
    return click.option(
        "--split",
        type=click.Choice(["test", "validation"]),
        default=default,
        show_default=default is not None,
        help=text,
    )


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
            help="Seeds of training, A,B,C: each row is trained once with each.",
        ),
        click.option(
            "--both-stages",
            is_flag=True,
            help="Train and score the later stages of each row too.",
        ),
        click.option(
            "--reuse",
            multiple=True,
            type=click.Path(),
            help="A run whose stages are taken where settings and data agree.",
        ),
        probe_options(default="paper"),
        split_option(None),
    ]
    return lambda function: functools.reduce(
        lambda wrapped, option: option(wrapped), reversed(options), function
    )


def open_experiment(
    kind, recipe, output, seeds, reuse, data, settings, split, **scoring
):
    """The `Experiment` and its seeds; nothing is written yet.

    Args:
        kind: what the folder's name ends in ("ablation"), unless `output` names it.
        recipe: name of the recipe.
        output: folder of the experiment, or `None`.
        seeds: of training.
        reuse: folders of runs whose stages may be taken.
        data, settings: options of the dataset, and settings of the recipe.
        split: that is scored; `None` is the validation split, where the dataset can
            hold one out.
        scoring: more attributes of the `Experiment`.
    """
    import pathlib

    from tfmi import api
    from tfmi import recipes
    from tfmi import runs
    from tfmi.evaluation.scored_split import scored_on
    from tfmi.experiments.experiment import Experiment
    from tfmi.training import automatic
    from tfmi.training import hardware

    # A wrong setting is told before TensorFlow is loaded.
    wanted = recipes.find(recipe)
    wanted.replace(**settings).check_files()
    split, data = _chosen_split(split, wanted.pipeline, data)
    settings, _ = automatic.settled(wanted, settings, data)
    hardware.prepare()
    chosen, dataset, data = api.open_chosen(recipe, settings, data)
    path = pathlib.Path(output or f"{runs.FOLDER}/{chosen.name}-{kind}")
    donors = tuple(runs.load(folder) for folder in reuse)
    scored_on(dataset, split)
    click.echo(f"scores  on the {split} split")
    options = {"reuse": donors, "split": split, **scoring}
    experiment = Experiment(path, chosen, data, dataset, **options)
    return experiment, list(dict.fromkeys(seeds))


def _chosen_split(split, pipeline, data):
    """The split to score, and the data options that hold it out."""
    from tfmi import pipelines

    holding_out = pipelines.holding_out(pipeline)
    if split is None:
        split = "validation" if holding_out else "test"
    if split == "test":
        return split, data
    return split, {**holding_out, **data}


def run_rows(experiment, variants, seeds, write):
    """Train and score the rows; write the tables at the end, and before it once
    in a while, as their pictures take seconds.

    Args:
        experiment: an `Experiment`.
        variants: list of `Variant`.
        seeds: of training.
        write: function from a list of `Outcome` to the tables' texts.
    """
    stop = Interrupt()
    click.echo(f"recipe  {experiment.recipe.name}")
    report(experiment.dataset)
    outcomes, written = [], time.monotonic()
    for outcome in experiment.outcomes(variants, seeds, stop, click.echo):
        outcomes.append(outcome)
        if time.monotonic() - written > EVERY:
            write(outcomes)
            written = time.monotonic()
    if outcomes:
        click.echo("\n\n".join(write(outcomes)))
    if len(outcomes) < len(variants) * len(seeds):
        click.echo("stopped; the same command goes on", err=True)
        raise click.exceptions.Exit(130)
    click.echo(f"written {experiment.path}")


def run_knobs(name, experiment, knobs, seeds, both_stages):
    """Train and score the rows of knobs; write tables and pictures called `name`.

    Args:
        experiment: an `Experiment`.
        knobs: list of `Knob`.
        seeds: of training.
        both_stages: whether settings of a stage are judged by later stages too.
    """
    from tfmi.experiments import sensitivity
    from tfmi.experiments import sweep

    def write(outcomes):
        parts = knobs, outcomes, experiment.method
        return sensitivity.write(experiment.path, name, *parts)

    variants = sweep.variants(knobs, experiment.recipe, both_stages)
    run_rows(experiment, variants, seeds, write)
