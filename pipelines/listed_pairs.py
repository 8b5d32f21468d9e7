"""Own pairs that a table lists: columns x and y, of two domains or of one."""

import pathlib

import numpy as np

from tfmi.errors import DataError
from tfmi.pipelines import saved_split
from tfmi.pipelines import splits
from tfmi.pipelines import validation
from tfmi.pipelines.base import Domain
from tfmi.pipelines.groups import named_split
from tfmi.pipelines.image_pairs import ImagePairs
from tfmi.pipelines.image_rows import ImageRows
from tfmi.pipelines.manifest import require_columns
from tfmi.pipelines.pairing import ListedPairing

SIDES = ("x", "y")


def open_pairs(table, manifest, share, evaluate, one_domain, split, size_of):
    """Pairs of the rows of a table.

    A factor of x is read from the column `x_<factor>` where there is one,
    else from `<factor>`; likewise of y. Images that appear in several pairs
    keep these pairs in one split.

    Args:
        table: as of `manifest.read_table`.
        share, evaluate: names of factors.
        one_domain: whether x and y are images of one kind.
        split: `test_fraction`, `validation_fraction`, `split_seed` and `split_file`.
        size_of: function from paths to the image shape.

    Raises:
        DataError: where no usable pair is left.
    """
    factors = list(dict.fromkeys([*share, *evaluate]))
    images, pairs = _unique_images(table, manifest, factors)
    shape = size_of(images.paths)
    names = list(images.names)
    rows = images.decode(shape)
    pairs = _readable(pairs, names, images)
    in_test = _split(images, pairs, **split)
    if one_domain:
        members = {"x": pairs}
    else:
        members = {side: pairs[:, [k]] for k, side in enumerate(SIDES)}
    domains, labels = [], {}
    for side, used in members.items():
        domain, labels[side] = _domain(images, side, used, in_test, share, factors)
        domains.append(domain)
    return ImagePairs(
        "pairs",
        f"pairs of {manifest}",
        rows,
        shape,
        tuple(domains),
        lambda part, seed: ListedPairing(
            *pairs[(in_test[pairs] == validation.CODES[part]).all(axis=1)].T, seed
        ),
        {
            (side, part): np.unique(used[in_test[used[:, 0]] == validation.CODES[part]])
            for side, used in members.items()
            for part in validation.members_of(in_test)
        },
        labels,
        notes=tuple(images.notes),
        unusable=tuple(images.unusable),
        split=named_split(images.names, in_test),
    )


def _unique_images(table, manifest, factors):
    """The images of all rows, and the pairs `(rows, 2)` of their positions."""
    for factor in factors:
        if f"x_{factor}" not in table or f"y_{factor}" not in table:
            require_columns(table, [factor], manifest)
    columns = {
        side: [f"{side}_{f}" if f"{side}_{f}" in table else f for f in factors]
        for side in SIDES
    }
    rows, pairs, left_out = ImageRows(pathlib.Path(manifest).parent, factors), [], 0
    for row, names in enumerate(zip(table["x"], table["y"], strict=True)):
        if not all(names) or rows.key(names[0]) == rows.key(names[1]):
            left_out += 1
            continue
        sides = zip(SIDES, names, strict=True)
        pairs.append(
            [rows.add(name, [table[c][row] for c in columns[s]]) for s, name in sides]
        )
    notes = table.notes()
    if left_out:
        notes.append(f"left out: {left_out} rows without two different images")
    unique = sorted({tuple(pair) for pair in pairs})
    if len(unique) < len(pairs):
        notes.append(
            f"left out: {len(pairs) - len(unique)} rows that list a pair again"
        )
    images = rows.images(notes, may_repeat=True)
    return images, np.array(unique, np.int64).reshape(-1, 2)


def _readable(pairs, names, images):
    """The pairs, as positions of the images that are left after decoding."""
    new = {name: position for position, name in enumerate(images.names)}
    moved = np.array([new.get(name, -1) for name in names], np.int64)
    pairs = moved[pairs]
    whole = (pairs >= 0).all(axis=1)
    if not whole.all():
        images.notes.append(
            f"left out: {(~whole).sum()} pairs with an image that cannot be read"
        )
    if not whole.any():
        raise DataError("there must be pairs of readable images. Received: none")
    return pairs[whole]


def _split(images, pairs, split_file, test_fraction, validation_fraction, split_seed):
    """int `(images,)`: of `validation.CODES`, -1 in no pair; pairs are not torn."""
    components = _components(len(images.names), pairs)
    if split_file is not None:
        split = saved_split.apply_split(
            images.names, saved_split.read_split(split_file)
        )
    else:
        split = _new_split(images, pairs, components, test_fraction, split_seed)
    return validation.hold_out(split, components, validation_fraction, split_seed, True)


def _new_split(images, pairs, components, test_fraction, split_seed):
    component = components[pairs[:, 0]]
    pairs_in_test = splits.split_whole(component, test_fraction, split_seed)
    in_test = np.full(len(images.names), -1)
    in_test[pairs] = pairs_in_test[:, None]
    largest = np.unique(component, return_counts=True)[1].max()
    images.notes += splits.far_note(
        pairs_in_test,
        test_fraction,
        "pairs",
        f"pairs that share images stay together, up to {largest} of {len(pairs)}",
    )
    return in_test


def _components(count, pairs):
    """The smallest image of all that pairs connect each image to."""
    parent = list(range(count))

    def root(node):
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for x, y in pairs.tolist():
        x, y = root(x), root(y)
        parent[max(x, y)] = min(x, y)
    return np.array([root(node) for node in range(count)])


def _domain(images, side, used, in_test, share, factors):
    """The `Domain` of a side and the labels of its images."""
    inside = np.zeros(len(in_test), bool)
    inside[used] = True
    scored, labels = {}, {}
    for factor in factors:
        values = np.where(inside, images.values[factor], "")
        scored[factor], codes, note = splits.scored_factor(factor, values, in_test == 1)
        images.notes.append(f"{side}: {note}")
        if scored[factor]:
            labels[factor] = codes
    shared, exclusive = (
        tuple(scored[f] for f in factors if scored[f] and (f in share) == wanted)
        for wanted in (True, False)
    )
    return Domain(side, f"{side} images", shared, exclusive), labels
