"""From labelled image files in groups to pairs: what `pairs` and `iam` share."""

import collections

import numpy as np

from tfmi.errors import DataError
from tfmi.pipelines import group_choice
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
        options: of `_split_groups`; `validation_fraction`; `images_per_group`;
            `at_most`, `{factor: number of values}`.

    Raises:
        DataError: where no group of two images is there.
    """
    at_most = options.pop("at_most", {})
    held_out = options.pop("validation_fraction", 0)
    images_per_group = options.pop("images_per_group", 0)
    groups = images.groups(share)
    if (groups < 0).all():
        raise DataError(
            f"there must be two images of one {'/'.join(share)}. Received: none"
        )
    seed, parts = options.get("split_seed", 0), options.get("parts")
    groups, notes = group_choice.limit_images(groups, images_per_group, seed)
    images.notes += notes
    is_test = _split_groups(images, groups, share, **options)
    is_test = validation.hold_out(is_test, groups, held_out, seed, parts=parts)
    scored = {}
    for factor in (*share, *others):
        counted = (is_test >= 0) & (is_test != validation.UNSEEN)
        values = np.where(counted, images.values[factor], "")
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
    group = "/".join(share)
    return ImagePairs(
        name,
        source + group_choice.described(group, groups, is_test, images_per_group),
        rows,
        image_shape,
        (domain,),
        lambda split, seed: GroupPairing.within(groups, members["x", split], seed),
        members,
        {
            "x": {f.name: scored[f.name][1] for f in domain.factors},
            ("x", "unseen"): {group: groups},
        },
        notes=tuple(images.notes),
        unusable=tuple(images.unusable),
        split=named_split(images.names, is_test),
    )


def _split_groups(
    images,
    groups,
    share,
    split_file=None,
    test_fraction=0.2,
    split_seed=0,
    parts=None,
    unseen_groups=0,
):
    """int `(images,)`: of `validation.CODES`, -1 left out.

    Args:
        share: names of the factors that make the groups.
        parts: what each image is a part of that is not torn, or `None`.
        unseen_groups: as of `group_choice.choose_unseen`.
    """
    if split_file is not None:
        split = saved_split.apply_split(
            images.names, saved_split.read_split(split_file)
        )
        _note_unseen(images, groups, share, split)
        return split
    is_test = np.full(len(groups), -1)
    unseen = group_choice.choose_unseen(groups, unseen_groups, split_seed)
    is_test[np.isin(groups, unseen)] = validation.UNSEEN
    _note_unseen(images, groups, share, is_test)
    inside = np.flatnonzero((groups >= 0) & (is_test != validation.UNSEEN))
    divide, arrays, reason = splits.split_groups, [groups], splits.GROUPS_REASON
    if parts is not None:
        divide, arrays = splits.split_parts, [groups, np.asarray(parts)]
        reason = "what is one part of a group stays together"
    arrays = [array[inside] for array in arrays]
    is_test[inside] = divide(*arrays, test_fraction, split_seed)
    images.notes += splits.far_note(is_test[inside], test_fraction, "images", reason)
    return is_test


def _note_unseen(images, groups, share, split):
    is_unseen = split == validation.UNSEEN
    if is_unseen.any():
        columns = (images.values[name] for name in share)
        names = ["/".join(values) for values in zip(*columns, strict=True)]
        note = group_choice.unseen_note(groups, is_unseen, names)
        images.notes.append(note)


def named_split(names, is_test):
    """`PairDataset.split` of these images; what is held out is of the training
    images, which give it again."""
    codes = {
        "train": (validation.TRAIN, validation.VALIDATION),
        "test": (validation.TEST,),
    }
    if (is_test == validation.UNSEEN).any():
        codes["unseen"] = (validation.UNSEEN,)
    return {
        split: [n for n, part in zip(names, is_test, strict=True) if part in own]
        for split, own in codes.items()
    }
