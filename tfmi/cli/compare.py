"""tfmi compare."""

import click


@click.command("compare")
@click.argument("runs", nargs=-1, required=True)
@click.option(
    "--output", default="comparison", show_default=True, help="Folder of the tables."
)
def command(runs, output):
    """Scores of RUNS, of baselines and of the paper in one table and picture.

    Runs are those that tfmi evaluate scored, of one dataset.
    """
    import pathlib

    from tfmi.experiments import compare
    from tfmi.files import make_folder

    tables = compare.comparison_tables(_scores(runs))
    folder = pathlib.Path(output)
    make_folder(folder)
    click.echo("\n\n".join(compare.write(folder, tables)))
    click.echo(f"written {folder}")


def _scores(paths):
    """`{name: results}`; a run goes by its folder's name where that is enough."""
    from tfmi import runs
    from tfmi.errors import DataError

    found = [runs.load(path) for path in dict.fromkeys(paths)]
    names = [run.path.resolve().name for run in found]
    if len(set(names)) < len(names):
        names = [str(run.path) for run in found]
    scores = {}
    for name, run in zip(names, found, strict=True):
        if run.scores is None:
            raise DataError(
                f"a run must be scored (tfmi evaluate {run.path}). "
                f"Received: {run.path}, without evaluation/results.json"
            )
        scores[name] = run.scores
    return scores
