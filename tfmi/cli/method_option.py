"""--method: the recipe of another method for the dataset of a recipe."""

import click

from tfmi import recipes

FLAG = "--method"
# Shown and never parsed: `named_by_method` takes it out of the arguments before.
METHOD = click.Option(
    [FLAG],
    expose_value=False,
    help="Take the recipe of this method for the dataset of RECIPE.",
)


def named_by_method(args, recipe_in):
    """The arguments with one recipe in place of RECIPE and --method.

    Args:
        args: of a command.
        recipe_in: function from arguments to the name of a recipe in them, or `None`.

    Raises:
        UsageError: for a method without a recipe for that dataset.
    """
    method, rest = _taken_out(args)
    recipe = recipe_in(rest)
    if method is None or recipe is None:
        return args
    place = rest.index(recipe)
    name = recipes.of_method(recipe, method).name
    return [*rest[:place], name, *rest[place + 1 :]]


def _taken_out(args):
    """The option's value, `None` where it is not there, and the other arguments."""
    for place, arg in enumerate(args):
        if arg == FLAG and place + 1 < len(args):
            return args[place + 1], [*args[:place], *args[place + 2 :]]
        if arg.startswith(f"{FLAG}="):
            return arg.partition("=")[2], [*args[:place], *args[place + 1 :]]
    return None, args
