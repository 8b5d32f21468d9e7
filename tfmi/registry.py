"""What is found by name: tfmi's own, and what packages add by entry points."""

import importlib.metadata

from tfmi.errors import DataError
from tfmi.errors import UsageError


def plugins(group):
    """`{name: object}` of the entry points of a group.

    Raises:
        DataError: for one that does not load.
    """
    entries = importlib.metadata.entry_points(group=group)
    return {entry.name: _load(entry) for entry in entries}


class Registry:
    """Objects by name, loaded when they are asked for.

    Args:
        group: of the entry points by which packages add theirs.
        built_in: `{name: "module:attribute"}`.
        rule: of a name, as "the method must be one of".
    """

    def __init__(self, group, built_in, rule):
        self._group, self._built_in, self._rule = group, built_in, rule

    def names(self):
        """All names, those of installed packages last."""
        return list(self._entries())

    def find(self, name):
        """The object of that name.

        Raises:
            DataError: for an object of a package that does not load.
            UsageError: for an unknown name.
        """
        entries = self._entries()
        if name not in entries:
            raise UsageError(f"{self._rule} {', '.join(entries)}. Received: {name}")
        return _load(entries[name])

    def _entries(self):
        own = [
            importlib.metadata.EntryPoint(name, value, self._group)
            for name, value in self._built_in.items()
        ]
        others = importlib.metadata.entry_points(group=self._group)
        return {entry.name: entry for entry in [*own, *others]}


def _load(entry):
    try:
        return entry.load()
    except Exception as error:  # whatever the module of a package raises
        if entry.module.split(".")[0] == "tfmi":
            raise
        raise DataError(
            f"the entry point {entry.name} of {entry.group} must load. "
            f"Received: {entry.value} ({type(error).__name__}: {error})"
        ) from error
