"""tfmi info."""

import json

import click


@click.command("info")
@click.argument("run")
def command(run):
    """What RUN was trained on and how far it got."""
    from tfmi import runs

    run = runs.load(run)
    progress = run.progress
    state = "finished" if run.finished else "not finished"
    if "step" in progress:
        state += f", {progress.get('stage')} stage"
    click.echo(f"run       {run.path} ({state})")
    click.echo(f"data      {run.config.get('source', 'not opened yet')}")
    click.echo(f"versions  {json.dumps(run.config.get('versions', {}))}")
    for name, value in run.recipe.to_dict().items():
        click.echo(f"  {name:<29} {value}")
