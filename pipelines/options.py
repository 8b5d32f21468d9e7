"""How a dataset declares its options: in the signature of what opens it.

    def open_dataset(
        data_dir: Annotated[str, folder("Folder of the dataset's files.")] = None,
        render: Annotated[int, option("Images to render.", at_least=960)] = None,
    ):

The command line and `tfmi.train` take them from there. A parameter that is not
annotated so is no option, but for a function that annotates none: of that, all
parameters are.
"""

import dataclasses
import inspect
import os
import typing

from tfmi.errors import DataError
from tfmi.errors import UsageError

KINDS = (bool, int, float, str)
# Filled in by a run, never by a user.
INTERNAL = "split_file"


@dataclasses.dataclass(frozen=True)
class Declared:
    """What an annotation says of an option.

    Attributes:
        help: a sentence for `--help`.
        path: "file", "folder" or "path" where it names one that must be there.
        at_least: lower bound of a number, or `None`.
        choices: the values of a text, or `None`.
        before: value for runs that were made before the option was, where its
            default is another one. A run writes such an option down whether it was
            given or not.
    """

    help: str = ""
    path: str | None = None
    at_least: float | None = None
    choices: tuple | None = None
    before: object = None


def option(help, at_least=None, choices=None, before=None):
    """An option that is no path; see `Declared`."""
    return Declared(help, None, at_least, choices, before)


def folder(help):
    """An option that names a folder."""
    return Declared(help, "folder")


def file(help):
    """An option that names a file."""
    return Declared(help, "file")


def path(help):
    """An option that names a file or a folder."""
    return Declared(help, "path")


@dataclasses.dataclass(frozen=True)
class Option:
    """One option of a dataset.

    Attributes:
        name: of the parameter.
        kind: `bool`, `int`, `float` or `str`.
        default: what it is where it is not given.
        declared: a `Declared`.
    """

    name: str
    kind: type
    default: object
    declared: Declared

    @property
    def flag(self):
        """`--data-dir` of `data_dir`."""
        return "--" + self.name.replace("_", "-")

    def check_value(self, value):
        """Raise a UsageError for a number out of range, or no choice."""
        least, choices = self.declared.at_least, self.declared.choices
        if least is not None and value < least:
            raise UsageError(f"{self.flag} must be >= {least}. Received: {value}")
        if choices is not None and value not in choices:
            raise UsageError(
                f"{self.flag} must be one of {', '.join(choices)}. Received: {value}"
            )

    def check_path(self, value):
        """Raise a DataError where a path is not there."""
        if self.declared.path is None:
            return
        there = {
            "file": os.path.isfile,
            "folder": os.path.isdir,
            "path": os.path.exists,
        }
        what = self.declared.path
        if not there[what](value):
            what = "file or folder" if what == "path" else what
            raise DataError(f"{self.flag} must be a {what}. Received: {value}")


def options_of(opener):
    """The `Option`s of a function that opens a dataset."""
    hints = typing.get_type_hints(opener, include_extras=True)
    parameters = [
        p
        for p in inspect.signature(opener).parameters.values()
        if p.kind is not p.VAR_KEYWORD and p.name != INTERNAL
    ]
    declared = {p.name: _declared(hints.get(p.name)) for p in parameters}
    every = not any(declared.values())
    return [
        Option(p.name, _kind(p, hints), p.default, declared[p.name] or Declared())
        for p in parameters
        if every or declared[p.name]
    ]


def _declared(hint):
    for metadata in getattr(hint, "__metadata__", ()):
        if isinstance(metadata, Declared):
            return metadata
    return None


def _kind(parameter, hints):
    hint = hints.get(parameter.name)
    hint = getattr(hint, "__origin__", hint)
    if hint in KINDS:
        return hint
    return type(parameter.default) if type(parameter.default) in KINDS else str
