"""tfmi report."""

import pathlib

import click


@click.command("report")
@click.argument("run", required=False)
@click.option(
    "--exported",
    type=click.Path(),
    default="exported",
    show_default=True,
    help="Where tfmi export wrote; exports of this run are shown.",
)
def command(run, exported):
    """Write one page about RUN (default: the newest finished one).

    RUN/report.html holds all that it shows: scores, curves, maps, neighbours and
    requests to the exports. It opens from the file system.
    """
    from tfmi import runs
    from tfmi.evaluation.report.write import write_report

    run = runs.load(run) if run else runs.newest()
    click.echo(f"run     {run.path}")
    dataset = run.open_dataset()
    click.echo(f"data    {dataset.source}")
    keys = [(r.name, d) for d in run.domains for r in run.representations]
    path = run.report_file
    write_report(
        path,
        _about(run, dataset),
        _histories(run),
        run.scores,
        {key: run.represent(*key) for key in keys},
        dataset,
        _exports(run, pathlib.Path(exported) / run.recipe.name),
        progress=click.echo,
    )
    click.echo(f"written {path}: {path.stat().st_size / 1e6:.1f} MB")


def _about(run, dataset):
    from tfmi import recipes

    recipe = run.recipe
    defaults = recipes.every().get(recipe.name)
    images = {split: dataset.num_images(split) for split in ("train", "test")}
    return {
        "run": run.path.name,
        "path": str(run.path),
        "recipe": recipe.to_dict(),
        "defaults": defaults.to_dict() if defaults else {},
        "source": dataset.source,
        "versions": run.config["versions"],
        "precision": run.config.get("precision", "float32"),
        "jit": bool(run.config.get("jit")),
        "image_shape": dataset.image_shape,
        "images": images,
        "stages": {
            stage: {
                "epochs": recipe.epochs(stage),
                "steps": images["train"] // recipe.batch_size * recipe.epochs(stage),
                "seconds": run.config.get("seconds", {}).get(stage),
            }
            for stage in run.stages
        },
    }


def _histories(run):
    from tfmi.evaluation.report.curves import read_history

    return {stage: read_history(run.history_file(stage)) for stage in run.stages}


def _exports(run, folder):
    """The newest export of this run for each encoder."""
    from tfmi.exporting import manifest

    found = {}
    for export in manifest.read(folder)["exports"].values():
        known = found.get(export["encoder"])
        if export["run"] == run.path.name and (
            known is None or known["version"] < export["version"]
        ):
            found[export["encoder"]] = export
    return {"folder": folder.as_posix(), "entries": list(found.values())}
