"""Files that are written whole or not at all."""

import contextlib
import json
import os

from tfmi.errors import DataError


@contextlib.contextmanager
def replacing(path):
    """Gives a temporary path beside `path`, which takes its place at the end.

    Raises:
        DataError: where it cannot be written; what was there is kept.
    """
    # Of this process alone: another may be writing the same file.
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise DataError(
            f"{path.parent} must be a folder that can be written. "
            f"Received: {error.strerror or error} for {path.name}"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path, text):
    """Write a text file as UTF-8; errors as in `replacing`."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path, content):
    """Write a JSON file; errors as in `replacing`."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_json(path):
    """What a JSON file holds; `None` where it is not there, or not whole."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def make_folder(path):
    """Make a folder and those above it, unless they are there.

    Raises:
        DataError: where it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{path} must be a folder that can be written. "
            f"Received: {error.strerror or error}"
        ) from error
