"""tfmi verify."""

import pathlib

import click


@click.command("verify")
@click.argument("export", type=click.Path())
def command(export):
    """Check EXPORT (exported/RECIPE) again: its files and what they compute.

    Names each file that is changed, missing or extra, and compares every model
    with what Keras said when it was exported. The run is not needed.
    """
    from tfmi.exporting import manifest

    manifest.require(pathlib.Path(export))
    from tfmi.exporting.check_export import verify_export

    verify_export(export, progress=click.echo)
    click.echo(f"verified {export}")
