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
@click.option("--opset", type=int, default=17, show_default=True, help="Of ONNX.")
@click.option("--quantize", type=click.Choice(["int8"]), help="An ONNX file more.")
@click.option("--float16", is_flag=True, help="An ONNX file more, in float16.")
def command(run, **options):
    """Export the encoders of RUN (default: the newest finished one).

    Each is compared with Keras before it is put in place; where the outputs
    differ by more than 1e-4 nothing is written. What int8 and float16 change, in
    outputs and in the accuracy of probes, is measured and printed.
    """
    from tfmi import runs
    from tfmi.evaluation.measure.probe_transfer import ProbeTransfer
    from tfmi.exporting.card import change_text
    from tfmi.exporting.publish import export_run

    run = runs.load(run) if run else runs.newest()
    click.echo(f"run     {run.path}")
    if options["quantize"] or options["float16"]:
        options["probe"] = ProbeTransfer(run.open_dataset(), run.representations)
    for entry in export_run(run, **options):
        click.echo(f"written {entry['path']}  differs by {entry['difference']:.1e}")
        if "change" in entry:
            outputs = entry["change"]["outputs"]
            click.echo(
                f"        outputs on test images change by {outputs['mean']:.1e} on "
                f"average; probes: {change_text(entry['change'])}"
            )
