"""Files that are written whole or not at all, and files of others, read safely."""

import contextlib
import errno
import json
import os
import pathlib
import shutil
import stat
import tempfile

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.errors import first_line
from tfmi.locks import lock

# Of folders beside what is being written, and of the lock in them.
ASIDE, LOCK = ".tmp-tfmi-", ".lock"
# What a small compressed file may unpack to, and what a large one, of its size.
CONTENT_BYTES, CONTENT_TIMES = 256 * 2**20, 20
# A JSON file of settings, of a split or of a listing.
JSON_BYTES, JSON_ELEMENTS = 256 * 2**20, 2**23


@contextlib.contextmanager
def replacing(path):
    """Gives a temporary path, which takes the place of `path` at the end.

    Raises:
        DataError: where it cannot be written; what was there is kept.
    """
    try:
        with aside(path.parent) as folder:
            yield folder / path.name
            os.replace(folder / path.name, path)
    except OSError as error:
        raise DataError(
            f"{path.parent} must be a folder that can be written. "
            f"Received: {error.strerror or error} for {path.name}"
        ) from error


@contextlib.contextmanager
def aside(folder):
    """Gives a new folder within `folder`, for what is renamed once it is whole.

    It goes at the end, and that of a killed process when the next one writes into
    `folder`. A lock tells whether its process is there, whichever machine or
    container that runs on; numbers of processes are used again and again.
    """
    remove_leftovers(folder)
    path, file = _locked_folder(folder)
    try:
        with file:
            yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def remove_leftovers(folder):
    """Remove what killed processes left of `aside`; where files cannot be locked,
    nothing is removed."""
    for path in pathlib.Path(folder).glob(f"{ASIDE}*"):
        with contextlib.suppress(OSError):
            path.rmdir()  # one that was never locked is empty
        with contextlib.suppress(OSError), open(path / LOCK, "r+b") as file:
            if lock(file):
                shutil.rmtree(path, ignore_errors=True)


def _locked_folder(folder):
    while True:
        path = pathlib.Path(tempfile.mkdtemp(prefix=ASIDE, dir=folder))
        # Another process may take it for left over before it is locked.
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            file = open(path / LOCK, "xb")  # noqa: SIM115
            if lock(file) is not False and os.fstat(file.fileno()).st_nlink:
                return path, file
            file.close()


def write_text(path, text):
    """Write a text file as UTF-8, with escapes for the bytes of file names that
    are none; errors as in `replacing`."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path, content):
    """Write a JSON file, paths as texts; errors as in `replacing`."""
    write_text(path, json.dumps(content, indent=2, default=os.fspath) + "\n")


def read_json(path):
    """What a JSON file holds; `None` where it is not there, or not whole."""
    try:
        return parse_json(path)
    except (OSError, ValueError):
        return None


def parse_json(path):
    """What a JSON file holds.

    Raises:
        OSError: where it cannot be opened or is no plain file.
        ValueError: where it is no JSON, too large, or nested too deep.
    """
    with open_plain(path) as file:
        content = file.read(JSON_BYTES + 1)
    if len(content) > JSON_BYTES:
        raise ValueError(f"more than {JSON_BYTES:,} bytes")
    # Of three bytes each may take a hundred in memory.
    if sum(map(content.count, (b",", b"[", b"{"))) > JSON_ELEMENTS:
        raise ValueError(f"more than {JSON_ELEMENTS:,} elements")
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def open_plain(path):
    """A plain file, opened to read its bytes; nothing waits on a pipe or a device.

    Raises:
        OSError: where it cannot be opened or is no plain file.
    """
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            return open(path, "rb")
    except ValueError as error:  # a NUL in the path
        raise FileNotFoundError(errno.ENOENT, str(error), str(path)) from error
    code = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
    what = "a folder" if stat.S_ISDIR(mode) else "a pipe, socket or device"
    raise OSError(code, f"it must be a plain file, not {what}", str(path))


def largest_content(path):
    """Number of bytes that a compressed file may unpack to.

    A file that announces more is refused, so that a small one never takes much
    memory; pictures, labels and tables shrink less.
    """
    return max(CONTENT_BYTES, CONTENT_TIMES * os.stat(path).st_size)


@contextlib.contextmanager
def foreign(rule, path):
    """Turns what a decoder raises on a damaged file into one line.

    Args:
        rule: what the file must be, such as "mnist.npz must be a zip archive".
        path: of the file, named in the line.

    Raises:
        DataError: for any error of the block but `DataError` and `UsageError`.
    """
    try:
        yield
    except (DataError, UsageError):
        raise
    except Exception as error:  # the decoders raise errors of many kinds
        reason = first_line(getattr(error, "strerror", None) or error)
        raise DataError(f"{rule}. Received: {path} ({reason})") from error


def printable(text):
    """A text in which bytes of a file name that are no UTF-8 stand as escapes."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


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
