"""Which groups a dataset trains on, and how many images of each it takes."""

from typing import Annotated

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines.options import option
from tfmi.pipelines.validation import UNSEEN

ImagesPerGroup = Annotated[
    int,
    option(
        "Images of a group to take at most, drawn by the split's seed. 0 takes all.",
        at_least=0,
    ),
]
UnseenGroups = Annotated[
    float,
    option(
        "Groups to keep whole out of training and test: a number, or below 1 a "
        "fraction. Evaluation retrieves and verifies among them.",
        at_least=0,
    ),
]
# What a group needs: two images to train on and one to test.
LEAST_IMAGES = 3
# One group can be retrieved, but nothing told from it.
LEAST_UNSEEN = 2
NAMED = 5


def limit_images(groups, most, seed=0):
    """Take so many images of each group at most.

    Args:
        groups: int `(images,)`, the group of each, -1 in none.
        most: number of images, 0 for all.
        seed: of the draw.

    Returns:
        `(groups, notes)`: the array with -1 for images that are not taken, and lines
        for people.

    Raises:
        UsageError: for a number that no group can be split with.
    """
    if not most:
        return groups, []
    if most < LEAST_IMAGES:
        raise UsageError(
            f"--images-per-group must be 0 or >= {LEAST_IMAGES}. Received: {most}"
        )
    generator = np.random.default_rng([seed, *b"images per group"])
    limited = np.full(len(groups), -1)
    names = np.unique(groups[groups >= 0])
    for group in names:
        members = generator.permutation(np.flatnonzero(groups == group))[:most]
        limited[members] = group
    note = (
        f"{(limited >= 0).sum():,} of {(groups >= 0).sum():,} images: {most} of each "
        f"of {len(names)} groups at most, drawn with seed {seed}"
    )
    return limited, [note]


def choose_unseen(groups, number, seed=0):
    """Choose the groups that neither training nor test has.

    Args:
        groups: int `(images,)`, the group of each, -1 in none.
        number: of groups; below 1 a fraction of them, 0 for none.
        seed: of the draw.

    Returns:
        The groups' numbers.

    Raises:
        DataError: where too few are chosen or left.
        UsageError: for a number that is no whole one.
    """
    if not number:
        return np.array([], np.int64)
    names = np.unique(groups[groups >= 0])
    if number >= 1 and number != int(number):
        raise UsageError(
            "--unseen-groups must be a whole number, or a fraction below 1. "
            f"Received: {number}"
        )
    count = int(number) if number >= 1 else round(number * len(names))
    if not LEAST_UNSEEN <= count < len(names):
        raise DataError(
            f"--unseen-groups must keep out {LEAST_UNSEEN} groups at least and leave "
            f"one to train on. Received: {count} of {len(names)}"
        )
    generator = np.random.default_rng([seed, *b"unseen groups"])
    return np.sort(generator.permutation(names)[:count])


def described(name, groups, split, most):
    """What stands behind the source of a dataset, of both choices.

    Args:
        name: of the groups.
        groups: int `(images,)`.
        split: int `(images,)`, of `validation.CODES`.
        most: images of a group, 0 for all.
    """
    unseen = len(np.unique(groups[split == UNSEEN]))
    parts = [f"{(split >= 0).sum():,} images, {most} of a {name} at most"] * bool(most)
    parts += [f"{unseen} of the {name} values unseen in training"] * bool(unseen)
    return "".join(f", {part}" for part in parts)


def unseen_note(groups, is_unseen, names):
    """A line on the groups that were kept out.

    Args:
        groups: int `(images,)`.
        is_unseen: bool `(images,)`.
        names: of the groups of the images, `(images,)`.
    """
    chosen = sorted(set(np.asarray(names, object)[is_unseen]))
    more = ", ..." if len(chosen) > NAMED else ""
    return (
        f"kept out of training and test: {len(chosen)} of "
        f"{len(np.unique(groups[groups >= 0]))} groups ({', '.join(chosen[:NAMED])}"
        f"{more}), {is_unseen.sum():,} images"
    )
