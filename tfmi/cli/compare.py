"""tfmi compare."""

import click


@click.command("compare")
@click.argument("paths", nargs=-1, required=True, metavar="RUNS...")
@click.option(
    "--output", default="comparison", show_default=True, help="Folder of the tables."
)
def command(paths, output):
    """Scores of RUNS, of baselines and of the paper in one table and picture.

    Runs are those that tfmi evaluate scored, of one dataset. What their training took
    stands beside: time a step and an epoch, also as multiples of the first run's,
    parameters and peak memory.
    """
    import pathlib

    from tfmi import runs

    chosen = [runs.load(path) for path in dict.fromkeys(paths)]
    from tfmi.experiments import compare

    folder, every = pathlib.Path(output), compare.results_of(chosen)
    by_name = dict(zip(every, chosen, strict=True))
    click.echo("\n\n".join(compare.write(folder, every, by_name)))
    click.echo(f"written {folder}")
