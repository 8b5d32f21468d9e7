"""One acquisition of a place, whatever file it lies in."""

import abc
import dataclasses
import pathlib
import re

import numpy as np

from tfmi.pipelines.sentinel2.bands import UnusableScene

# Year, month and day in a text; a time may follow.
DAY = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-_./ ]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])"
    r"(?=\d{4}(?:\d\d)?(?!\d)|(?!\d))"
)
# Corners of grids may be so far apart, in pixels, and count as the same: programs
# that write a grid round its numbers.
SAME = 0.01


@dataclasses.dataclass(frozen=True)
class Grid:
    """The pixels of a place.

    Attributes:
        height, width: in pixels.
        crs: of the coordinates, as text, or `None` where it is not known.
        transform: 6 numbers from pixels to coordinates (rasterio's `Affine`),
            or `None`.
    """

    height: int
    width: int
    crs: str | None = None
    transform: tuple | None = None

    def __str__(self):
        """All that grids can differ in, each number with all its digits."""
        if self.crs is None:
            return f"{self.height}x{self.width} pixels"
        a, b, x, d, e, y = self.transform
        turned = f", turned by {(b, d)}" if b or d else ""
        return (
            f"{self.height}x{self.width} pixels of {self.crs} from {(x, y)} in steps "
            f"of {(a, e)}{turned}"
        )

    def is_same(self, other):
        """Whether it has the pixels of another grid: of the same size and the same
        coordinates, in whatever words, with corners less than `SAME` pixels apart."""
        if (self.height, self.width) != (other.height, other.width):
            return False
        if self.crs is None or other.crs is None:
            return self.crs == other.crs
        if self.crs != other.crs and not _same_crs(self.crs, other.crs):
            return False
        whole = 0, 0, self.height, self.width
        apart = np.abs(self.corners(*whole) - other.corners(*whole)).max()
        a, b, _, d, e, _ = self.transform
        return bool(apart < SAME * min(np.hypot(a, d), np.hypot(b, e)))

    def corners(self, row, column, height, width):
        """Coordinates of a part's four corners `(2, 4)`, x before y."""
        a, b, x, d, e, y = self.transform
        columns = column + np.array([0, width, 0, width])
        rows = row + np.array([0, 0, height, height])
        return np.stack([columns * a + rows * b + x, columns * d + rows * e + y])


def _same_crs(first, second):
    import rasterio

    try:
        return rasterio.CRS.from_string(first) == rasterio.CRS.from_string(second)
    except rasterio.errors.CRSError:
        return False


class Acquisition(abc.ABC):
    """A place at one date.

    Attributes:
        date: text that sorts as the dates do.
        source: path, for messages.
        files: paths of all files that its pixels depend on.
        bands: names of those that it has, `None` for a layer that is none.
        grid: a `Grid`.
        has_mask: whether the product says where clouds are.
        not_read: names of layers that are passed over.
        not_understood: those of them that may be bands.
    """

    date: str
    source: str
    files: tuple[pathlib.Path, ...]
    bands: tuple[str | None, ...]
    grid: Grid
    has_mask: bool = False
    not_read: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()

    @property
    def day(self):
        """The date however it is written, with or without the time: the days that
        the text names, or the text where it names none."""
        days = (match[1] + match[3] + match[4] for match in DAY.finditer(self.date))
        return tuple(sorted(set(days))) or (self.date,)

    @abc.abstractmethod
    def opened(self, bands):
        """A context that gives a function from `(row, column, height, width)` to
        `(reflectance, bad)`: float32 `(height, width, bands)`, and bool
        `(height, width)` of cloud and missing pixels. Only the window is read.

        Raises:
            UnusableScene: where pixels cannot be read, in the function too.
        """

    def require(self, bands):
        """Raise an UnusableScene where it lacks a band."""
        lacking = [band for band in bands if band not in self.bands]
        if lacking:
            raise UnusableScene(
                f"it must have {', '.join(bands)}. Received: no {', '.join(lacking)}"
            )


@dataclasses.dataclass(frozen=True)
class Place:
    """Acquisitions on one grid, sorted by date."""

    name: str
    acquisitions: tuple[Acquisition, ...]

    @property
    def grid(self):
        return self.acquisitions[0].grid

    def bounds(self, crs, row, height, column=0, width=None):
        """Left, bottom, right, top of a part in some coordinates.

        Args:
            crs: of the coordinates, as text.
            row, height, column, width: in pixels; the width by default all.

        Returns:
            `(4,)`, or `None` where the place's own coordinates are not known, or
            have no counterpart in the others.
        """
        if self.grid.crs is None:
            return None
        width = self.grid.width if width is None else width
        corners = self.grid.corners(row, column, height, width)
        area = *corners.min(axis=1), *corners.max(axis=1)
        # The same coordinates stay exact; others give the box around the area.
        if self.grid.crs != crs:
            from rasterio.warp import transform_bounds

            try:
                area = transform_bounds(self.grid.crs, crs, *area)
            except Exception:  # PROJ's and GDAL's errors are of many kinds
                return None
        return np.array(area)
