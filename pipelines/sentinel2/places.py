"""The places of a folder, and whether the dates of each fit together."""

import collections
import pathlib

from tfmi.errors import DataError
from tfmi.pipelines.sentinel2.arrays import MASK
from tfmi.pipelines.sentinel2.arrays import read_arrays
from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.scenes import Place

LAYOUTS = "<place>/<date>.tif, .SAFE products, or .npy or .npz arrays"


def find_places(data_dir, bands=None):
    """The places of a folder (or of one array file) that can be used.

    A place's dates must have one grid, that of most of them, and the bands asked
    for; by default those that most of all acquisitions have.

    Args:
        data_dir: path.
        bands: names, or `None`.

    Returns:
        `(places, bands, notes, unusable)`, the last a line for each acquisition
        left out.

    Raises:
        DataError: where no place of two dates is left.
    """
    root = pathlib.Path(data_dir)
    if not root.exists():
        raise DataError(f"--data-dir must be a folder. Received: {data_dir}")
    found, notes, unusable = collections.defaultdict(list), [], []
    for name, path, read in _candidates(root):
        try:
            acquisitions = read(path)
        except UnusableScene as error:
            unusable.append(f"{path}: {error}")
            continue
        if acquisitions is None:
            notes.append(f"passed over: {path.name}, no array of 4 dimensions")
        for acquisition in acquisitions or []:
            found[getattr(acquisition, "tile", name)].append(acquisition)
    if not found:
        first = f"; first unusable: {unusable[0]}" if unusable else ""
        raise DataError(
            f"--data-dir must hold {LAYOUTS}. Received: none in {data_dir}{first}"
        )
    bands = bands or _usual(a.bands for every in found.values() for a in every)
    bands = tuple(band for band in bands if band)
    places, single = [], []
    for name, acquisitions in sorted(found.items()):
        fitting = _fitting(acquisitions, bands, unusable)
        if len({acquisition.date for acquisition in fitting}) > 1:
            fitting.sort(key=lambda acquisition: acquisition.date)
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
    if path.suffix == ".SAFE":
        return _read_safe(path)
    if path.suffix in (".npy", ".npz"):
        found = read_arrays(path)
        if found is None:
            raise UnusableScene("it holds no array of 4 dimensions")
        return found
    return _read_tiff(path)


def _why(notes, unusable):
    return "".join(f"; {line}" for line in [*notes[-1:], *unusable[:1]])


def _candidates(root):
    """`(place, path, reader)` of everything that may be an acquisition."""
    if root.suffix == ".SAFE":
        return [(root.name, root, _read_safe)]
    if root.is_file():
        return [(root.stem, root, read_arrays)]
    found = [(p.name, p, _read_safe) for p in root.glob("*.SAFE")]
    found += [(p.name, p, _read_safe) for p in root.glob("*/*.SAFE")]
    found += [
        (path.stem, path, read_arrays)
        for pattern in ("*.npy", "*.npz")
        for path in root.glob(pattern)
        if not path.name.endswith(MASK)
    ]
    found += [
        (path.parent.name, path, _read_tiff)
        for pattern in ("*/*.tif", "*/*.tiff")
        for path in root.glob(pattern)
        if not path.name.endswith((".clouds.tif", ".clouds.tiff"))
    ]
    return sorted(found, key=lambda candidate: str(candidate[1]))


def _read_safe(path):
    from tfmi.pipelines.sentinel2.rasters import SafeAcquisition

    return [SafeAcquisition(path)]


def _read_tiff(path):
    from tfmi.pipelines.sentinel2.rasters import GeoTiffAcquisition

    return [GeoTiffAcquisition(path)]


def _usual(values):
    """The most frequent; of several the first."""
    return collections.Counter(values).most_common(1)[0][0]


def _fitting(acquisitions, bands, unusable):
    grid = _usual(acquisition.grid for acquisition in acquisitions)
    kept = []
    for acquisition in acquisitions:
        try:
            acquisition.require(bands)
            if acquisition.grid != grid:
                raise UnusableScene(
                    f"its grid must be that of the place's other dates, {grid}. "
                    f"Received: {acquisition.grid}"
                )
        except UnusableScene as error:
            unusable.append(f"{acquisition.source}: {error}")
        else:
            kept.append(acquisition)
    return kept
