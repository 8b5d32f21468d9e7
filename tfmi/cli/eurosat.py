"""tfmi eurosat."""

import click

from tfmi.cli.experiment import split_option
from tfmi.cli.options import chosen_run


@click.command("eurosat")
@click.argument("run", required=False)
@click.option(
    "--data-dir",
    type=click.Path(),
    help="A folder of images a class; by default tensorflow-datasets.",
)
@click.option("--limit", type=click.IntRange(100), help="Labelled training images.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@split_option("test")
def command(run, data_dir, limit, seed, split):
    """Section 5.4: classify EuroSAT's images by what RUN, trained on Sentinel-2, holds
    of a place, beside raw pixels and the paper's figures.

    Writes RUN/evaluation/eurosat.json and .txt, of the validation split those of
    RUN/evaluation/validation.
    """
    run = chosen_run(run)
    from tfmi import progress
    from tfmi.errors import UsageError
    from tfmi.evaluation.measure import land_use
    from tfmi.evaluation.scoring import results_folder
    from tfmi.evaluation.tables.downstream import land_use_text
    from tfmi.files import make_folder
    from tfmi.files import write_json
    from tfmi.files import write_text
    from tfmi.pipelines.eurosat import EuroSat

    if not run.channels:
        raise UsageError(
            "the run must be one of Sentinel-2's bands. "
            f"Received: {run.recipe.name}, whose channels have no names"
        )
    images = EuroSat(run.channels, data_dir)
    click.echo(f"data    {images.source}")
    side = run.image_shape[0]
    rows = {
        name: land_use.in_windows(represent, side)
        for name, represent in _rows(run).items()
    }
    if side != 64:
        click.echo(f"        vectors are means over windows of {side} pixels")
    with progress.bar(
        images.batches(), desc="EuroSAT", unit="batch", leave=False
    ) as batches:
        result = land_use.score(rows, batches, seed=seed, limit=limit, scored=split)
    for line in images.unreadable[:10]:
        click.echo(f"left out {line}", err=True)
    about = {"source": images.source, "seed": seed, "limit": limit, "split": split}
    result = about | result
    result["unreadable"] = len(images.unreadable)
    text = land_use_text(result, ("paper", "strong"))
    click.echo(text)
    folder = results_folder(run, split)
    make_folder(folder)
    write_json(folder / "eurosat.json", {**result, "paper": land_use.PAPER})
    write_text(folder / "eurosat.txt", text + "\n")
    click.echo(f"written {folder / 'eurosat.txt'}")


def _rows(run):
    """`{row: represent}` of every representation that should hold the land use, and of
    the same before training."""
    from tfmi.errors import UsageError
    from tfmi.evaluation.results import UNTRAINED

    candidates = [r for r in run.representations if r.holds != "exclusive"]
    if not candidates:
        raise UsageError(
            "the run must have a representation of what its pairs share. "
            f"Received: {run.recipe.name}, without one"
        )
    untrained = {
        f"{UNTRAINED}, {each.symbol}" if len(candidates) > 1 else UNTRAINED: each
        for each in candidates
    }
    return {
        **{each.symbol: run.represent(each.name, "x") for each in candidates},
        **{
            row: run.represent_untrained(each.name, "x")
            for row, each in untrained.items()
        },
    }
