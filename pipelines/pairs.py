"""Own images: a table, a folder of groups, or a table of pairs."""

import os
import pathlib
import re
from typing import Annotated

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import printable
from tfmi.pipelines import options
from tfmi.pipelines.group_choice import ImagesPerGroup
from tfmi.pipelines.group_choice import UnseenGroups
from tfmi.pipelines.groups import grouped_pairs
from tfmi.pipelines.image_rows import ImageRows
from tfmi.pipelines.images import FORMAT_NAMES
from tfmi.pipelines.images import UnreadableImage
from tfmi.pipelines.images import image_shape
from tfmi.pipelines.images import is_color
from tfmi.pipelines.listed_pairs import open_pairs
from tfmi.pipelines.manifest import read_table
from tfmi.pipelines.manifest import require_columns
from tfmi.pipelines.options import option
from tfmi.pipelines.splits import SplitSeed
from tfmi.pipelines.splits import TestFraction
from tfmi.pipelines.validation import ValidationFraction
from tfmi.pipelines.walk import find_images

NEEDS = "--manifest FILE (CSV or Parquet) or --folder DIR"
LARGEST_SIDE = 512
# Number of images whose headers say whether there is colour.
LOOKED_AT = 1000


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
    images_per_group: ImagesPerGroup = 0,
    unseen_groups: UnseenGroups = 0.0,
    test_fraction: TestFraction = 0.2,
    validation_fraction: ValidationFraction = 0.0,
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
        images_per_group: number of images of a group to take at most, 0 for all.
        unseen_groups: number, or fraction below 1, of the groups that are in neither
            split, but in one of their own, "unseen".
        validation_fraction: of the training images, held out of them.
        test_fraction, split_seed: of the split, by image within groups.
        split_file: a run's `split.json`, instead of a new split.

    Raises:
        DataError: where there is no usable data.
        UsageError: for options that do not go together.
    """
    _check(manifest, folder, share, evaluate, one_domain)
    of_groups = {"images_per_group": images_per_group, "unseen_groups": unseen_groups}
    size_of = _size_of(image_size)
    split = {
        "test_fraction": test_fraction,
        "validation_fraction": validation_fraction,
        "split_seed": split_seed,
        "split_file": split_file,
    }
    if folder:
        source = f"images in {folder}"
        split |= of_groups
        return _grouped(_read_folder(folder), source, ["group"], [], size_of, split)
    share, evaluate = _names(share), _names(evaluate)
    table = read_table(manifest)
    if "path" not in table and {"x", "y"} <= set(table):
        _check_no_groups(of_groups)
        return open_pairs(table, manifest, share, evaluate, one_domain, split, size_of)
    if one_domain or not share:
        raise UsageError(
            "a manifest with a path column must go with --share FACTOR and without "
            f"--one-domain. Received: {'--one-domain' if one_domain else 'no --share'}"
        )
    require_columns(table, ["path", *share, *evaluate], manifest)
    images = _read_images(table, manifest, list(dict.fromkeys([*share, *evaluate])))
    others = [name for name in evaluate if name not in share]
    split |= of_groups
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


def _check_no_groups(of_groups):
    given = [name for name, value in of_groups.items() if value]
    if given:
        raise UsageError(
            "--images-per-group and --unseen-groups must go with images in groups "
            f"(a column path, or --folder). Received: {given[0]} with pairs"
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


def _read_images(table, manifest, factors):
    """The images of a table's rows; what is left out is noted."""
    rows = ImageRows(pathlib.Path(manifest).parent, factors)
    values = zip(*(table[factor] for factor in factors), strict=True)
    for path, row in zip(table["path"], values, strict=True):
        if path:
            rows.add(path, row)
    lacking = table["path"].count("")
    notes = table.notes()
    if lacking:
        notes.append(f"left out: {lacking} rows without a path")
    return rows.images(notes)


def _read_folder(folder):
    root = pathlib.Path(folder)
    if not os.path.isdir(root):
        raise DataError(f"--folder must be a folder. Received: {folder}")
    content = find_images(root)
    relative = [path.relative_to(root) for path in content.images]
    inside = [path for path in relative if len(path.parts) > 1]
    if not inside:
        raise DataError(
            f"--folder must hold a subfolder of {FORMAT_NAMES} images for each "
            f"group. Received: no images in subfolders of {folder}"
        )
    rows = ImageRows(root, ["group"])
    for path in inside:
        rows.add(path.as_posix(), [printable(path.parts[0])])
    notes, loose = content.notes, len(relative) - len(inside)
    if loose:
        notes.append(f"left out: {loose} images outside of subfolders")
    images = rows.images(notes)
    images.unusable += content.unusable
    return images


def _size_of(image_size):
    """A function from paths to the shape asked for, or that of the first image; in
    colour where images have some, lest it be lost."""
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
    return lambda paths: (*size, _channels(paths))


def _first_shape(paths):
    shape = (*_readable_shape(paths)[:2], _channels(paths))
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


def _channels(paths):
    """3 where an image has colour, else 1; of many a sample is looked at."""
    if _readable_shape(paths)[2] == 3:
        return 3
    sample = np.random.default_rng(0).permutation(len(paths))[:LOOKED_AT]
    return 3 if any(is_color(paths[position]) for position in sample) else 1
