"""What is trained and how: one frozen recipe a dataset and method, to and from JSON.

Recipes of a method lie in the module of that name; a package adds its own through
the entry-point group `tfmi.recipes`, whose entries are `Recipe` objects.
"""

import functools
import importlib

from tfmi.errors import UsageError
from tfmi.files import parse_json
from tfmi.recipes.base import Recipe
from tfmi.recipes.base import epochs_setting
from tfmi.recipes.base import setting
from tfmi.registry import plugins

__all__ = [
    "Recipe",
    "epochs_setting",
    "every",
    "find",
    "from_dict",
    "of_method",
    "read_settings",
    "setting",
]

MODULES = (
    "cross_mi",
    "cross_mi_flow",
    "paper",
    "deep_infomax",
    "vae",
    "cross_domain",
    "cross_domain_satellite",
    "disentangled_ssl",
    "iiae",
)


@functools.cache
def every():
    """`{name: Recipe}` of all recipes, those of installed packages last."""
    own = [
        recipe
        for module in MODULES
        for recipe in importlib.import_module(f"tfmi.recipes.{module}").RECIPES
    ]
    others = plugins("tfmi.recipes").values()
    return {recipe.name: recipe for recipe in [*own, *others]}


def find(name):
    """The recipe of that name.

    Raises:
        UsageError: for an unknown name.
    """
    if name not in every():
        raise UsageError(
            f"the recipe must be one of {', '.join(every())}. Received: {name}"
        )
    return every()[name]


def of_method(name, method):
    """The recipe of a method for the dataset of the recipe of that name.

    Raises:
        UsageError: for an unknown name, and a method without such a recipe.
    """
    recipe = find(name)
    same = [r for r in every().values() if r.pipeline == recipe.pipeline]
    by_method = {}
    for other in [recipe, *same]:
        by_method.setdefault(other.method, other)
    if method not in by_method:
        raise UsageError(
            f"the method of {recipe.pipeline} must be one of {', '.join(by_method)}. "
            f"Received: {method}"
        )
    return by_method[method]


def from_dict(settings):
    """The recipe that `Recipe.to_dict` gave; what it does not name has its default.

    Raises:
        UsageError: for a method without a recipe, and for values that no run can
            have.
    """
    method = settings.get("method", "cross-mi")
    kinds = [type(r) for r in every().values() if r.method == method]
    if not kinds:
        raise UsageError(
            f"the method must be that of a recipe that is installed. Received: {method}"
        )
    return kinds[0](**settings)


def read_settings(path, what="--config"):
    """The settings of a JSON file: an object, for `--config` of recipe fields.

    Args:
        what: name of the file in messages.

    Raises:
        UsageError: where it is no JSON object.
    """
    try:
        settings = parse_json(path)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{what} must be a JSON file. Received: {path} ({error})"
        ) from error
    if not isinstance(settings, dict):
        raise UsageError(
            f"{what} must hold a JSON object. Received: {type(settings).__name__}"
        )
    return settings
