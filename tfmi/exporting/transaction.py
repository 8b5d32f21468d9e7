"""Files and folders put in place all together, or none of them."""

import contextlib
import os
import shutil


class Transaction:
    """A context in which `put` and `remove` are undone where one fails.

    A process that is killed meanwhile undoes nothing: callers put last what
    others watch.

    Args:
        target: folder that paths are relative to.
        aside: folder on the same file system, for what is replaced.
    """

    def __init__(self, target, aside):
        self._target = target
        self._aside = aside
        self._aside.mkdir()
        self._undo = contextlib.ExitStack()
        self._count = 0

    def __enter__(self):
        self._undo.__enter__()
        return self

    def __exit__(self, kind, error, traceback):
        if kind is None:
            self._undo.pop_all()
        return self._undo.__exit__(kind, error, traceback)

    def put(self, source, name):
        """Rename a file or a folder to `target/name`; a file may replace one."""
        path = self._target / name
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
            self._undo.callback(_remove_empty, path.parent)
        if path.is_file():
            earlier = self._fresh()
            shutil.copy2(path, earlier)
            os.replace(source, path)
            self._undo.callback(os.replace, earlier, path)
        else:
            os.rename(source, path)
            self._undo.callback(os.rename, path, self._fresh())

    def remove(self, name):
        """Take away `target/name` where it is."""
        path, earlier = self._target / name, self._fresh()
        if path.exists():
            os.rename(path, earlier)
            self._undo.callback(os.rename, earlier, path)

    def _fresh(self):
        self._count += 1
        return self._aside / str(self._count)


def _remove_empty(folder):
    with contextlib.suppress(OSError):
        folder.rmdir()
