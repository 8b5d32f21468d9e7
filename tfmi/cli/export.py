"""tfmi export."""

import click

from tfmi.cli.options import chosen_run
from tfmi.exporting import formats
from tfmi.exporting import server_files


@click.command("export")
@click.argument("run", required=False)
@click.option(
    "--format",
    "wanted",
    default="all",
    show_default=True,
    metavar="NAMES",
    help=f"Formats to write, joined by commas: {', '.join(formats.names())}; all "
    f"stands for {', '.join(formats.ALL)}.",
)
@click.option("--output", type=click.Path(), default="exported", show_default=True)
@click.option(
    "--opset", type=int, default=17, show_default=True, help="Opset of ONNX files."
)
@click.option(
    "--quantize", type=click.Choice(["int8"]), help="Write an int8 ONNX file as well."
)
@click.option("--float16", is_flag=True, help="Write a float16 ONNX file as well.")
@click.option(
    "--model-root",
    default=server_files.MODEL_ROOT,
    show_default=True,
    help="Where TensorFlow Serving will see the folder of the exports.",
)
@click.option(
    "--encoders",
    metavar="NAMES",
    help="Encoders to export, joined by commas: representations, and combined. "
    "[default: every one]",
)
@click.option(
    "--keep-images/--no-keep-images",
    default=True,
    show_default=True,
    help="Keep test images with the export, to check it on; random ones if not.",
)
@click.option("--license", help="Licence that the model cards name, as cc-by-4.0.")
@click.option("--credit", help="What the model cards say of the data and its authors.")
def command(run, wanted, output, quantize, float16, **options):
    """Export the encoders of RUN (default: the newest finished one).

    Each is compared with Keras before it is put in place; where the outputs
    differ by more than 1e-4 nothing is written. What int8 and float16 change, in
    outputs and in the accuracy of probes, is measured and printed. The run's data
    is needed for those probes only.
    """
    run = chosen_run(run)
    from tfmi.exporting.options import Options

    wanted = [*wanted.split(","), quantize, "float16" if float16 else None]
    wanted = list(filter(None, wanted))
    # Checked before anything is read.
    probed = Options(wanted, **options).measures_change
    _export(run, wanted, output, _probe(run) if probed else None, options)


def _export(run, wanted, output, probe, options):
    from tfmi.exporting.publish import export_run

    for entry in export_run(run, wanted, output, probe=probe, **options):
        click.echo(f"written {entry['path']}  differs by {entry['difference']:.1e}")
        if "change" in entry:
            _echo_change(entry["change"])


def _probe(run):
    """What measures the change of probe accuracy; `None` without the run's data."""
    from tfmi.errors import DataError
    from tfmi.evaluation.measure.probe_transfer import ProbeTransfer

    try:
        return ProbeTransfer(run.open_dataset(), run.representations)
    except DataError as error:
        click.echo(f"        the change of probe accuracy is not measured: {error}")
        return None


def _echo_change(change):
    from tfmi.exporting.card import change_text

    click.echo(
        f"        outputs on test images change by {change['outputs']['mean']:.1e} on "
        f"average; probes: {change_text(change)}"
    )
