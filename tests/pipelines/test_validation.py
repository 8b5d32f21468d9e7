"""Images held out of training for validation: of no other split, by every dataset."""

import csv
import json

import numpy as np
import pytest
import tiny
from PIL import Image

from tfmi import pipelines
from tfmi.errors import UsageError
from tfmi.pipelines import validation


def test_what_is_held_out_is_of_the_training_images():
    split = np.repeat([0, 1, -1], [40, 10, 5])
    groups = np.arange(55) % 4
    held = validation.hold_out(split, groups, 0.25, seed=1)
    assert (held[40:] == split[40:]).all()
    assert (held[:40] == validation.VALIDATION).sum() == 4 * round(0.25 * 10)
    assert (validation.hold_out(split, groups, 0.25, seed=1) == held).all()
    assert (validation.hold_out(split, groups, 0.25, seed=2) != held).any()
    assert validation.hold_out(split, groups, 0) is split
    assert list(validation.members_of(split)) == ["train", "test"]
    members = validation.members_of(held)
    assert {name: len(m) for name, m in members.items()} == {
        "train": 32,
        "test": 10,
        "validation": 8,
    }


def test_whole_groups():
    groups = np.repeat(np.arange(10), 4)
    held = validation.hold_out(np.zeros(40, int), groups, 0.2, whole=True)
    assert all(len(set(held[groups == group])) == 1 for group in range(10))
    assert (held == validation.VALIDATION).sum() == 8


@pytest.mark.parametrize("fraction", [-0.1, 1, 2])
def test_a_fraction_is_below_one(fraction):
    with pytest.raises(
        UsageError, match="--validation-fraction must be >= 0 and below"
    ):
        validation.hold_out(np.zeros(4, int), np.zeros(4, int), fraction)


def images_of(dataset, split, domain="x"):
    return [
        image.tobytes()
        for images, _ in dataset.labelled(domain, split, 16)
        for image in images.numpy()
    ]


def shown_in_pairs(dataset, steps=40):
    return {
        image.tobytes()
        for batch in dataset.pairs(4, 0, 0, steps)
        for images in batch.values()
        for image in images.numpy()
    }


def write_pictures(folder, groups=3, each=12):
    generator = np.random.default_rng(0)
    for group in range(groups):
        (folder / str(group)).mkdir(parents=True)
        for number in range(each):
            pixels = generator.integers(0, 256, (12, 12, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / str(group) / f"{number}.png")
    return folder


def write_pair_table(folder):
    write_pictures(folder)
    path = folder / "pairs.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["x", "y", "group"])
        for group in range(3):
            for n in range(0, 12, 2):
                rows.writerow([f"{group}/{n}.png", f"{group}/{n + 1}.png", group])
    return path


def own_pictures(folder, **options):
    given = {"folder": str(write_pictures(folder)), **options}
    return pipelines.open_dataset("pairs", given)


def listed_pictures(folder, **options):
    given = {"manifest": str(write_pair_table(folder)), "one_domain": True, **options}
    return pipelines.open_dataset("pairs", given)


@pytest.mark.parametrize("opened", [own_pictures, listed_pictures])
def test_no_image_is_of_two_splits_nor_trained_on(tmp_path, opened):
    dataset = opened(tmp_path / "images", validation_fraction=0.25)
    assert dataset.splits == ("train", "test", "validation")
    by_split = {split: set(images_of(dataset, split)) for split in dataset.splits}
    assert all(by_split.values())
    assert sum(map(len, by_split.values())) == 36 == len(set.union(*by_split.values()))
    shown = shown_in_pairs(dataset)
    assert shown <= by_split["train"]
    assert dataset.num_images("validation") > 0


def test_the_test_split_stays_and_a_run_finds_the_same_images_again(tmp_path):
    whole = own_pictures(tmp_path / "a")
    held = own_pictures(tmp_path / "b", validation_fraction=0.25)
    assert images_of(whole, "test") == images_of(held, "test")
    assert whole.split == held.split
    (tmp_path / "split.json").write_text(json.dumps(held.split))
    given = {"folder": str(tmp_path / "b"), "split_file": str(tmp_path / "split.json")}
    again = pipelines.open_dataset("pairs", {**given, "validation_fraction": 0.25})
    for split in ("train", "test", "validation"):
        assert images_of(again, split) == images_of(held, split)


def test_digits_are_held_out_of_pairs_and_labels(tmp_path):
    folder = str(tiny.write_mnist(tmp_path / "mnist", train=80))
    given = {"data_dir": folder, "validation_fraction": 0.25}
    dataset = pipelines.open_dataset("colored-mnist", given)
    counts = {split: dataset.num_images(split) for split in dataset.splits}
    assert counts == {"train": 60, "test": 30, "validation": 20}
    strokes = {s: {i.tobytes() for i in dataset._splits[s][0]} for s in dataset.splits}
    assert not strokes["train"] & strokes["validation"]
    assert not strokes["test"] & strokes["validation"]
    labels = [label for _, label in dataset.labelled("x", "validation", 20)]
    assert sorted(np.bincount(labels[0]["digit"])) == [2] * 10


@pytest.mark.long
def test_shapes_are_held_out(tmp_path, monkeypatch):
    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path))
    given = {"render": 1920, "validation_fraction": 0.25}
    dataset = pipelines.open_dataset("shapes3d", given)
    members = [set(dataset._members["x", split].tolist()) for split in dataset.splits]
    assert dataset.splits == ("train", "test", "validation")
    assert sum(map(len, members)) == len(set.union(*members)) == 1920
