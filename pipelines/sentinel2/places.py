"""The places of a folder, and whether the dates of each fit together."""

import collections

from tfmi.errors import DataError
from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.folders import ARRAY
from tfmi.pipelines.sentinel2.folders import SAFE
from tfmi.pipelines.sentinel2.folders import TIFF
from tfmi.pipelines.sentinel2.folders import find_candidates
from tfmi.pipelines.sentinel2.folders import one_candidate
from tfmi.pipelines.sentinel2.scenes import Place

LAYOUTS = "<place>/<date>.tif, .SAFE products, or .npy or .npz arrays"


def find_places(data_dir, bands=None, only=None):
    """The places of a folder (or of one array file) that can be used.

    A place's dates must have one grid, that of most of them, and the bands asked
    for; by default those that most of all acquisitions have. Of several acquisitions
    of one day the last counts, in the order of their names.

    Args:
        data_dir: path.
        bands: names, or `None`.
        only: names of places, where others do not count; `None` for all.

    Returns:
        `(places, bands, notes, unusable)`, the last a line for each acquisition
        left out.

    Raises:
        DataError: where no place of two dates is left.
    """
    candidates, notes = find_candidates(data_dir)
    found, unusable = _read(candidates, notes)
    if not found:
        raise DataError(
            f"--data-dir must hold {LAYOUTS}. Received: none in {data_dir}"
            f"{_why(notes, unusable)}"
        )
    if only is not None:
        found = _without_others(found, only, notes)
    every = [a for acquisitions in found.values() for a in acquisitions]
    strict = bands is None
    bands = bands or _usual([tuple(filter(None, a.bands)) for a in every])
    notes += _not_read(every)
    places, single = [], []
    for name, acquisitions in sorted(found.items()):
        fitting = _fitting(acquisitions, bands, strict, unusable)
        fitting = _one_a_day(fitting, notes)
        if len(fitting) > 1:
            places.append(Place(name, tuple(fitting)))
        elif fitting:
            single.append(name)
    if single:
        notes.append(f"left out: {len(single)} places of one date (first {single[0]})")
    if not places:
        raise DataError(
            "there must be a place with two usable dates. Received: none in "
            f"{data_dir}{_why(notes, unusable)}"
        )
    return places, bands, notes, unusable


def read_acquisitions(path):
    """The acquisitions of one file or .SAFE folder.

    Raises:
        UnusableScene: where it holds none.
    """
    acquisitions = _acquisitions(one_candidate(path))
    if not acquisitions:
        raise UnusableScene("it holds no array of 4 dimensions")
    return acquisitions


def _acquisitions(candidate):
    """The acquisitions of a candidate, or `None` for arrays that are none.

    Raises:
        UnusableScene: where it cannot be read.
    """
    suffix = candidate.path.suffix.lower()
    if suffix in ARRAY:
        from tfmi.pipelines.sentinel2.arrays import read_arrays

        return read_arrays(candidate.path, candidate.masks)
    if suffix not in (*TIFF, SAFE):
        raise UnusableScene("it must be .tif, .tiff, .SAFE, .npy or .npz")
    from tfmi.pipelines.sentinel2 import rasters

    if suffix == SAFE:
        return [rasters.SafeAcquisition(candidate.path)]
    return [rasters.GeoTiffAcquisition(candidate.path, candidate.masks)]


def _read(candidates, notes):
    """`({place: acquisitions}, unusable)`."""
    found, unusable = collections.defaultdict(list), []
    for candidate in candidates:
        try:
            acquisitions = _acquisitions(candidate)
        except UnusableScene as error:
            unusable.append(f"{candidate.path}: {error}")
            continue
        if acquisitions is None:
            notes.append(
                f"passed over: {candidate.path.name}, no array of 4 dimensions"
            )
        for acquisition in acquisitions or []:
            found[getattr(acquisition, "tile", candidate.place)].append(acquisition)
    return found, unusable


def _without_others(found, only, notes):
    later = sorted(set(found) - set(only))
    if later:
        notes.append(
            f"left out: {len(later):,} places that are not in the run's split (first "
            f"{later[0]})"
        )
    found = {name: found[name] for name in found if name in only}
    if not found:
        raise DataError(
            "the data must hold the places that the run was split into. Received: none"
        )
    return found


def _not_read(acquisitions):
    counts = collections.Counter(n for a in acquisitions for n in set(a.not_read))
    if counts:
        layers = ", ".join(f"{name} ({n:,})" for name, n in counts.most_common())
        yield f"layers that are no bands, of so many acquisitions: {layers}"


def _why(notes, unusable):
    return "".join(f"; {line}" for line in [*notes[-1:], *unusable[:1]])


def _usual(values):
    """The most frequent; of several the first."""
    return collections.Counter(values).most_common(1)[0][0]


def _usual_grid(acquisitions):
    """The grid of most acquisitions; of several the first."""
    grids = {}
    for acquisition in acquisitions:
        same = (grid for grid in grids if grid.is_same(acquisition.grid))
        grid = next(same, acquisition.grid)
        grids[grid] = grids.get(grid, 0) + 1
    return max(grids, key=grids.get)


def _fitting(acquisitions, bands, strict, unusable):
    """Those of the usual grid with the bands; the others go to `unusable`.

    Args:
        strict: whether a layer must be understood, as it may be a band too.
    """
    grid = _usual_grid(acquisitions)
    fitting = []
    for acquisition in acquisitions:
        try:
            acquisition.require(bands)
            _require_understood(acquisition, strict)
            if not grid.is_same(acquisition.grid):
                raise UnusableScene(
                    f"its grid must be that of the place's other dates, {grid}. "
                    f"Received: {acquisition.grid}"
                )
        except UnusableScene as error:
            unusable.append(f"{acquisition.source}: {error}")
        else:
            fitting.append(acquisition)
    return fitting


def _require_understood(acquisition, strict):
    if strict and acquisition.not_understood:
        raise UnusableScene(
            "its layers must have names of bands, or --bands must say which are read. "
            f"Received: {', '.join(acquisition.not_understood)}"
        )


def _one_a_day(acquisitions, notes):
    """Sorted by date, of one day the last."""
    days = {}
    for acquisition in sorted(acquisitions, key=lambda a: a.date):
        other = days.get(acquisition.day)
        if other is not None:
            notes.append(
                f"left out: {other.source}, as {acquisition.source} is of the same day"
            )
        days[acquisition.day] = acquisition
    return sorted(days.values(), key=lambda a: a.date)
