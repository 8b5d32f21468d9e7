"""Which rows of a place are for training and which for testing.

A place at least two windows high is cut in two: the rows above a line are for
training, those below it for testing. Smaller places go whole to one split. A run keeps
what was decided, for with other places beside it a small place may go to the other.
"""

import dataclasses
import zlib

from tfmi.errors import DataError
from tfmi.pipelines.saved_split import read_split
from tfmi.pipelines.sentinel2.scenes import Grid


@dataclasses.dataclass(frozen=True)
class Rows:
    """Rows of a place, from the first up to the last, which is not one of them."""

    place: str
    split: str
    first: int
    last: int
    grid: Grid


def split_places(places, settings):
    """The `Rows` of all places; see the module.

    Args:
        places: `scenes.Place`s.
        settings: `windows.Settings`.
    """
    lines = {place.name: _line(place.grid.height, settings) for place in places}
    small = [name for name, line in lines.items() if line is None]
    dealt = _deal(small, settings.test_fraction)
    rows = []
    for place in places:
        name, grid, line = place.name, place.grid, lines[place.name]
        if line is None:
            rows.append(Rows(name, dealt[name], 0, grid.height, grid))
        else:
            rows.append(Rows(name, "train", 0, line, grid))
            rows.append(Rows(name, "test", line, grid.height, grid))
    return rows


def _line(height, settings):
    if height < 2 * settings.window:
        return None
    below = max(settings.window, round(height * settings.test_fraction))
    return max(settings.window, height - below)


def _deal(names, fraction):
    """Each of the small places to a split, by a hash of its name."""
    order = sorted(names, key=lambda name: zlib.crc32(name.encode()))
    tests = max(1, round(len(order) * fraction)) if len(order) > 1 else 0
    return {name: "test" if n < tests else "train" for n, name in enumerate(order)}


def to_json(rows):
    """What a run keeps of `Rows` (`PairDataset.split`)."""
    return {
        split: [
            {
                "place": part.place,
                "rows": [part.first, part.last],
                "grid": _to_json(part.grid),
            }
            for part in rows
            if part.split == split
        ]
        for split in ("train", "test")
    }


def read_rows(path):
    """The `Rows` that a run kept.

    Raises:
        DataError: where they cannot be read.
    """
    try:
        rows = [
            Rows(part["place"], split, *map(int, part["rows"]), _grid(part["grid"]))
            for split, parts in read_split(path).items()
            for part in parts
        ]
        if not rows:
            raise ValueError("it has no places")
        return rows
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"the run's split must be readable. Received: {path} ({error})"
        ) from error


def require_places(rows, places):
    """Check that the places of a run's `Rows` are there, with the same pixels.

    Raises:
        DataError: where they are not.
    """
    grids = {place.name: place.grid for place in places}
    for part in rows:
        grid = grids.get(part.place)
        if grid is None or not grid.is_same(part.grid):
            raise DataError(
                f"the data must hold the places that the run was split into, "
                f"{part.place} with {part.grid}. Received: {grid or 'none usable'}"
            )


def _to_json(grid):
    transform = grid.transform and list(grid.transform)
    return {**dataclasses.asdict(grid), "transform": transform}


def _grid(content):
    transform = content["transform"]
    return Grid(**{**content, "transform": transform and tuple(transform)})
