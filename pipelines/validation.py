"""The validation split: images held out of the training split, for choosing."""

from typing import Annotated

import numpy as np

from tfmi.errors import UsageError
from tfmi.pipelines import splits
from tfmi.pipelines.options import option

ValidationFraction = Annotated[
    float,
    option("Fraction of the training images to hold out for validation. 0 holds none."),
]
# Numbers of the splits in arrays of one number an image; -1 is in none.
TRAIN, TEST, VALIDATION, UNSEEN = 0, 1, 2, 3
CODES = {"train": TRAIN, "test": TEST, "validation": VALIDATION, "unseen": UNSEEN}
OPTIONAL = ("validation", "unseen")


def hold_out(split, groups, fraction, seed=0, whole=False, parts=None):
    """Take a validation split out of the training images.

    Args:
        split: int `(images,)`, of `CODES` or -1.
        groups: int `(images,)`, the group of each.
        fraction: of the training images, from 0, which holds out none, to below 1.
        whole: whether groups are not torn (`split_whole`), else `split_groups`.
        parts: `(images,)` of what in a group is not torn (`split_parts`), or `None`.

    Returns:
        The array with `VALIDATION` for what is held out.

    Raises:
        DataError: where a split stays empty.
        UsageError: for another fraction.
    """
    check_fraction(fraction)
    if not fraction:
        return split
    split, training = split.copy(), np.flatnonzero(split == TRAIN)
    divide = splits.split_whole if whole else splits.split_groups
    arrays = [np.asarray(groups)[training]]
    if parts is not None:
        divide, arrays = splits.split_parts, [*arrays, np.asarray(parts)[training]]
    chosen = divide(*arrays, fraction, seed, "validation")
    split[training[chosen]] = VALIDATION
    return split


def check_fraction(fraction):
    """Raise a `UsageError` for a fraction that is none to hold out."""
    if not 0 <= fraction < 1:
        raise UsageError(
            f"--validation-fraction must be >= 0 and below 1. Received: {fraction}"
        )


def members_of(split):
    """`{split: positions}` of the images of each split that there is."""
    members = {name: np.flatnonzero(split == code) for name, code in CODES.items()}
    return {n: m for n, m in members.items() if len(m) or n not in OPTIONAL}
