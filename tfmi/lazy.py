"""Modules that are imported when something of theirs is first used."""

import importlib


class LazyModule:
    """Stands for a module, so that what only reads a signature does not wait for it.

    Args:
        name: of the module, as in an import statement.
    """

    def __init__(self, name):
        self._name = name

    def __getattr__(self, attribute):
        return getattr(importlib.import_module(self._name), attribute)
