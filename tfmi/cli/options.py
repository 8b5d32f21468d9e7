"""Options that several commands take: what the data is (which of them a pipeline
takes, it decides), the settings of a recipe, and how probes score."""

import dataclasses
import functools
import os

import click

from tfmi import recipes

PATHS = ("data_dir", "manifest", "folder")
DATA = [
    click.option(
        "--data-dir", type=click.Path(), help="Folder of the dataset's files."
    ),
    click.option("--sample", is_flag=True, help="The small sample of real data."),
    click.option("--manifest", type=click.Path(), help="Own images: CSV or Parquet."),
    click.option(
        "--folder", type=click.Path(), help="Own images: a subfolder a group."
    ),
    click.option("--share", help="Factors that the images of a pair share: A,B."),
    click.option("--evaluate", help="Factors to score: A,B,C."),
    click.option("--image-size", help="HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS."),
    click.option("--one-domain", is_flag=True, help="x and y are of one kind."),
    click.option("--writers", type=click.IntRange(1), help="IAM: number of writers."),
    click.option("--images", type=click.IntRange(0), help="IAM: of images, 0 for all."),
    click.option(
        "--render", type=click.IntRange(1), help="3D Shapes: images to render."
    ),
    click.option("--bands", help="Sentinel-2: B02,B03,...; by default the data's."),
    click.option("--window", type=int, help="Sentinel-2: side of a window, pixels."),
    click.option("--stride", type=int, help="Sentinel-2: of training windows."),
    click.option("--max-cloud", type=float, help="Sentinel-2: share of a window."),
    click.option(
        "--cloud-threshold", type=float, help="Sentinel-2: B02 of cloud, without mask."
    ),
    click.option("--test-fraction", type=float, help="Of images, for the test split."),
    click.option("--split-seed", type=click.IntRange(0), help="Of the split."),
]
NAMES = [option(lambda: None).__click_params__[0].name for option in DATA]


def data_options(function):
    """Add the data options; the function gets them as one `data`, only those
    that were given, paths made absolute."""

    @functools.wraps(function)
    def command(**arguments):
        data = {name: arguments.pop(name) for name in NAMES}
        data = {name: v for name, v in data.items() if v is not None and v is not False}
        for name in set(PATHS) & set(data):
            data[name] = os.path.abspath(data[name])
        return function(data=data, **arguments)

    for option in reversed(DATA):
        command = option(command)
    return command


SETTINGS = [field for field in recipes.find("colored-mnist").settings()]


def recipe_options(without=(), numbers=lambda kind: kind):
    """Add --config and an option for each setting of a recipe; the function gets
    them as one `settings`, only those that were given, options before --config.

    Args:
        without: names of settings that are no option here.
        numbers: from `int` or `float` to the type of such an option.
    """
    fields = [field for field in SETTINGS if field.name not in without]

    def add(function):
        @functools.wraps(function)
        def command(config, **arguments):
            settings = recipes.read_settings(config) if config else {}
            for field in fields:
                value = arguments.pop(field.name)
                if value is not None:
                    settings[field.name] = value
            return function(settings=settings, **arguments)

        for field in reversed(fields):
            command = _setting_option(field, numbers)(command)
        config = click.option(
            "--config", type=click.Path(), help="Settings from a JSON file."
        )
        return config(command)

    return add


def _setting_option(field, numbers):
    flag = "--" + field.name.replace("_", "-")
    if field.type is bool:
        flag = f"{flag}/--no-{flag[2:]}"
    kind = numbers(field.type) if field.type in (int, float) else field.type
    choices = field.metadata["choices"]
    kind = click.Choice(choices) if choices else kind
    return click.option(flag, field.name, type=kind, default=None)


def open_chosen(name, settings, data):
    """The recipe with its settings, and its dataset.

    Both are checked here, before a folder is made.
    """
    from tfmi import pipelines
    from tfmi.training import stages

    recipe = recipes.find(name).replace(**settings)
    dataset = pipelines.open_dataset(recipe.pipeline, data)
    if len(dataset.domains) > 1 and "share_weights" not in settings:
        recipe = recipe.replace(share_weights=False)
    stages.check_sizes(recipe, dataset)
    return recipe, dataset


PROTOCOLS = {"paper": ["paper"], "strong": ["strong"], "both": ["paper", "strong"]}


def probe_options(default):
    """Add --protocol and --limit; the function gets `protocols` (names) and
    `limit`."""

    def add(function):
        @functools.wraps(function)
        def command(protocol, **arguments):
            return function(protocols=PROTOCOLS[protocol], **arguments)

        limit = click.option(
            "--limit", type=click.IntRange(100), help="Training images for probes."
        )
        protocol = click.option(
            "--protocol",
            type=click.Choice(list(PROTOCOLS)),
            default=default,
            show_default=True,
        )
        return protocol(limit(command))

    return add


def report(dataset, limit=5):
    """Print the source and the notes, and name what could not be used, at most
    `limit` files of it."""
    click.echo(f"data    {dataset.source}")
    for note in dataset.notes:
        click.echo(f"        {note}")
    if dataset.unusable:
        click.echo(
            f"        {len(dataset.unusable)} files could not be used:", err=True
        )
        for line in dataset.unusable[:limit]:
            click.echo(f"          {line}", err=True)
        if limit is not None and len(dataset.unusable) > limit:
            click.echo("          ... (unusable.txt in the run names all)", err=True)
