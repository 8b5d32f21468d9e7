"""From labelled image files in groups to pairs: what `pairs` and `iam` share."""

import collections

import numpy as np

from tfmi.errors import DataError
from tfmi.pipelines import saved_split
from tfmi.pipelines import splits
from tfmi.pipelines import validation
from tfmi.pipelines.base import Domain
from tfmi.pipelines.image_pairs import ImagePairs
from tfmi.pipelines.pairing import GroupPairing
from tfmi.pipelines.rows import decode_files


class Images:
    """Image files and what is known of each.

    Args:
        names: of the files, unique, as the split of a run names them.
        paths: where each is.
        values: `{factor: [text, ...]}`.

    Attributes:
        notes, unusable: as of `PairDataset`, filled on the way.
    """

    def __init__(self, names, paths, values, notes=(), unusable=()):
        self.names, self.paths = list(names), list(paths)
        self.values = {name: list(column) for name, column in values.items()}
        self.notes, self.unusable = list(notes), list(unusable)

    def keep(self, positions):
        """Leave out all images but those at the positions."""
        self.names = [self.names[p] for p in positions]
        self.paths = [self.paths[p] for p in positions]
        self.values = {k: [v[p] for p in positions] for k, v in self.values.items()}

    def decode(self, shape, enlarge=True):
        """Decode all; files that cannot be read are left out and listed.

        Returns:
            The rows, one an image that is kept.

        Raises:
            DataError: where none can be read.
        """
        colored = []
        rows, readable, unreadable = decode_files(self.paths, shape, enlarge, colored)
        for position, reason in unreadable.items():
            self.unusable.append(f"{self.paths[position]}: {reason}")
        if not len(readable):
            first = f", first {self.unusable[0]}" if self.unusable else ""
            raise DataError(
                "there must be readable images. "
                f"Received: {len(self.paths)} files, none of them readable{first}"
            )
        if colored:
            first = self.names[colored[0]]
            self.notes.append(
                f"{len(colored)} colour images are read as grey (first {first})"
            )
        self.keep(readable)
        return rows

    def groups(self, factors):
        """The group of each image: its combination of the factors' values.

        Images that lack a value, and groups of one image, get -1 and a note.
        """
        keys = list(zip(*(self.values[name] for name in factors), strict=True))
        sizes = collections.Counter(keys)
        codes = {key: code for code, key in enumerate(sorted(sizes))}
        lacking = sum(not all(key) for key in keys)
        single = sorted(k for k, n in sizes.items() if n == 1 and all(k))
        if lacking:
            self.notes.append(f"left out: {lacking} images without {'/'.join(factors)}")
        if single:
            named = ", ".join("/".join(key) for key in single[:5])
            self.notes.append(
                f"left out: {len(single)} groups of one image ({named}"
                f"{', ...' if len(single) > 5 else ''})"
            )
        return np.array(
            [codes[k] if all(k) and sizes[k] > 1 else -1 for k in keys], np.int64
        )


def grouped_pairs(
    name, title, source, images, rows, image_shape, share, others, **options
):
    """Pairs of two images of the same group, in one domain.

    Args:
        name, source, image_shape: as of `PairDataset`.
        title: of the domain, for people.
        images: `Images`, decoded; rows: what `decode` gave for them.
        share: names of the factors that make the groups.
        others: names of further factors to score.
        options: of `_split_groups`; `validation_fraction`; `at_most`, `{factor:
            number of values}`.

    Raises:
        DataError: where no group of two images is there.
    """
    at_most = options.pop("at_most", {})
    held_out = options.pop("validation_fraction", 0)
    groups = images.groups(share)
    if (groups < 0).all():
        raise DataError(
            f"there must be two images of one {'/'.join(share)}. Received: none"
        )
    is_test = _split_groups(images, groups, **options)
    seed, parts = options.get("split_seed", 0), options.get("parts")
    is_test = validation.hold_out(is_test, groups, held_out, seed, parts=parts)
    scored = {}
    for factor in (*share, *others):
        values = np.where(is_test >= 0, images.values[factor], "")
        scored[factor] = splits.scored_factor(
            factor, values, is_test == 1, at_most.get(factor)
        )
        images.notes.append(scored[factor][2])
    shared, exclusive = (
        tuple(scored[factor][0] for factor in names if scored[factor][0])
        for names in (share, others)
    )
    domain = Domain("x", title, shared, exclusive)
    members = {("x", s): m for s, m in validation.members_of(is_test).items()}
    return ImagePairs(
        name,
        source,
        rows,
        image_shape,
        (domain,),
        lambda split, seed: GroupPairing.within(groups, members["x", split], seed),
        members,
        {"x": {f.name: scored[f.name][1] for f in domain.factors}},
        notes=tuple(images.notes),
        unusable=tuple(images.unusable),
        split=named_split(images.names, is_test),
    )


def _split_groups(
    images, groups, split_file=None, test_fraction=0.2, split_seed=0, parts=None
):
    """int `(images,)`: 0 training, 1 test, -1 left out.

    Args:
        parts: what each image is a part of that is not torn, or `None`.
    """
    if split_file is not None:
        return saved_split.apply_split(images.names, saved_split.read_split(split_file))
    is_test = np.full(len(groups), -1)
    inside = np.flatnonzero(groups >= 0)
    divide, arrays, reason = splits.split_groups, [groups], splits.GROUPS_REASON
    if parts is not None:
        divide, arrays = splits.split_parts, [groups, np.asarray(parts)]
        reason = "what is one part of a group stays together"
    arrays = [array[inside] for array in arrays]
    is_test[inside] = divide(*arrays, test_fraction, split_seed)
    images.notes += splits.far_note(is_test[inside], test_fraction, "images", reason)
    return is_test


def named_split(names, is_test):
    """`PairDataset.split` of these images; what is held out is of the training
    images, which give it again."""
    codes = {
        "train": (validation.TRAIN, validation.VALIDATION),
        "test": (validation.TEST,),
    }
    return {
        split: [n for n, part in zip(names, is_test, strict=True) if part in own]
        for split, own in codes.items()
    }
