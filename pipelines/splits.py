"""Which images are for training and which for testing, and which factor values
there are enough images of to be scored."""

from typing import Annotated

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines.base import NOT_SCORED
from tfmi.pipelines.base import Factor
from tfmi.pipelines.options import option

# A value is scored where it has this many training images and a test image...
MIN_TRAIN = 5
# ... and the values together this many training images each on average (what
# the stronger probe needs); the rarest are dropped until they have.
MEAN_TRAIN = 10
# Draws of whole groups, until one is so near to the fraction, relative to it.
ATTEMPTS, NEAR = 200, 0.02
# A split that differs by more from what was asked for is noted.
TOLERANCE = 0.25
GROUPS_REASON = (
    "groups of two are not torn, and larger ones give one image at least and keep two"
)
# Options of every dataset that is split when it is read.
TestFraction = Annotated[float, option("Fraction of the images to test on.")]
SplitSeed = Annotated[int, option("Seed of the split.", at_least=0)]


def split_groups(groups, fraction=0.2, seed=0, name="split"):
    """Split by image within groups.

    A group of three or more gives `fraction` of its images to the test split,
    one at least, and keeps two. Groups of two are not torn: `fraction` of
    them go to the test split whole. Of small groups this is another fraction of
    all images, which `far_note` says.

    Args:
        groups: int `(images,)`, no group of one.
        fraction: of images for the test split, above 0 and below 1.
        name: two splits of different names are drawn apart.

    Returns:
        bool `(images,)`, true for the test split.

    Raises:
        DataError: where a split stays empty.
        UsageError: for another fraction.
    """
    _check_fraction(fraction)
    groups = np.asarray(groups)
    generator = np.random.default_rng([seed, *name.encode()])
    in_test = np.zeros(len(groups), bool)
    order = np.argsort(groups, kind="stable")
    bounds = np.flatnonzero(np.diff(groups[order])) + 1
    small = []
    for members in np.split(order, bounds):
        size = len(members)
        if size == 2:
            small.append(members)
            continue
        count = min(size - 2, max(1, round(size * fraction)))
        in_test[generator.permutation(members)[:count]] = True
    for position in generator.permutation(len(small))[: round(len(small) * fraction)]:
        in_test[small[position]] = True
    if in_test.all() or not in_test.any():
        raise DataError(
            "there must be images enough for both splits. "
            f"Received: {len(groups)} images in {len(bounds) + 1} groups"
        )
    return in_test


def split_whole(groups, fraction=0.2, seed=0, name="split"):
    """Split groups of any sizes, none of them torn.

    The test split is as near to `fraction` as the nearest of `ATTEMPTS` draws.

    Args:
        groups: int `(items,)`, the group of each.
        fraction: of items for the test split, above 0 and below 1.
        name: as of `split_groups`.

    Returns:
        bool `(items,)`, true for the test split.

    Raises:
        DataError: where all items are of one group.
        UsageError: for another fraction.
    """
    _check_fraction(fraction)
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        raise DataError(
            "pairs must fall apart into two sets without a common image, one for "
            f"each split. Received: {len(inverse)} pairs, all connected by images "
            "that they share"
        )
    generator = np.random.default_rng([seed, *name.encode()])
    wanted, best = fraction * len(inverse), None
    for _ in range(ATTEMPTS):
        chosen = _draw(sizes, wanted, generator)
        error = abs(sizes[chosen].sum() - wanted)
        if best is None or error < best[0]:
            best = error, chosen
        if not _is_far(sizes[chosen].sum() / len(inverse), fraction, NEAR):
            break
    return np.isin(inverse, best[1])


