"""Windows of places: where they are, for which split, and their pixels.

They lie in the rows of each split (module `place_split`). Training windows that lie on
another place's validation or test rows (neighbouring tiles overlap), and validation
windows on test rows, are left out, so that no pixel of the ground is in two splits.
"""

import collections
import dataclasses

import numpy as np

from tfmi.errors import UsageError
from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.bands import to_bytes
from tfmi.pipelines.sentinel2.place_split import split_places

# Of two splits that have ground in common the later one keeps it.
ORDER = ("train", "validation", "test")
LATER, NAMES = ORDER[1:], {"train": "training", "validation": "validation"}
# The band whose brightness tells clouds where there is no mask.
BLUE = "B02"


@dataclasses.dataclass(frozen=True)
class Settings:
    """How windows are cut.

    Attributes:
        bands: names, in the order of the channels.
        window: side in pixels.
        stride: of training windows, in pixels; those of other splits do not overlap.
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
    """Leave out windows on rows of another place that are of a later split."""
    areas = {}
    for place in places:
        rows = collections.defaultdict(list)
        for spot in spots[place.name] if place.grid.crs is not None else ():
            rows[spot.split].append(spot.row)
        for split in rows.keys() & LATER:
            first, last = min(rows[split]), max(rows[split]) + side
            box = place.bounds(place.grid.crs, first, last - first)
            areas[place.name, split] = place.grid.crs, box
    dropped = collections.Counter()
    for place in places:
        near = [
            (split, crs, area)
            for (name, split), (crs, area) in areas.items()
            if name != place.name
            and _meet(area, place.bounds(crs, 0, place.grid.height))
        ]
        kept = []
        for spot in spots[place.name]:
            of = [s for s, *where in near if _lies_on(spot, s, place, side, *where)]
            if of:
                dropped[spot.split, of[0]] += 1
            else:
                kept.append(spot)
        spots[place.name] = kept
    return [
        f"left out: {count:,} {NAMES[own]} windows on other places' {split} rows"
        for (own, split), count in sorted(dropped.items())
    ]


def _lies_on(spot, split, place, side, crs, area):
    """Whether a window is of an earlier split than an area's, on which it lies."""
    if ORDER.index(spot.split) >= ORDER.index(split):
        return False
    return _meet(area, place.bounds(crs, spot.row, side, spot.column, side))


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
