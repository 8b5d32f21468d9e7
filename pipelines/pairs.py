"""Own images: a table, a folder of groups, or a table of pairs."""

import os
import pathlib
import re
from typing import Annotated

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import options
from tfmi.pipelines.groups import Images
from tfmi.pipelines.groups import grouped_pairs
from tfmi.pipelines.images import SUFFIXES
from tfmi.pipelines.images import UnreadableImage
from tfmi.pipelines.images import image_shape
from tfmi.pipelines.listed_pairs import open_pairs
from tfmi.pipelines.manifest import read_table
from tfmi.pipelines.manifest import require_columns
from tfmi.pipelines.options import option
from tfmi.pipelines.splits import SplitSeed
from tfmi.pipelines.splits import TestFraction

NEEDS = "--manifest FILE (CSV or Parquet) or --folder DIR"
LARGEST_SIDE = 512


def open_dataset(
    manifest: Annotated[
        str, options.file("Table of own images or pairs, CSV or Parquet.")
    ] = None,
    folder: Annotated[
        str, options.folder("Folder of own images, a subfolder a group.")
    ] = None,
    share: Annotated[
        str, option("Factors that the images of a pair share: A,B.")
    ] = None,
    evaluate: Annotated[str, option("Factors to score: A,B,C.")] = None,
    image_size: Annotated[
        str, option("Size of images: HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS.")
    ] = None,
    one_domain: Annotated[
        bool, option("The columns x and y hold images of one kind.")
    ] = False,
    test_fraction: TestFraction = 0.2,
    split_seed: SplitSeed = 0,
    split_file=None,
):
    """Own pairs, from a manifest (CSV or Parquet) or a folder of groups.

    Args:
        manifest: table with a column `path` (images that `share` groups) or
            columns `x` and `y` (pairs); paths are relative to its folder.
        folder: folder with a subfolder for each group.
        share: comma-separated factors that the images of a pair share.
        evaluate: comma-separated factors to score.
        image_size: "HEIGHTxWIDTH" or "HEIGHTxWIDTHxCHANNELS"; by default
            that of the first image.
        one_domain: x and y of a table of pairs are images of one kind.
        test_fraction, split_seed: of the split, by image within groups.
        split_file: a run's `split.json`, instead of a new split.

    Raises:
        DataError: where there is no usable data.
        UsageError: for options that do not go together.
    """
    _check(manifest, folder, share, evaluate, one_domain)
    size_of = _size_of(image_size)
    split = {
        "test_fraction": test_fraction,
        "split_seed": split_seed,
        "split_file": split_file,
    }
    if folder:
        source = f"images in {folder}"
        return _grouped(_read_folder(folder), source, ["group"], [], size_of, split)
    share, evaluate = _names(share), _names(evaluate)
    table = read_table(manifest)
    if "path" not in table and {"x", "y"} <= set(table):
        return open_pairs(table, manifest, share, evaluate, one_domain, split, size_of)
    if one_domain or not share:
        raise UsageError(
            "a manifest with a path column must go with --share FACTOR and without "
            f"--one-domain. Received: {'--one-domain' if one_domain else 'no --share'}"
        )
    require_columns(table, ["path", *share, *evaluate], manifest)
    images = read_images(table, manifest, [*share, *evaluate])
    others = [name for name in evaluate if name not in share]
    return _grouped(images, f"images of {manifest}", share, others, size_of, split)


def _check(manifest, folder, share, evaluate, one_domain):
    if bool(manifest) == bool(folder):
        raise UsageError(
            "give either --manifest or --folder. Received: "
            + ("both" if manifest else "neither")
        )
    if folder and (share or evaluate or one_domain):
        raise UsageError(
            "--share, --evaluate and --one-domain must go with --manifest; the "
            "subfolders of --folder are the groups. Received: --folder"
        )


def available():
    """`None`: a user's images can be anywhere."""


def _grouped(images, source, share, others, size_of, split):
    shape = size_of(images.paths)
    rows = images.decode(shape)
    return grouped_pairs(
        "pairs", "own images", source, images, rows, shape, share, others, **split
    )


def _names(text):
    names = [name.strip() for name in (text or "").split(",")]
    return list(dict.fromkeys(name for name in names if name))


def read_images(table, manifest, factors):
    """The images of a table's rows; a path that comes again is noted."""
    folder = pathlib.Path(manifest).parent
    names = [os.path.normpath(path) if path else "" for path in table["path"]]
    first, repeated, changed = {}, [], []
    for row, name in enumerate(names):
        if not name:
            continue
        if name in first:
            same = all(table[f][row] == table[f][first[name]] for f in factors)
            (repeated if same else changed).append(name)
        first.setdefault(name, row)
    kept = sorted(first.values())
    notes = []
    if "" in names:
        notes.append(f"left out: {names.count('')} rows without a path")
    for again, what in ((repeated, "again"), (changed, "again with other values")):
        if again:
            notes.append(
                f"left out: {len(again)} rows that list an image {what} (first "
                f"{again[0]}); its first row counts"
            )
    names = [names[row] for row in kept]
    values = {f: [table[f][row] for row in kept] for f in factors}
    return Images(names, [str(folder / n) for n in names], values, notes)


def _read_folder(folder):
    root = pathlib.Path(folder)
    if not root.is_dir():
        raise DataError(f"--folder must be a folder. Received: {folder}")
    found = [
        path
        for group in sorted(p for p in root.iterdir() if p.is_dir())
        for path in sorted(group.rglob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file()
    ]
    if not found:
        raise DataError(
            "--folder must hold a subfolder of PNG, JPEG or TIFF images for each "
            f"group. Received: no images in subfolders of {folder}"
        )
    relative = [path.relative_to(root) for path in found]
    loose = [p for p in sorted(root.iterdir()) if p.suffix.lower() in SUFFIXES]
    notes = [f"left out: {len(loose)} images outside of subfolders"] if loose else []
    groups = {"group": [path.parts[0] for path in relative]}
    return Images([p.as_posix() for p in relative], map(str, found), groups, notes)


def _size_of(image_size):
    """A function from paths to the shape asked for, or that of the first image."""
    if image_size is None:
        return _first_shape
    sides = re.fullmatch(r"(\d+)x(\d+)(?:x([13]))?", image_size.lower())
    if not sides or min(int(sides[1]), int(sides[2])) < 9:
        raise UsageError(
            "--image-size must be HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS, sides of 9 "
            f"pixels at least, 1 or 3 channels. Received: {image_size}"
        )
    size = int(sides[1]), int(sides[2])
    if sides[3]:
        return lambda paths: (*size, int(sides[3]))
    return lambda paths: (*size, _readable_shape(paths)[2])


def _first_shape(paths):
    shape = _readable_shape(paths)
    if max(shape) > LARGEST_SIDE:
        raise UsageError(
            f"--image-size must be given for images larger than {LARGEST_SIDE} "
            f"pixels. Received: {shape[0]}x{shape[1]}, the first image"
        )
    return shape


def _readable_shape(paths):
    reasons = []
    for path in paths:
        try:
            return image_shape(path)
        except UnreadableImage as error:
            reasons.append(f"{path}: {error}")
    raise DataError(
        "there must be readable images. "
        f"Received: {len(reasons)} files, none readable, first {reasons[:1]}"
    )
