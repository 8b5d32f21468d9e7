"""The two ways in which a user can be told, in one line, what went wrong."""


class UsageError(ValueError):
    """A wrong option or argument (exit code 2)."""


class DataError(Exception):
    """Data, a run or a target folder that cannot be used (exit code 1)."""
