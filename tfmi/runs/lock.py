"""One process at a time trains in the folder of a run or of an experiment."""

import contextlib

from tfmi import files
from tfmi.errors import DataError
from tfmi.locks import lock


@contextlib.contextmanager
def locked(folder):
    """Within it, no other process trains in a folder; what killed ones left of
    files that they were writing there is removed.

    Args:
        folder: a `pathlib.Path`; a file `.lock` stays in it.

    Raises:
        DataError: where another process trains in it, or it cannot be written.
    """
    try:
        file = open(folder / files.LOCK, "ab")  # noqa: SIM115
    except OSError as error:
        raise DataError(
            f"{folder} must be a folder that can be written. "
            f"Received: {error.strerror} for {files.LOCK}"
        ) from error
    with file:
        if lock(file) is False:
            raise DataError(
                "a folder must be trained in by one process at a time. "
                f"Received: {folder}, in which another one trains now"
            )
        for path in list(folder.rglob(f"{files.ASIDE}*")):
            files.remove_leftovers(path.parent)
        yield
