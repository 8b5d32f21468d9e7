"""What is said where TensorFlow, or a package that comes with it, is not installed.

`pip install tfmi` brings what embeds images by ONNX files; all else needs the extra
`train`.
"""

import contextlib
import importlib.metadata
import re

EXTRA = "train"


def line_of(error):
    """The line for an error, or one that it was raised from; `None` where no package
    of the extra is missing."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and error.name:
            name = error.name.partition(".")[0]
            if _plain(name) in _packages():
                return (
                    f"{name} must be installed for this: pip install 'tfmi[{EXTRA}]'. "
                    "Received: an installation that embeds by ONNX files alone"
                )
        error = error.__cause__ or error.__context__
    return None


@contextlib.contextmanager
def explained():
    """Raise an ImportError that says so for a package of the extra that is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        line = line_of(error)
        if line is None:
            raise
        raise ImportError(line, name=error.name) from error


def _packages():
    """Names under which the packages of the extra are imported, as `_plain`."""
    try:
        required = importlib.metadata.requires("tfmi") or ()
    except importlib.metadata.PackageNotFoundError:
        required = ()
    mark = f'extra == "{EXTRA}"'
    lines = [line for line in required if mark in line.replace("'", '"')]
    return {_plain(re.match(r"[\w.-]+", line)[0]) for line in lines}


def _plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()
