"""Windows of places: where they are, for which split, and their pixels.

They lie in the rows of each split (module `place_split`). Training windows that lie on
another place's test rows (neighbouring tiles overlap) are left out, so that no pixel
of the ground is in both.
"""

import collections
import dataclasses

import numpy as np

from tfmi.errors import UsageError
from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.bands import to_bytes
from tfmi.pipelines.sentinel2.place_split import split_places

# The band whose brightness tells clouds where there is no mask.
BLUE = "B02"


@dataclasses.dataclass(frozen=True)
class Settings:
    """How windows are cut.

    Attributes:
        bands: names, in the order of the channels.
        window: side in pixels.
        stride: of training windows, in pixels; test windows do not overlap.
        max_cloud: largest share of cloud and missing pixels.
        cloud_threshold: reflectance in B02 from which a pixel counts as cloud, for
            acquisitions without a mask; `None` looks for none.
        test_fraction: of the rows of a place, or of small places.

    Raises:
        UsageError: for values that no window can have.
    """

    bands: tuple[str, ...]
    window: int = 64
    stride: int = 64
    max_cloud: float = 0.2
    cloud_threshold: float | None = None
    test_fraction: float = 0.2

    def __post_init__(self):
        if self.window < 9 or self.stride < 1:
            raise UsageError(
                "--window must be >= 9 and --stride >= 1. "
                f"Received: {self.window} and {self.stride}"
            )
        if not 0 <= self.max_cloud <= 1:
            raise UsageError(
                f"--max-cloud must be from 0 to 1. Received: {self.max_cloud}"
            )
        if not 0 < self.test_fraction < 1:
            raise UsageError(
                "--test-fraction must be above 0 and below 1. "
                f"Received: {self.test_fraction}"
            )

    @property
    def shape(self):
        return self.window, self.window, len(self.bands)


@dataclasses.dataclass(frozen=True, order=True)
class Spot:
    """Where a window lies: place, split, first row and column."""

    place: str
    split: str
    row: int
    column: int


def lay_out(places, settings, rows=None):
    """The spots of all places.

    Args:
        places: `scenes.Place`s.
        settings: `Settings`.
        rows: `place_split.Rows` of these places; a new split by default.

    Returns:
        `({place: [Spot, ...]}, note lines)`.
    """
    spots = {place.name: [] for place in places}
    for part in rows or split_places(places, settings):
        spots[part.place] += _grid(part, settings)
    return spots, _drop_overlaps(places, spots, settings.window)


def _grid(part, settings):
    step = settings.stride if part.split == "train" else settings.window
    for row in range(part.first, part.last - settings.window + 1, step):
        for column in range(0, part.grid.width - settings.window + 1, step):
            yield Spot(part.place, part.split, row, column)


def _drop_overlaps(places, spots, side):
    tests = {}
    for place in places:
        rows = [spot.row for spot in spots[place.name] if spot.split == "test"]
        if rows and place.grid.crs is not None:
            crs, height = place.grid.crs, max(rows) + side - min(rows)
            tests[place.name] = crs, place.bounds(crs, min(rows), height)
    dropped = 0
    for place in places:
        near = [
            (crs, area)
            for name, (crs, area) in tests.items()
            if name != place.name
            and _meet(area, place.bounds(crs, 0, place.grid.height))
        ]
        kept = [
            spot
            for spot in spots[place.name]
            if spot.split == "test"
            or not any(
                _meet(area, place.bounds(crs, spot.row, side, spot.column, side))
                for crs, area in near
            )
        ]
        dropped += len(spots[place.name]) - len(kept)
        spots[place.name] = kept
    if not dropped:
        return []
    return [f"left out: {dropped:,} training windows on other places' test rows"]


def _meet(first, second):
    """Whether two boxes (left, bottom, right, top) have an area in common."""
    if second is None:
        return False
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    return bool((low < high).all())


class Cutter:
    """Reads the windows of places.

    Attributes:
        counts: of windows left out, by reason, filled on the way.
        unusable: a line for each acquisition that broke off, likewise.
    """

    def __init__(self, settings):
        self.settings = settings
        self.counts = collections.Counter()
        self.unusable = []

    def cut(self, place, spots):
        """Yield `(spot, date, image)`: a window's pixels (`bands.to_bytes`) at each
        date at which enough of it is clear."""
        for acquisition in place.acquisitions:
            try:
                yield from self._windows(acquisition, spots)
            except UnusableScene as error:
                self.unusable.append(f"{acquisition.source}: {error}")

    def _windows(self, acquisition, spots):
        settings = self.settings
        bands = settings.bands
        dark = settings.cloud_threshold is not None and not acquisition.has_mask
        if dark and BLUE not in bands:
            acquisition.require((BLUE,))
            bands = (*bands, BLUE)
        with acquisition.opened(bands) as read:
            for spot in spots:
                window = spot.row, spot.column, settings.window, settings.window
                values, bad = read(window)
                if dark:
                    bad |= values[..., bands.index(BLUE)] > settings.cloud_threshold
                if bad.mean() > settings.max_cloud:
                    self.counts["cloudy"] += 1
                    continue
                yield (
                    spot,
                    acquisition.date,
                    to_bytes(values[..., : len(settings.bands)]),
                )
