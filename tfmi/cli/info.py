"""tfmi info."""

import json

import click


@click.command("info")
@click.argument("run")
def command(run):
    """What RUN was trained on and how far it got."""
    from tfmi import runs
    from tfmi.recipes import paper

    run = runs.load(run)
    progress = run.progress
    state = "finished" if run.finished else "not finished"
    if "step" in progress:
        state += f", {progress.get('stage')} stage"
    click.echo(f"run       {run.path} ({state})")
    click.echo(f"data      {run.config.get('source', 'not opened yet')}")
    for stage, end in run.config.get("ended", {}).items():
        click.echo(f"ended     {stage}, {end['epochs']:,} epochs: {end['reason']}")
    click.echo(f"versions  {json.dumps(run.config.get('versions', {}))}")
    settings = run.recipe.to_dict()
    notes, fixed = paper.notes(settings)
    for name, value in settings.items():
        beside = f"  ({notes[name]})" if name in notes else ""
        click.echo(f"  {name:<29} {value}{beside}")
    if fixed:
        click.echo("beside the paper, without a setting")
    for what, note in fixed.items():
        click.echo(f"  {what}: {note.value}  ({note})")
