import json

import numpy as np
import pytest

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import saved_split
from tfmi.pipelines import splits


def test_every_group_is_in_both_splits_and_keeps_a_pair():
    groups = np.repeat(np.arange(30), np.arange(3, 33))
    in_test = splits.split_groups(groups, 0.2, seed=1)
    train, test = (np.bincount(groups[m], minlength=30) for m in (~in_test, in_test))
    assert train.min() >= 2
    assert test.min() >= 1
    assert test.sum() / len(groups) == pytest.approx(0.2, abs=0.03)


def test_groups_of_two_are_not_torn():
    groups = np.repeat(np.arange(50), 2)
    in_test = splits.split_groups(groups)
    assert set(np.bincount(groups, in_test)) == {0, 2}
    assert in_test.sum() == 20


def test_the_seed_determines_the_split():
    groups = np.repeat(np.arange(5), 20)
    first, again, other = (splits.split_groups(groups, seed=s) for s in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_too_little_for_two_splits():
    with pytest.raises(DataError, match="enough for both splits. Received: 2 images"):
        splits.split_groups([0, 0])
    with pytest.raises(UsageError, match="--test-fraction must be above 0"):
        splits.split_groups([0, 0, 0], 1.0)


def test_saved_split_is_applied_by_name(tmp_path):
    path = tmp_path / "split.json"
    path.write_text(json.dumps({"train": ["b", "c"], "test": ["a"]}))
    saved = saved_split.read_split(path)
    assert saved_split.apply_split(["a", "b", "c", "d"], saved).tolist() == [
        1,
        0,
        0,
        -1,
    ]
    with pytest.raises(DataError, match="1 missing or unreadable, first c"):
        saved_split.apply_split(["a", "b"], saved)
    path.write_text("{}")
    with pytest.raises(DataError, match="split must be readable"):
        saved_split.read_split(path)


def values(**counts):
    """Values and split of images: name = (training images, test images)."""
    names, test = [], []
    for name, (train_count, test_count) in counts.items():
        names += [name] * (train_count + test_count)
        test += [False] * train_count + [True] * test_count
    return names, test


def test_only_values_with_images_enough_are_scored():
    names, test = values(a=(30, 2), b=(5, 1), c=(4, 9), d=(30, 0))
    factor, labels, note = splits.scored_factor("word", [*names, ""], [*test, False])
    assert factor.values == ("a", "b")
    assert np.bincount(labels + 1).tolist() == [13 + 30 + 1, 32, 6]
    assert labels[:32].tolist() == [0] * 32
    assert "2 of 4 values" in note
    assert "44 images are not scored" in note


def test_the_rarest_are_dropped_until_the_strong_probe_has_enough():
    names, test = values(a=(11, 1), b=(10, 1), c=(5, 1))
    assert splits.scored_factor("f", names, test)[0].values == ("a", "b")


def test_the_most_frequent_values_and_none_at_all():
    names, test = values(a=(20, 1), b=(40, 1), c=(30, 1))
    assert splits.scored_factor("f", names, test, 2)[0].values == ("b", "c")
    factor, labels, note = splits.scored_factor("f", *values(a=(20, 3)))
    assert factor is None
    assert (labels == -1).all()
    assert "f is not scored" in note


@pytest.mark.parametrize(
    "sizes, fraction, share",
    [
        ([200] + [1] * 9, 0.2, 9 / 209),
        ([50, 30, 20], 0.2, 0.2),
        ([100, 90], 0.2, 90 / 190),
        ([1] * 100, 0.2, 0.2),
        ([60, 25, 10, 5], 0.3, 0.3),
        ([40, 30, 30], 0.7, 0.7),
        ([10] * 10, 0.01, 0.1),
        ([10] * 10, 0.99, 0.9),
        ([1, 99], 0.5, 0.01),
    ],
)
def test_whole_groups_come_as_near_as_they_can(sizes, fraction, share):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    for seed in range(10):
        in_test = splits.split_whole(groups, fraction, seed)
        tested = np.bincount(groups, in_test)
        assert all(n in (0, size) for n, size in zip(tested, sizes, strict=True))
        # Of two groups of which each is as far away either may be tested on.
        error = abs(in_test.mean() - fraction)
        assert error == pytest.approx(abs(share - fraction), abs=1e-9)
        note = splits.far_note(in_test, fraction, "pairs", "why")
        assert bool(note) == (error > 0.25 * min(fraction, 1 - fraction))


def test_many_groups_of_any_sizes_are_near_their_fraction():
    sizes = np.random.default_rng(0).integers(1, 400, 200)
    groups = np.repeat(np.arange(200), sizes)
    for fraction in (0.05, 0.2, 0.5, 0.9):
        share = splits.split_whole(groups, fraction, 3).mean()
        assert share == pytest.approx(fraction, rel=0.021)


def test_a_single_group_is_named():
    with pytest.raises(DataError, match="Received: 239 pairs, all connected"):
        splits.split_whole(np.zeros(239, int))


@pytest.mark.parametrize("fraction, noted", [(0.2, False), (0.05, True), (0.9, True)])
def test_a_split_of_groups_that_is_far_off_is_noted(fraction, noted):
    groups = np.repeat(np.arange(30), 5)
    in_test = splits.split_groups(groups, fraction)
    notes = splits.far_note(in_test, fraction, "images", splits.GROUPS_REASON)
    assert bool(notes) == noted


def test_parts_of_a_group_are_not_torn():
    groups = np.repeat([0, 1, 2], [20, 20, 6])
    parts = np.concatenate([np.arange(20) // 4, 10 + np.arange(20) // 4, [99] * 6])
    in_test = splits.split_parts(groups, parts, 0.2, seed=1)
    assert in_test.sum() == 8
    for part in set(parts):
        assert len(set(in_test[parts == part])) == 1
    assert not in_test[groups == 2].any()
    assert (splits.split_parts(groups, parts, 0.2, seed=1) == in_test).all()
    with pytest.raises(DataError, match="1 groups of one part each"):
        splits.split_parts([0, 0], ["a", "a"])


def test_small_groups_keep_a_pair_whatever_the_fraction():
    groups = np.repeat(np.arange(4), [3, 4, 5, 20])
    in_test = splits.split_groups(groups, 0.95)
    assert np.bincount(groups[~in_test]).tolist() == [2, 2, 2, 2]


def test_as_many_parts_as_the_fraction_needs_are_tested_on():
    groups, parts = np.zeros(40, int), np.arange(40) // 4
    in_test = splits.split_parts(groups, parts, 0.5)
    assert in_test.sum() == 20
