"""How a run is made again: its command, and its data without this machine's folders."""

import os
import shlex

from tfmi import recipes


def train_command(recipe, data):
    """`tfmi train` with what differs from the recipe of that name.

    Args:
        recipe: a `Recipe`.
        data: `{option of its dataset: value}`; of an absolute path the last part is
            shown, as the rest is of one machine alone.

    Returns:
        The command, or `None` for a recipe that no command knows.
    """
    if recipe.name not in recipes.every():
        return None
    default = recipes.find(recipe.name).to_dict()
    changed = {n: v for n, v in recipe.to_dict().items() if v != default[n]}
    options = [_option(name, value) for name, value in (data | changed).items()]
    words = [word for option in options for word in option]
    return shlex.join(["tfmi", "train", recipe.name, *words])


def _option(name, value):
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    return [f"--{flag}", _last_part(value) if _is_path(value) else str(value)]


def without_folders(text, data):
    """A text in which each path of the data's options is its last part alone."""
    paths = sorted(filter(_is_path, data.values()), key=len, reverse=True)
    for path in paths:
        text = text.replace(path, _last_part(path))
    return text


def _is_path(value):
    return isinstance(value, str) and os.path.isabs(value)


def _last_part(path):
    return os.path.basename(path.rstrip(os.sep)) or path
