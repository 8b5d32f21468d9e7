"""One acquisition of a place, whatever file it lies in."""

import abc
import dataclasses

import numpy as np

from tfmi.pipelines.sentinel2.bands import UnusableScene


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
        where = f" of {self.crs} from {self.transform[2::3]}" if self.crs else ""
        return f"{self.height}x{self.width} pixels{where}"


class Acquisition(abc.ABC):
    """A place at one date.

    Attributes:
        date: text that sorts as the dates do.
        source: path, for messages.
        bands: names of those that it has.
        grid: a `Grid`.
        has_mask: whether the product says where clouds are.
    """

    date: str
    source: str
    bands: tuple[str, ...]
    grid: Grid
    has_mask: bool = False

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
            `(4,)`, or `None` where the place's own coordinates are not known.
        """
        if self.grid.crs is None:
            return None
        import rasterio.windows
        from rasterio.warp import transform_bounds

        width = self.grid.width if width is None else width
        area = rasterio.windows.bounds(
            rasterio.windows.Window(column, row, width, height),
            rasterio.Affine(*self.grid.transform),
        )
        # The same coordinates stay exact; others give the box around the area.
        if self.grid.crs != crs:
            area = transform_bounds(self.grid.crs, crs, *area)
        return np.array(area)
