"""tfmi report."""

import pathlib

import click

from tfmi.cli.options import chosen_run
from tfmi.errors import UsageError


@click.command("report")
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option(
    "--exported",
    type=click.Path(),
    default="exported",
    show_default=True,
    help="Folder that tfmi export wrote into; exports of this run are shown.",
)
@click.option("--compare", is_flag=True, help="One page about several scored runs.")
@click.option(
    "--output",
    type=click.Path(),
    help="Page to write with --compare. [default: comparison.html]",
)
def command(runs, exported, compare, output):
    """Write one page about RUN (default: the newest finished one).

    RUN/report.html holds all that it shows: scores, curves, maps, neighbours and
    requests to the exports. It opens from the file system. The data is not needed:
    the run keeps the images that are shown.

    With --compare, one page sets the scores, curves and settings of several runs of
    one dataset beside each other.
    """
    if compare:
        _compare(runs, pathlib.Path(output or "comparison.html"))
        return
    if len(runs) > 1:
        raise UsageError(
            f"there must be one RUN without --compare. Received: {', '.join(runs)}"
        )
    if output:
        raise UsageError(f"--output must go with --compare. Received: {output}")
    _report(chosen_run(*runs), exported)


def _compare(paths, output):
    paths = list(dict.fromkeys(paths))
    if len(paths) < 2:
        raise UsageError(
            f"--compare must have two runs or more. Received: {len(paths)}"
        )
    from tfmi import runs

    chosen = [runs.load(path) for path in paths]
    from tfmi.experiments import comparison_page
    from tfmi.experiments.compare import results_of

    comparison_page.write(output, chosen, results_of(chosen))
    _written(output)


def _report(run, exported):
    from tfmi.evaluation import scoring
    from tfmi.evaluation.report.write import write_report

    results = scoring.results_of(run)
    exports = _exports(run, pathlib.Path(exported) / run.recipe.name)
    write_report(run, results, exports, progress=click.echo)
    _written(run.report_file)


def _written(page):
    click.echo(f"written {page}: {page.stat().st_size / 1e6:.1f} MB")


def _exports(run, folder):
    """The newest export of this run for each encoder, by its manifest."""
    from tfmi.exporting import manifest

    exports = manifest.read(folder)["exports"].values()
    own = [export for export in exports if export["run"] == run.path.name]
    # Of exports of one encoder the last stays, that of the highest version.
    own = sorted(own, key=lambda export: export["version"])
    newest = {export["encoder"]: export for export in own}
    return {"folder": folder.as_posix(), "entries": list(newest.values())}
