"""tfmi datasets."""

import click


@click.command("datasets")
def command():
    """What can be trained, the data that each needs, and whether it is there."""
    from tfmi import pipelines
    from tfmi import recipes

    for recipe in recipes.RECIPES.values():
        opener = pipelines.find(recipe.pipeline)
        click.echo(f"{recipe.name}")
        click.echo(f"  pipeline  {recipe.pipeline}: {_first_line(opener)}")
        click.echo(f"  here      {_available(opener) or 'no: give --data-dir'}")


def _first_line(opener):
    return opener.__doc__.strip().splitlines()[0]


def _available(opener):
    import importlib

    module = importlib.import_module(opener.__module__)
    return module.available() if hasattr(module, "available") else None
