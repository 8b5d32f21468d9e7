"""Images as rows of a table name them, each file once whatever it is called."""

import os
import pathlib

from tfmi.pipelines.groups import Images
from tfmi.pipelines.walk import identity


class ImageRows:
    """Collects the images of rows; of an image that comes again the first row counts.

    Two names are of one image where they lead to the same file: by another
    spelling, a symbolic or a hard link.

    Args:
        folder: that names are relative to.
        factors: names of the values of a row.
    """

    def __init__(self, folder, factors):
        self._folder, self._factors = pathlib.Path(folder), list(factors)
        self._positions, self._rows = {}, []
        self._again, self._changed = [], []

    def add(self, name, values):
        """The position of the image of a row.

        Args:
            name: of its file.
            values: text for each factor.
        """
        position = self._positions.setdefault(self.key(name), len(self._rows))
        name, values = os.path.normpath(name), tuple(values)
        if position == len(self._rows):
            self._rows.append((name, self._path(name), values))
        elif values == self._rows[position][2]:
            self._again.append(name)
        else:
            self._changed.append(name)
        return position

    def key(self, name):
        """What tells the file from others, whatever it is called."""
        return identity(self._path(name))

    def _path(self, name):
        return str(self._folder / os.path.normpath(name))

    def images(self, notes, may_repeat=False):
        """The `Images`, in the order in which they came.

        Args:
            notes: lines that come before those on images that came again.
            may_repeat: whether an image may come again with the same values.
        """
        notes = list(notes)
        again = [] if may_repeat else self._again
        for names, what in (
            (again, "again"),
            (self._changed, "again with other values"),
        ):
            if names:
                notes.append(
                    f"left out: {len(names)} rows that list an image {what} (first "
                    f"{names[0]}); its first row counts"
                )
        names, paths, values = (
            zip(*self._rows, strict=True) if self._rows else ((),) * 3
        )
        columns = {f: [v[k] for v in values] for k, f in enumerate(self._factors)}
        return Images(names, paths, columns, notes)
