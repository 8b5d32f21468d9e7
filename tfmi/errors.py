"""The two ways in which a user can be told, in one line, what went wrong."""

import re


class UsageError(ValueError):
    """A wrong option or argument (exit code 2)."""


class DataError(Exception):
    """Data, a run or a target folder that cannot be used (exit code 1)."""


def data_error_in(error):
    """The text of a `DataError` that was raised while a TensorFlow graph read data,
    which then raises an error of its own with that text in it; `None` for others."""
    of_tensorflow = type(error).__module__.startswith("tensorflow.")
    match = re.search(r"\bDataError: (.*)", str(error)) if of_tensorflow else None
    return match and match[1]
