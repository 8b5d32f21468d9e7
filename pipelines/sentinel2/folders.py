"""What lies in a folder of acquisitions: which file is what, and what is none.

Suffixes are read in any case, and names that begin with a dot are passed over. All
else that is not read is counted and named.
"""

import collections
import dataclasses
import os
import pathlib
import stat

from tfmi.errors import DataError
from tfmi.pipelines.sentinel2.bands import UnusableScene

TIFF, ARRAY, SAFE = (".tif", ".tiff"), (".npy", ".npz"), ".safe"
# The suffixes of the cloud masks beside a file, after its stem.
MASKS = {
    **dict.fromkeys(TIFF, (".clouds.tif", ".clouds.tiff")),
    **dict.fromkeys(ARRAY, (".clouds.npy",)),
}
# What GDAL reads beside a raster: tags, coordinates, masks and overviews.
SIDECARS = tuple(".aux.xml .msk .ovr .tab .tfw .tifw .j2w .jp2w .wld".split())
NAMED = 5


@dataclasses.dataclass(frozen=True)
class Candidate:
    """What may be an acquisition, or several.

    Attributes:
        place: name of the place, where the file does not tell it.
        path: of the file or the .SAFE folder.
        masks: paths of the cloud masks beside it.
    """

    place: str
    path: pathlib.Path
    masks: tuple[pathlib.Path, ...] = ()


def one_candidate(path):
    """The `Candidate` of one file or .SAFE folder."""
    path = pathlib.Path(path)
    return Candidate(path.stem, path, _beside(path, _masks_of(path)))


def require_regular(path):
    """Raise an UnusableScene for what is no file: a pipe would never end."""
    try:
        is_regular = stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError) as error:
        raise UnusableScene(f"it cannot be read ({error})") from error
    if not is_regular:
        raise UnusableScene("it cannot be read (it is no regular file)")


def sidecars(path):
    """The files beside a raster that GDAL reads with it."""
    return _beside(path, SIDECARS)


def find_candidates(root):
    """`([Candidate, ...], note lines)` of a folder, a file or a .SAFE folder.

    Raises:
        DataError: where there is no such folder, or one cannot be read.
    """
    root = pathlib.Path(root)
    if root.suffix.lower() == SAFE or root.is_file():
        return [one_candidate(root)], []
    if not root.is_dir():
        raise DataError(f"--data-dir must be a folder. Received: {root}")
    entries = _visible(root)
    places = [p for p in entries if p.is_dir() and p.suffix.lower() != SAFE]
    found, others = _sorted_out([p for p in entries if p not in places], ARRAY)
    for place in places:
        inside, more = _sorted_out(_visible(place), TIFF, place.name)
        found += inside
        others += more
    return sorted(found, key=lambda c: str(c.path)), _note(root, others)


def _sorted_out(entries, suffixes, place=None):
    """The `Candidate`s of a folder's entries, and the entries that are not read."""
    names = [path.name for path in entries]
    found, used = [], []
    for path in entries:
        if path.is_dir():
            if path.suffix.lower() == SAFE:
                found.append(Candidate(path.name, path))
        elif path.suffix.lower() in suffixes and not _is_mask(path):
            masks = _beside(path, _masks_of(path), names)
            found.append(Candidate(place or path.stem, path, masks))
            used += masks
    used += [candidate.path for candidate in found]
    used += [beside for path in used for beside in _beside(path, SIDECARS, names)]
    return found, sorted(set(entries) - set(used))


def _note(root, others):
    if not others:
        return []
    kinds = collections.Counter(p.suffix.lower() or "no suffix" for p in others)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    names = [p.relative_to(root).as_posix() for p in others[:NAMED]]
    names += ["..."] if len(others) > NAMED else []
    return [
        f"passed over: {len(others):,} files that are no acquisitions where they lie "
        f"({kinds}): {', '.join(names)}"
    ]


def _visible(folder):
    """The entries of a folder, sorted, but those whose names begin with a dot."""
    try:
        return sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    except OSError as error:
        raise DataError(
            f"folders must be readable. Received: {folder} ({error.strerror})"
        ) from error


def _masks_of(path):
    """The suffixes that a mask of this file may have."""
    return MASKS.get(path.suffix.lower(), ())


def _is_mask(path):
    return path.name.lower().endswith(tuple(s for some in MASKS.values() for s in some))


def _beside(path, suffixes, names=None):
    """The files that are called as a file, or its stem, with a suffix added.

    Args:
        names: what its folder holds, where that is at hand.
    """
    if names is None:
        names = os.listdir(path.parent) if path.parent.is_dir() else []
    wanted = {(name + s).lower() for name in (path.name, path.stem) for s in suffixes}
    return tuple(sorted(path.with_name(n) for n in names if n.lower() in wanted))
