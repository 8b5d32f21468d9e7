"""Which rows of a place are for training and which for testing.

A place at least two windows high is cut in two: the rows above a line are for
training, those below it for testing. Smaller places go whole to one split. A run keeps
what was decided, for with other places beside it a small place may go to the other.

Validation rows are the lowest of the training rows, cut off in the same way.
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
    whole = [
        Rows(place.name, "train", 0, place.grid.height, place.grid) for place in places
    ]
    return _cut(whole, "test", settings.test_fraction, settings.window)


def hold_out(rows, fraction, window):
    """The `Rows` with a fraction of the training rows as a validation split; 0 holds
    none out."""
    return _cut(rows, "validation", fraction, window) if fraction else rows


def _cut(rows, split, fraction, window):
    """Training rows less those that are now of another split."""
    lines = {part: _line(part, fraction, window) for part in rows}
    small = [p.place for p, line in lines.items() if p.split == "train" and not line]
    moved = _deal(small, fraction)
    cut = []
    for part, line in lines.items():
        if part.split != "train":
            cut.append(part)
        elif line:
            cut.append(dataclasses.replace(part, last=line))
            cut.append(dataclasses.replace(part, first=line, split=split))
        else:
            whole = split if part.place in moved else "train"
            cut.append(dataclasses.replace(part, split=whole))
    return cut


def _line(part, fraction, window):
    """Where rows two windows high at least are cut, or `None`."""
    height = part.last - part.first
    if height < 2 * window:
        return None
    return part.first + max(window, height - max(window, round(height * fraction)))


def _deal(names, fraction):
    """Those of the small places that change the split, by a hash of their names."""
    order = sorted(names, key=lambda name: zlib.crc32(name.encode()))
    return order[: max(1, round(len(order) * fraction)) if len(order) > 1 else 0]


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
