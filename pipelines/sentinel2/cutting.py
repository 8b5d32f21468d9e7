"""The windows of places as rows: in memory, or cut once into the cache folder."""

import dataclasses
import hashlib
import os

import numpy as np

from tfmi import progress
from tfmi.errors import DataError
from tfmi.files import make_folder
from tfmi.files import read_json
from tfmi.files import replacing
from tfmi.files import write_json
from tfmi.pipelines.rows import IN_MEMORY_BYTES
from tfmi.pipelines.rows import RowFile
from tfmi.pipelines.rows import cache_folder
from tfmi.pipelines.sentinel2.windows import Cutter
from tfmi.pipelines.sentinel2.windows import Spot

# Of the rules of reading: a new number makes cached files of the old invalid.
VERSION = 2
# What changes where a file does. The last one tells of a change that kept the first
# two, but copies and backups change it as well.
STAMPS = ("st_size", "st_mtime_ns", "st_ctime_ns")


def cut_windows(places, spots, settings):
    """The windows that are clear enough, each at its dates.

    Args:
        places, spots, settings: as of `windows.lay_out`.

    Returns:
        `(rows, [(Spot, date), ...], counts, unusable)`: the images, what each is of,
        and the counts and lines of `windows.Cutter`.

    Raises:
        DataError: where no window fits into any place, or the cache cannot be written.
    """
    most = sum(len(spots[p.name]) * len(p.acquisitions) for p in places)
    if not most:
        raise DataError(
            f"places must be at least as large as --window {settings.window}. "
            f"Received: {places[0].grid}, the first"
        )
    if most * np.prod(settings.shape) > IN_MEMORY_BYTES:
        return _cut_to_file(places, spots, settings)
    images, entries, cutter = [], [], Cutter(settings)
    for entry, image in _walk(places, spots, cutter):
        images.append(image)
        entries.append(entry)
    rows = np.array(images, np.uint8).reshape(-1, *settings.shape)
    return rows, entries, dict(cutter.counts), cutter.unusable


def content_key(places, spots, settings, stamps=STAMPS):
    """A text that is another one wherever the windows may be others.

    It has the rules of reading, the settings, where the windows lie, and every file
    that an acquisition's pixels depend on.

    Args:
        places, spots, settings: as of `windows.lay_out`.
        stamps: which attributes of files count (`os.stat_result`).
    """
    digest = hashlib.sha256(repr((VERSION, settings)).encode())
    for place in places:
        corners = [dataclasses.astuple(spot) for spot in spots[place.name]]
        digest.update(repr((place.name, str(place.grid), corners)).encode())
        for acquisition in place.acquisitions:
            digest.update(repr((acquisition.source, acquisition.date)).encode())
            for path in acquisition.files:
                stat = os.stat(path)
                stamp = [getattr(stat, name) for name in stamps]
                digest.update(repr((str(path), stamp)).encode())
    return digest.hexdigest()[:24]


def _cut_to_file(places, spots, settings):
    target = cache_folder() / f"sentinel2-{content_key(places, spots, settings)}.rows"
    listing = target.with_suffix(".json")
    content = _listed(target, listing, settings)
    if content is None:
        make_folder(target.parent)
        entries, cutter = [], Cutter(settings)
        with replacing(target) as temporary, open(temporary, "wb") as file:
            for (spot, date), image in _walk(places, spots, cutter):
                file.write(image.tobytes())
                entries.append((*dataclasses.astuple(spot), date))
        content = {
            "entries": entries,
            "counts": cutter.counts,
            "unusable": cutter.unusable,
        }
        write_json(listing, content)
    entries = [(Spot(*entry[:-1]), entry[-1]) for entry in content["entries"]]
    rows = RowFile(target, settings.shape)
    return rows, entries, content["counts"], content["unusable"]


def _listed(target, listing, settings):
    """What the listing says of a cached file, `None` unless both are whole."""
    content = read_json(listing)
    try:
        size = len(content["entries"]) * int(np.prod(settings.shape))
        return content if target.stat().st_size == size else None
    except (OSError, KeyError, TypeError):
        return None


def _walk(places, spots, cutter):
    for place in progress.bar(
        places, desc="cutting windows", unit="place", leave=False
    ):
        for spot, date, image in cutter.cut(place, spots[place.name]):
            yield (spot, date), image
