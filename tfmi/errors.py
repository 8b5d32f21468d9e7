"""The two ways in which a user can be told, in one line, what went wrong."""

import re


class UsageError(ValueError):
    """A wrong option or argument (exit code 2)."""


class DataError(Exception):
    """Data, a run or a target folder that cannot be used (exit code 1)."""


def first_line(error):
    """The first line of an error's text, or its name where it has none."""
    return (str(error).splitlines() or [""])[0] or type(error).__name__


def data_error_in(error):
    """The line on data in an error that TensorFlow raised while a graph read it.

    Returns:
        The text of a `DataError` that a function of Python raised in the graph, or
        of an HDF5 file that the op of tensorflow-io could not read; `None` for
        other errors.
    """
    if not type(error).__module__.startswith("tensorflow."):
        return None
    if match := re.search(r"\bDataError: (.*)", str(error)):
        return match[1]
    match = re.search(r"unable to process dataset file(.*): (H5\w+ .*)", str(error))
    if match:
        return f"an HDF5 file must be readable. Received: {match[1]} ({match[2]})"
    return None
