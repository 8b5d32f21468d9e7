"""tfmi datasets."""

import importlib

import click


@click.command("datasets")
def command():
    """What can be trained, the data that each needs, and whether it is there."""
    from tfmi import pipelines
    from tfmi import recipes

    by_pipeline = {}
    for recipe in recipes.every().values():
        by_pipeline.setdefault(recipe.pipeline, []).append(recipe.name)
    for pipeline, names in by_pipeline.items():
        opener = pipelines.find(pipeline)
        module = importlib.import_module(opener.__module__)
        needs = getattr(module, "NEEDS", "see its documentation")
        here = getattr(module, "available", lambda: None)()
        click.echo(f"{pipeline}")
        click.echo(f"  data   {opener.__doc__.strip().splitlines()[0]}")
        click.echo(f"  needs  {needs}")
        click.echo(f"  here   {here or 'nothing found; name it with an option'}")
        click.echo(f"  train  {', '.join(names)}")
