"""tfmi data: check, synthesize-iam."""

import click

from tfmi.cli.options import RecipeCommand
from tfmi.cli.options import recipe_names
from tfmi.cli.options import report


@click.group("data")
def command():
    """Check a dataset, or make a synthetic one."""


@command.command("check", cls=RecipeCommand, settings=False)
@click.argument("recipe", shell_complete=recipe_names)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option(
    "--output", default="data-check", show_default=True, help="Folder for the picture."
)
def check(recipe, data, seed, output):
    """Read the data of RECIPE as training would, and say what is in it.

    Writes a contact sheet of pairs. The exit code is 1 where a file cannot be
    used.
    """
    import pathlib

    from tfmi import pipelines
    from tfmi import recipes
    from tfmi.files import make_folder
    from tfmi.pipelines import check
    from tfmi.pipelines.preview import write_preview

    recipe = recipes.find(recipe)
    dataset = pipelines.open_dataset(recipe.pipeline, data)
    report(dataset, limit=None)
    for line in check.describe(dataset):
        click.echo(line)
    make_folder(pathlib.Path(output))
    sheet = pathlib.Path(output) / f"{recipe.name}.png"
    write_preview(sheet, dataset, seed, pairs=48)
    click.echo(f"sheet   {sheet}")
    check.require_usable(dataset, recipe)


@command.command("prepare-sentinel2")
@click.argument("data_dir", type=click.Path())
@click.argument("output", type=click.Path())
@click.option("--bands", help="B02,B03,...; by default the data's.")
@click.option("--window", type=int, default=64, show_default=True)
@click.option("--stride", type=int, help="Of training windows; by default the window.")
@click.option("--max-cloud", type=float, default=0.2, show_default=True)
@click.option("--cloud-threshold", type=float, help="B02 of cloud, without a mask.")
@click.option("--test-fraction", type=float, default=0.2, show_default=True)
@click.option("--parts", type=click.IntRange(1), default=1, show_default=True)
@click.option("--beam", multiple=True, help="A flag of Beam, such as --runner=...")
def prepare_sentinel2(data_dir, output, bands, parts, beam, **settings):
    """Cut the windows of DATA_DIR into OUTPUT, with Apache Beam.

    tfmi train sentinel2 --data-dir OUTPUT trains on them. What is broken off is gone
    on with by the same command; finished parts are not done again.
    """
    from tfmi.pipelines.sentinel2.bands import choose
    from tfmi.pipelines.sentinel2.prepare import prepare
    from tfmi.pipelines.sentinel2.windows import Settings

    settings["stride"] = settings["stride"] or settings["window"]
    wanted = Settings(choose(bands) or (), **settings)
    prepare(data_dir, output, wanted, parts, beam, click.echo)
    click.echo(f"written {output}")


@command.command("synthesize-iam")
@click.argument("output", type=click.Path())
@click.option("--writers", type=click.IntRange(2), default=50, show_default=True)
@click.option(
    "--words-per-writer", type=click.IntRange(3), default=134, show_default=True
)
@click.option("--fonts", type=click.Path(), help="Folder of ttf, otf or woff fonts.")
@click.option(
    "--shared-fonts",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Number of fonts that writers share, who then differ in slant, pen and "
    "spacing alone. 0 gives each his own while there are fonts.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def synthesize_iam(output, writers, words_per_writer, fonts, shared_fonts, seed):
    """Write a SYNTHETIC stand-in for IAM, in IAM's layout, into OUTPUT.

    Words are drawn in fonts; nothing of it is handwriting by people.
    """
    from tfmi.pipelines.synthetic_iam import synthesize

    count = synthesize(output, writers, words_per_writer, fonts, seed, shared_fonts)
    which = "fonts" if fonts else "DejaVu fonts of matplotlib, which are no handwriting"
    click.echo(f"written {output}: SYNTHETIC, {writers} writers from {count} {which}")