def split_parts(groups, parts, fraction=0.2, seed=0, name="split"):
    """Split within groups by whole parts, such as a writer's forms.

    A group of one part gives nothing to the test split; another one as near to
    `fraction` of its images as a random order of its parts brings it.

    Args:
        groups: int `(images,)`, the group of each.
        parts: `(images,)`, the part of its group that each is of.
        fraction, name: as of `split_groups`.

    Returns:
        bool `(images,)`, true for the test split.

    Raises:
        DataError: where each group is of one part.
        UsageError: for another fraction.
    """
    _check_fraction(fraction)
    groups, parts = np.asarray(groups), np.asarray(parts)
    generator = np.random.default_rng([seed, *name.encode()])
    in_test = np.zeros(len(groups), bool)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        _, inverse, sizes = np.unique(
            parts[members], return_inverse=True, return_counts=True
        )
        if len(sizes) > 1:
            chosen = _draw(sizes, fraction * len(members), generator)
            in_test[members[np.isin(inverse, chosen)]] = True
    if not in_test.any():
        raise DataError(
            "there must be a group of two parts, one for each split. "
            f"Received: {len(np.unique(groups))} groups of one part each"
        )
    return in_test


def _draw(sizes, wanted, generator):
    """Groups in a random order, each taken where the sum comes nearer by it."""
    chosen, total = [], 0
    order = generator.permutation(len(sizes))
    for group in order:
        if abs(total + sizes[group] - wanted) < abs(total - wanted):
            chosen.append(group)
            total += sizes[group]
    # Neither split stays empty.
    chosen = chosen or [sizes.argmin()]
    return chosen if len(chosen) < len(sizes) else chosen[1:]


def far_note(in_test, fraction, items, reason):
    """A list of a line where a split is not near the fraction that was asked for,
    else an empty list.

    Args:
        in_test: bool of each item.
        fraction: as asked for.
        items: what they are, for people.
        reason: why the split may differ.
    """
    share = np.mean(in_test)
    if not _is_far(share, fraction, TOLERANCE):
        return []
    return [
        f"the test split has {share:.1%} of the {items} instead of {fraction:.1%}: "
        f"{reason}"
    ]


def _is_far(share, fraction, tolerance):
    return abs(share - fraction) > tolerance * min(fraction, 1 - fraction)


def _check_fraction(fraction):
    if not 0 < fraction < 1:
        raise UsageError(
            f"--test-fraction must be above 0 and below 1. Received: {fraction}"
        )


def scored_factor(name, values, in_test, at_most=None):
    """A factor of the values that can be scored; see `MIN_TRAIN`.

    Args:
        values: text of each image, empty where not known.
        in_test: bool of each image.
        at_most: number of values, the most frequent in training first.

    Returns:
        `(Factor or None, labels, note)`: labels int64 `(images,)`,
        `NOT_SCORED` for images of other values; `None` where fewer than two
        values can be scored.
    """
    values = np.asarray(values, object)
    in_test = np.asarray(in_test, bool)
    names = sorted(set(values) - {""})
    codes = {value: code for code, value in enumerate(names)}
    code = np.array([codes.get(value, len(names)) for value in values], np.int64)
    train, test = (
        np.bincount(code[mask], minlength=len(names) + 1)[:-1]
        for mask in (~in_test, in_test)
    )
    scored = [c for c in np.argsort(-train, kind="stable") if train[c] and test[c]]
    scored = [c for c in scored if train[c] >= MIN_TRAIN][:at_most]
    while scored and train[scored].sum() < MEAN_TRAIN * len(scored):
        scored.pop()
    labels = np.full(len(values), NOT_SCORED, np.int64)
    if len(scored) < 2:
        return None, labels, f"{name} is not scored: fewer than two {_rule()}"
    scored = sorted(scored)
    for label, c in enumerate(scored):
        labels[code == c] = label
    note = f"{name}: {len(scored):,} of {len(names):,} {_rule()}"
    if len(scored) < len(names) or (labels < 0).any():
        note += f"; {(labels < 0).sum():,} images are not scored for it"
    return Factor(name, tuple(names[c] for c in scored)), labels, note


def _rule():
    return (
        f"values have {MIN_TRAIN} training images ({MEAN_TRAIN} on average) and a "
        "test image"
    )
