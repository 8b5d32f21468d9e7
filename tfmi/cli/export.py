"""tfmi export."""

import click


@click.command("export")
@click.argument("run", required=False)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["savedmodel", "onnx", "all"]),
    default="all",
    show_default=True,
)
@click.option("--output", type=click.Path(), default="exported", show_default=True)
@click.option("--opset", type=click.IntRange(13), default=17, show_default=True)
def command(run, format_name, output, opset):
    """Export the encoders of RUN (default: the newest finished one).

    Each is compared with Keras before it is put in place; where the outputs
    differ by more than 1e-4 nothing is written.
    """
    from tfmi import runs
    from tfmi.export.publish import export_run

    run = runs.load(run) if run else runs.newest()
    click.echo(f"run     {run.path}")
    for entry in export_run(run, format_name, output, opset):
        click.echo(f"written {entry['path']}  differs by {entry['difference']:.1e}")
