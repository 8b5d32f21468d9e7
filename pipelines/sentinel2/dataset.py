"""The `PairDataset` of Sentinel-2 windows: one place, two dates."""

import dataclasses
import hashlib
import json
import os
from typing import Annotated

import numpy as np
import tqdm

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import make_folder
from tfmi.files import replacing
from tfmi.files import write_json
from tfmi.pipelines import splits
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.pipelines.image_pairs import ImagePairs
from tfmi.pipelines.options import folder
from tfmi.pipelines.options import option
from tfmi.pipelines.pairing import GroupPairing
from tfmi.pipelines.rows import IN_MEMORY_BYTES
from tfmi.pipelines.rows import RowFile
from tfmi.pipelines.rows import cache_folder
from tfmi.pipelines.sentinel2.bands import choose
from tfmi.pipelines.sentinel2.places import find_places
from tfmi.pipelines.sentinel2.prepared import PreparedPairs
from tfmi.pipelines.sentinel2.records import is_prepared
from tfmi.pipelines.sentinel2.windows import Cutter
from tfmi.pipelines.sentinel2.windows import Settings
from tfmi.pipelines.sentinel2.windows import Spot
from tfmi.pipelines.sentinel2.windows import lay_out

NEEDS = "--data-dir DIR of <place>/<date>.tif, .SAFE products, or .npy/.npz arrays"

WINDOW = 64
# Of the rules of reading: a new number makes cached files of the old invalid.
VERSION = 1
# Dates that are scored at most, the most frequent.
DATES = 100


def open_dataset(
    data_dir: Annotated[str, folder("Folder of the acquisitions.")] = None,
    bands: Annotated[
        str, option("Bands to use: B02,B03,.... All that the data has by default.")
    ] = None,
    window: Annotated[int, option("Side of a window, in pixels.")] = WINDOW,
    stride: Annotated[
        int, option("Pixels between training windows. The window by default.")
    ] = None,
    max_cloud: Annotated[float, option("Largest share of cloud in a window.")] = 0.2,
    cloud_threshold: Annotated[
        float, option("Reflectance of B02 that counts as cloud where there is no mask.")
    ] = None,
    test_fraction: splits.TestFraction = 0.2,
):
    """Sentinel-2 acquisitions of places at several dates.

    A pair is a window of a place at two dates; windows are cut once, into memory or
    the cache folder, and are bytes (module `bands`). Scored are the date, which a
    pair does not share, and by retrieval the spot, which it shares.

    Args:
        data_dir: folder of the acquisitions; see `places` and `rasters`.
        bands: comma-separated names; by default those that the data has.
        window: side of a window in pixels.
        stride: of training windows, in pixels, by default the window: no overlap.
        max_cloud, cloud_threshold, test_fraction: as of `windows.Settings`.

    Raises:
        DataError: where no pairs are left.
        UsageError: without `data_dir`, or for values out of range.
    """
    given = (bands, stride, cloud_threshold)
    if data_dir is not None and is_prepared(data_dir):
        if any(value is not None for value in given):
            raise UsageError(
                "--bands, --stride and --cloud-threshold must go with windows that are "
                f"not prepared yet. Received: some, and {data_dir} of prepared ones"
            )
        return PreparedPairs(data_dir)
    chosen = choose(bands)
    wanted = Settings(
        chosen or (),
        window,
        stride or window,
        max_cloud,
        cloud_threshold,
        test_fraction,
    )
    if data_dir is None:
        raise DataError(f"give {NEEDS}. Received: no --data-dir")
    places, found, notes, unusable = find_places(data_dir, chosen)
    settings = dataclasses.replace(wanted, bands=found)
    spots, overlaps = lay_out(places, settings)
    rows, entries, counts, broken = _cut(places, spots, settings)
    notes = [
        _summary(places, settings),
        *notes,
        *overlaps,
        *_cloud_notes(places, counts),
    ]
    return _dataset(
        f"Sentinel-2 windows of {data_dir}",
        rows,
        entries,
        settings,
        notes,
        [*unusable, *broken],
    )


def available():
    """`None`: acquisitions can be anywhere."""


