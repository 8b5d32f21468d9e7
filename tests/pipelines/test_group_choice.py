"""Numbers of images of a group, and groups that are kept out of training."""

import json

import numpy as np
import own_images
import pytest
from PIL import Image

from tfmi import pipelines
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import iam
from tfmi.pipelines import synthetic_iam
from tfmi.pipelines.group_choice import choose_unseen
from tfmi.pipelines.group_choice import limit_images


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return str(own_images.write_manifest(tmp_path_factory.mktemp("images")))


def opened(manifest, **options):
    given = {"manifest": manifest, "share": "writer", "evaluate": "writer,word"}
    return pipelines.open_dataset("pairs", {**given, **options})


def writers(names):
    """Of the awkward names of `own_images`: its writers take turns."""
    return {int(name.split()[-1].split(".")[0]) % own_images.WRITERS for name in names}


def test_a_limit_is_drawn_by_the_seed_and_said(manifest):
    dataset = opened(manifest, images_per_group=12)
    names = dataset.split["train"] + dataset.split["test"]
    assert len(names) == 48 == dataset.num_images("train") + dataset.num_images("test")
    assert (
        "48 of 120 images: 12 of each of 4 groups at most, drawn with seed 0"
        in dataset.notes
    )
    # Cards, reports and results name it.
    assert dataset.source.endswith("words.csv, 48 images, 12 of a writer at most")
    assert set(opened(manifest, images_per_group=12).split["train"]) <= set(names)
    other = opened(manifest, images_per_group=12, split_seed=1).split
    assert set(other["train"] + other["test"]) != set(names)


def test_groups_smaller_than_the_limit_are_whole():
    groups = np.array([0] * 3 + [1] * 9 + [-1] * 2)
    limited, _ = limit_images(groups, 5)
    assert np.bincount(limited[limited >= 0]).tolist() == [3, 5]
    assert (limited[groups < 0] == -1).all()
    assert limit_images(groups, 0)[0] is groups


def test_unseen_groups_are_in_a_split_of_their_own(manifest, tmp_path):
    dataset = opened(manifest, unseen_groups=2.0, validation_fraction=0.2)
    assert dataset.splits == ("train", "test", "validation", "unseen")
    split = dataset.split
    assert len(split["unseen"]) == 60
    assert len(writers(split["unseen"])) == 2
    assert not writers(split["unseen"]) & writers(split["train"] + split["test"])
    note = next(n for n in dataset.notes if n.startswith("kept out"))
    assert note.startswith("kept out of training and test: 2 of 4 groups (w")
    assert note.endswith("60 images")
    assert dataset.source.endswith(", 2 of the writer values unseen in training")
    # No probe learns them, and no pair shows them.
    (factor,) = dataset.domains[0].shared_factors
    assert set(factor.values) == {f"w{n}" for n in writers(split["train"])}
    ((_, labels),) = dataset.labelled("x", "unseen", 100)
    assert set(labels) == {"writer"}
    assert sorted(np.bincount(labels["writer"]).tolist())[-2:] == [30, 30]
    # A run finds them again.
    (tmp_path / "split.json").write_text(json.dumps(split))
    again = opened(
        manifest,
        unseen_groups=2.0,
        validation_fraction=0.2,
        split_file=str(tmp_path / "split.json"),
    )
    assert (again.split, again.notes) == (split, dataset.notes)
    assert opened(manifest, unseen_groups=0.5).split["unseen"] == split["unseen"]


def test_writers_of_iam_are_kept_out(tmp_path):
    synthetic_iam.synthesize(tmp_path, 4, 6)
    dataset = iam.open_dataset(str(tmp_path), unseen_groups=2.0)
    assert len(dataset.split["unseen"]) == 12
    assert "unseen" in dataset.splits


@pytest.mark.parametrize(
    "number, error, message",
    [
        (1.0, DataError, "keep out 2 groups at least.*Received: 1 of 4"),
        (4.0, DataError, "leave one to train on. Received: 4 of 4"),
        (0.1, DataError, "Received: 0 of 4"),
        (2.5, UsageError, "a whole number, or a fraction below 1. Received: 2.5"),
    ],
)
def test_numbers_of_groups(number, error, message):
    with pytest.raises(error, match=message):
        choose_unseen(np.repeat(np.arange(4), 5), number)


def test_a_limit_leaves_enough_to_split():
    with pytest.raises(UsageError, match="must be 0 or >= 3. Received: 2"):
        limit_images(np.zeros(9, int), 2)


@pytest.mark.parametrize(
    "option", [{"images_per_group": 5}, {"unseen_groups": 2.0}], ids=str
)
def test_listed_pairs_have_no_groups(tmp_path, option):
    path = tmp_path / "pairs.csv"
    path.write_text("x,y\na.png,b.png\n")
    with pytest.raises(UsageError, match="must go with images in groups"):
        pipelines.open_dataset("pairs", {"manifest": str(path), **option})


def test_writers_share_fonts(tmp_path):
    assert synthetic_iam.synthesize(tmp_path / "a", 3, 3, shared_fonts=1) == 1
    every = synthetic_iam.find_fonts()
    with pytest.raises(DataError, match="at most the number of fonts"):
        synthetic_iam.synthesize(tmp_path / "b", 2, 3, shared_fonts=len(every) + 1)


def test_no_shade_names_a_writer_where_fonts_are_shared(tmp_path):
    def papers(name, **options):
        """The level of the paper in each picture of a writer."""
        synthetic_iam.synthesize(tmp_path / name, 2, 6, **options)
        pictures = sorted((tmp_path / name / "words" / "s00").rglob("*.png"))
        return {
            round(float(np.median(np.asarray(Image.open(p))[:2]))) for p in pictures
        }

    own, shared = papers("own"), papers("shared", shared_fonts=1)
    assert max(own) - min(own) <= 2 < max(shared) - min(shared)
