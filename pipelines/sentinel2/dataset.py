"""The `PairDataset` of Sentinel-2 windows: one place, two dates."""

import dataclasses
from typing import Annotated

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import splits
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.pipelines.image_pairs import ImagePairs
from tfmi.pipelines.options import folder
from tfmi.pipelines.options import option
from tfmi.pipelines.pairing import GroupPairing
from tfmi.pipelines.sentinel2.bands import choose
from tfmi.pipelines.sentinel2.cutting import cut_windows
from tfmi.pipelines.sentinel2.place_split import hold_out
from tfmi.pipelines.sentinel2.place_split import read_rows
from tfmi.pipelines.sentinel2.place_split import require_places
from tfmi.pipelines.sentinel2.place_split import split_places
from tfmi.pipelines.sentinel2.place_split import to_json
from tfmi.pipelines.sentinel2.places import find_places
from tfmi.pipelines.sentinel2.prepared import PreparedPairs
from tfmi.pipelines.sentinel2.records import is_prepared
from tfmi.pipelines.sentinel2.windows import Settings
from tfmi.pipelines.sentinel2.windows import lay_out
from tfmi.pipelines.validation import ValidationFraction
from tfmi.pipelines.validation import check_fraction

NEEDS = "--data-dir DIR of <place>/<date>.tif, .SAFE products, or .npy/.npz arrays"

WINDOW = 64
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
    validation_fraction: ValidationFraction = 0.0,
    split_file=None,
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
        validation_fraction: of the training rows, held out of them.
        split_file: a run's `split.json`, instead of a new split; places that it does
            not have are left out.

    Raises:
        DataError: where no pairs are left.
        UsageError: without `data_dir`, or for values out of range.
    """
    check_fraction(validation_fraction)
    given = (bands, stride, cloud_threshold)
    if data_dir is not None and is_prepared(data_dir):
        if any(value is not None for value in given):
            raise UsageError(
                "--bands, --stride and --cloud-threshold must go with windows that are "
                f"not prepared yet. Received: some, and {data_dir} of prepared ones"
            )
        if validation_fraction:
            raise UsageError(
                "--validation-fraction must be 0 with prepared windows, of which none "
                f"are held out (--split test). Received: {validation_fraction}"
            )
        return PreparedPairs(data_dir, split_file)
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
    split = read_rows(split_file) if split_file else None
    only = {part.place for part in split} if split else None
    places, usual, notes, unusable = find_places(data_dir, chosen, only)
    settings = dataclasses.replace(wanted, bands=usual)
    if split:
        require_places(split, places)
    else:
        split = split_places(places, settings)
    held_out = hold_out(split, validation_fraction, window)
    spots, overlaps = lay_out(places, settings, held_out)
    images, entries, counts, broken = cut_windows(places, spots, settings)
    notes = [
        _summary(places, settings),
        *notes,
        *overlaps,
        *_cloud_notes(places, counts),
    ]
    return _dataset(
        f"Sentinel-2 windows of {data_dir}",
        images,
        entries,
        settings,
        notes,
        [*unusable, *broken],
        to_json([part for part in split if spots[part.place]]),
        ("train", "test", *(["validation"] if validation_fraction else [])),
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


def _dataset(source, images, entries, settings, notes, unusable, split, parts):
    known = sorted({spot for spot, _ in entries})
    codes = {spot: code for code, spot in enumerate(known)}
    places = np.array([codes[spot] for spot, _ in entries], np.int64)
    sizes = np.bincount(places, minlength=len(known))
    alone = np.array([sizes[place] < 2 for place in places], bool)
    if alone.any():
        notes.append(
            f"left out: {alone.sum():,} windows that are clear at one date only"
        )
    in_split = np.array([spot.split for spot, _ in entries])
    members = {
        ("x", part): np.flatnonzero((in_split == part) & ~alone) for part in parts
    }
    _require_both(members, unusable)
    dates = np.where(alone, "", [date for _, date in entries])
    date, date_labels, note = splits.scored_factor(
        "date", dates, in_split == "test", DATES
    )
    place = Factor("place", tuple(f"{s.place} {s.row},{s.column}" for s in known))
    return ImagePairs(
        "sentinel2",
        source,
        images,
        settings.shape,
        (Domain("x", "Sentinel-2 windows", (), (date,) if date else (), (place,)),),
        lambda part, seed: GroupPairing.within(places, members["x", part], seed),
        members,
        {"x": {**({"date": date_labels} if date else {}), "place": places}},
        channels=settings.bands,
        notes=(*notes, note),
        unusable=tuple(unusable),
        split=split,
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