def _summary(places, settings):
    dates = sum(len(place.acquisitions) for place in places)
    return (
        f"{len(places):,} places at {dates / len(places):.1f} dates, bands "
        f"{','.join(settings.bands)}, windows of {settings.window} pixels every "
        f"{settings.stride}"
    )


def _cloud_notes(places, counts):
    every = [a for place in places for a in place.acquisitions]
    masked = sum(acquisition.has_mask for acquisition in every)
    yield f"cloud masks: {masked:,} of {len(every):,} acquisitions have one"
    if counts.get("cloudy"):
        yield f"left out: {counts['cloudy']:,} windows with cloud or without data"


def _cut(places, spots, settings):
    """`(rows, [(Spot, date), ...], counts, unusable)`, cached where it is large."""
    most = sum(len(spots[p.name]) * len(p.acquisitions) for p in places)
    if not most:
        raise DataError(
            f"places must be at least as large as --window {settings.window}. "
            f"Received: {places[0].grid}, the first"
        )
    if most * np.prod(settings.shape) <= IN_MEMORY_BYTES:
        images, entries, cutter = [], [], Cutter(settings)
        for entry, image in _walk(places, spots, cutter):
            images.append(image)
            entries.append(entry)
        rows = np.array(images, np.uint8).reshape(-1, *settings.shape)
        return rows, entries, dict(cutter.counts), cutter.unusable
    return _cut_to_file(places, spots, settings)


def _cut_to_file(places, spots, settings):
    target = cache_folder() / f"sentinel2-{_key(places, settings)}.rows"
    listing = target.with_suffix(".json")
    if not listing.is_file() or not target.is_file():
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
    content = json.loads(listing.read_text(encoding="utf-8"))
    entries = [(Spot(*entry[:-1]), entry[-1]) for entry in content["entries"]]
    rows = RowFile(target, settings.shape)
    return rows, entries, content["counts"], content["unusable"]


def _walk(places, spots, cutter):
    for place in tqdm.tqdm(places, "cutting windows", unit="place", leave=False):
        for spot, date, image in cutter.cut(place, spots[place.name]):
            yield (spot, date), image


def _key(places, settings):
    digest = hashlib.sha256(repr((VERSION, settings)).encode())
    for place in places:
        for acquisition in place.acquisitions:
            path = acquisition.source.rsplit(" [", 1)[0]
            stat = os.stat(path)
            about = f"{acquisition.source}\0{stat.st_size}\0{stat.st_mtime_ns}\n"
            digest.update(about.encode(errors="surrogateescape"))
    return digest.hexdigest()[:24]


def _dataset(source, rows, entries, settings, notes, unusable):
    known = sorted({spot for spot, _ in entries})
    codes = {spot: code for code, spot in enumerate(known)}
    places = np.array([codes[spot] for spot, _ in entries], np.int64)
    sizes = np.bincount(places, minlength=len(known))
    alone = np.array([sizes[place] < 2 for place in places], bool)
    if alone.any():
        notes.append(
            f"left out: {alone.sum():,} windows that are clear at one date only"
        )
    split = np.array([spot.split for spot, _ in entries])
    members = {
        ("x", part): np.flatnonzero((split == part) & ~alone)
        for part in ("train", "test")
    }
    _require_both(members, unusable)
    dates = np.where(alone, "", [date for _, date in entries])
    date, date_labels, note = splits.scored_factor(
        "date", dates, split == "test", DATES
    )
    place = Factor("place", tuple(f"{s.place} {s.row},{s.column}" for s in known))
    return ImagePairs(
        "sentinel2",
        source,
        rows,
        settings.shape,
        (Domain("x", "Sentinel-2 windows", (), (date,) if date else (), (place,)),),
        lambda part, seed: GroupPairing.within(places, members["x", part], seed),
        members,
        {"x": {**({"date": date_labels} if date else {}), "place": places}},
        channels=settings.bands,
        notes=(*notes, note),
        unusable=tuple(unusable),
    )


def _require_both(members, unusable):
    for (_, part), indices in members.items():
        if not len(indices):
            first = f"; first unusable: {unusable[0]}" if unusable else ""
            raise DataError(
                f"there must be windows for {part} that are clear at two dates "
                "(smaller --window, larger --max-cloud or --test-fraction). "
                f"Received: none{first}"
            )
