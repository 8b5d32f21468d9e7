"""tfmi embed."""

import click


@click.command("embed")
@click.argument("encoder", type=click.Path())
@click.argument("images")
@click.option(
    "--output",
    required=True,
    type=click.Path(),
    help="File to write: .npz or .parquet.",
)
@click.option(
    "--domain",
    type=click.Choice(["x", "y"]),
    help="Domain whose encoder is used. [default: x]",
)
@click.option("--batch-size", type=click.IntRange(1), default=64, show_default=True)
def command(encoder, images, output, domain, batch_size):
    """Write the vectors of IMAGES, by ENCODER.

    ENCODER is a run, exported/RECIPE, a model in it or an .onnx file; IMAGES a
    folder, a pattern in quotes, an image, or a table (CSV or Parquet) as tfmi train
    pairs reads them, with a column path, or x and y. Files that cannot be read are
    left out and named.
    """
    from tfmi import progress
    from tfmi.files import printable
    from tfmi.inference import embed
    from tfmi.inference.encoders import open_encoder

    embed.check_output(output)
    content = embed.look_up(images, domain or "x")
    paths, left_out = content.images, content.unusable
    opened = open_encoder(encoder, domain)
    embed.check_channels(opened)
    click.echo(f"encoder {opened.source}")
    for note in content.notes:
        click.echo(printable(f"        {note}"), err=True)
    with progress.bar(total=len(paths), unit="image", desc="embed") as bar:
        written, unreadable = embed.embed(opened, paths, output, batch_size, bar.update)
    left_out = [*left_out, *unreadable]
    for line in left_out:
        click.echo(printable(f"left out {line}"), err=True)
    if left_out:
        click.echo(f"left out {len(left_out)} files in all", err=True)
    click.echo(f"written {output}: {written} images")
