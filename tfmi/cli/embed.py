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
    folder, a pattern in quotes, or a CSV file with a column path. Files that
    cannot be read are left out and named.
    """
    import tqdm

    from tfmi.inference import embed
    from tfmi.inference.encoders import open_encoder

    embed.check_output(output)
    paths = embed.find_images(images)
    opened = open_encoder(encoder, domain)
    click.echo(f"encoder {opened.source}")
    with tqdm.tqdm(total=len(paths), unit="image", desc="embed") as bar:
        written, unreadable = embed.embed(opened, paths, output, batch_size, bar.update)
    for line in unreadable[:10]:
        click.echo(f"left out {line}", err=True)
    if unreadable:
        click.echo(f"left out {len(unreadable)} files in all", err=True)
    click.echo(f"written {output}: {written} images")
