"""tfmi data: check, synthesize-iam."""

import click

from tfmi.cli.options import data_options
from tfmi.cli.options import report


@click.group("data")
def command():
    """Check a dataset, or make a synthetic one."""


@command.command("check")
@click.argument("recipe")
@data_options
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--output", default="data-check", show_default=True, help="Folder for the picture."
)
def check(recipe, data, seed, output):
    """Read the data of RECIPE as training would, and say what is in it.

    Writes a contact sheet of pairs. The exit code is 1 where a file cannot be
    used.
    """
    import pathlib

    from tfmi import data_check
    from tfmi import pipelines
    from tfmi import recipes
    from tfmi.files import make_folder
    from tfmi.preview import write_preview

    recipe = recipes.find(recipe)
    dataset = pipelines.open_dataset(recipe.pipeline, data)
    report(dataset, limit=None)
    for line in data_check.describe(dataset):
        click.echo(line)
    make_folder(pathlib.Path(output))
    sheet = pathlib.Path(output) / f"{recipe.name}.png"
    write_preview(sheet, dataset, seed, pairs=48)
    click.echo(f"sheet   {sheet}")
    data_check.require_usable(dataset, recipe)


@command.command("synthesize-iam")
@click.argument("output", type=click.Path())
@click.option("--writers", type=click.IntRange(2), default=50, show_default=True)
@click.option(
    "--words-per-writer", type=click.IntRange(3), default=134, show_default=True
)
@click.option("--fonts", type=click.Path(), help="Folder of ttf, otf or woff fonts.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def synthesize_iam(output, writers, words_per_writer, fonts, seed):
    """Write a SYNTHETIC stand-in for IAM, in IAM's layout, into OUTPUT.

    Words are drawn in fonts; nothing of it is handwriting by people.
    """
    from tfmi.pipelines.synthetic_iam import synthesize

    count = synthesize(output, writers, words_per_writer, fonts, seed)
    which = "fonts" if fonts else "DejaVu fonts of matplotlib, which are no handwriting"
    click.echo(f"written {output}: SYNTHETIC, {writers} writers from {count} {which}")
