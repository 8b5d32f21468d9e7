"""Systems that learn representations from pairs of images, found by name.

A package adds its own through the entry-point group `tfmi.methods`, whose entries
are `Method` objects.
"""

import functools
import importlib
import importlib.metadata

from tfmi.errors import UsageError

BUILT_IN = {"cross-mi": "tfmi.methods.cross_mi:METHOD"}


def names():
    """Names of all methods, those of installed packages too."""
    return sorted({*BUILT_IN, *_plugins()})


@functools.cache
def find(name):
    """The `Method` of that name.

    Raises:
        UsageError: for an unknown name.
    """
    plugins = _plugins()
    if name in plugins:
        return plugins[name].load()
    if name not in BUILT_IN:
        raise UsageError(
            f"the method must be one of {', '.join(names())}. Received: {name}"
        )
    module, attribute = BUILT_IN[name].split(":")
    return getattr(importlib.import_module(module), attribute)


def _plugins():
    entries = importlib.metadata.entry_points(group="tfmi.methods")
    return {entry.name: entry for entry in entries}
