"""tfmi report."""

import pathlib

import click

from tfmi.cli.options import chosen_run


@click.command("report")
@click.argument("run", required=False)
@click.option(
    "--exported",
    type=click.Path(),
    default="exported",
    show_default=True,
    help="Folder that tfmi export wrote into; exports of this run are shown.",
)
def command(run, exported):
    """Write one page about RUN (default: the newest finished one).

    RUN/report.html holds all that it shows: scores, curves, maps, neighbours and
    requests to the exports. It opens from the file system. The data is not needed:
    the run keeps the images that are shown.
    """
    run = chosen_run(run)
    from tfmi.evaluation import scoring
    from tfmi.evaluation.report.write import write_report

    results = scoring.results_of(run)
    exports = _exports(run, pathlib.Path(exported) / run.recipe.name)
    write_report(run, results, exports, progress=click.echo)
    size = run.report_file.stat().st_size
    click.echo(f"written {run.report_file}: {size / 1e6:.1f} MB")


def _exports(run, folder):
    """The newest export of this run for each encoder, by its manifest."""
    from tfmi.exporting import manifest

    exports = manifest.read(folder)["exports"].values()
    own = [export for export in exports if export["run"] == run.path.name]
    # Of exports of one encoder the last stays, that of the highest version.
    own = sorted(own, key=lambda export: export["version"])
    newest = {export["encoder"]: export for export in own}
    return {"folder": folder.as_posix(), "entries": list(newest.values())}
