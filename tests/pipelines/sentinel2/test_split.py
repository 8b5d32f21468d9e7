"""No window of the training is ever tested on, whatever comes later."""

import json
import shutil

import numpy as np
import pytest
import sentinel2_data as made

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import open_dataset

SMALL = {"window": 32, "stride": 8}
TALL = {"window": 16, "stride": 8, "test_fraction": 0.3}


def write(folder, names, height=40, origin=None, dates=made.DATES[:2]):
    for name in names:
        seed = sum(map(ord, name))
        scenes = made.series(len(dates), seed=seed, height=height)
        for date, scene in zip(dates, scenes, strict=True):
            path = folder / name / f"{date}.tif"
            made.write_tiff(path, scene, origin=origin or (5e5 + 1e4 * seed, 5e6))


def opened(folder, options, split=None):
    """The dataset, and `{split: spots}` as `(place, row, column)`."""
    given = {"data_dir": str(folder), **options}
    if split is not None:
        path = folder.parent / "split.json"
        path.write_text(json.dumps(split))
        given["split_file"] = str(path)
    dataset = open_dataset("sentinel2", given)
    (spots,) = dataset.domains[0].retrieved_factors
    used = {}
    for part in ("train", "test"):
        labels = [b["place"] for _, b in dataset.labelled("x", part, 64)]
        used[part] = {spots.values[i] for i in np.concatenate(labels)}
    return dataset, used


@pytest.mark.parametrize("new", ["abcdefgh", "mnopqrstuv", "A Z"])
def test_small_places_that_come_later_move_nothing(tmp_path, new):
    folder = tmp_path / "data"
    write(folder, ["one", "two", "three", "four", "five"])
    dataset, before = opened(folder, SMALL)
    write(folder, [*new.replace(" ", "")])
    later, after = opened(folder, SMALL, dataset.split)
    assert after == before and later.split == dataset.split
    assert f"{len(new.replace(' ', ''))} places that are not in the run's" in str(
        later.notes
    )
    # A new run has a new split, of all places.
    assert len(opened(folder, SMALL)[0].split["train"]) > len(dataset.split["train"])


def test_a_place_over_the_training_rows_of_another_moves_nothing(tmp_path):
    folder = tmp_path / "data"
    write(folder, ["a"], height=64, origin=(5e5, 5e6))
    dataset, before = opened(folder, TALL)
    # Its test rows lie on training rows of the first.
    write(folder, ["b"], height=64, origin=(5e5, 5e6 + 450))
    assert opened(folder, TALL, dataset.split)[1] == before
    assert "other places' test rows" in str(opened(folder, TALL)[0].notes)


def test_dates_that_come_later_are_of_the_same_split(tmp_path):
    folder = tmp_path / "data"
    write(folder, ["a", "b"], height=64)
    dataset, before = opened(folder, TALL)
    write(folder, ["a"], height=64, dates=made.DATES)
    later, after = opened(folder, TALL, dataset.split)
    assert after == before
    assert later.num_images("train") > dataset.num_images("train")


def test_new_places_have_no_vote_on_the_bands(tmp_path):
    folder = tmp_path / "data"
    write(folder, ["a"], height=64)
    dataset, _ = opened(folder, TALL)
    for n in range(3):
        for date in made.DATES:
            path = folder / f"b{n}" / f"{date}.tif"
            made.write_tiff(path, made.ground(bands=3), made.RGBN[:3])
    assert opened(folder, TALL, dataset.split)[0].channels == made.RGBN


@pytest.mark.parametrize("how", ["gone", "moved", "grown", "unreadable"])
def test_a_place_that_is_not_as_it_was_is_refused(tmp_path, how):
    folder = tmp_path / "data"
    write(folder, ["a", "b"], height=64)
    split = opened(folder, TALL)[0].split
    if how == "gone":
        shutil.rmtree(folder / "a")
    elif how == "moved":
        write(folder, ["a"], height=64, origin=(4e5, 5e6))
    elif how == "grown":
        write(folder, ["a"], height=80)
    else:
        (folder / "a" / f"{made.DATES[0]}.tif").write_bytes(b"")
    with pytest.raises(DataError, match="places that the run was split into, a with"):
        opened(folder, TALL, split)


@pytest.mark.parametrize(
    "content", [{}, {"train": [1], "test": []}, {"train": [], "test": []}, [], "a"]
)
def test_a_damaged_split_is_refused(tmp_path, content):
    folder = made.write_places(tmp_path / "data")
    with pytest.raises(DataError, match="the run's split must be readable"):
        opened(folder, TALL, content)


def spots_of(dataset, split):
    """Those of a split, as "place row,column", with repeats."""
    (spots,) = dataset.domains[0].retrieved_factors
    labels = [b["place"] for _, b in dataset.labelled("x", split, 64)]
    return [spots.values[i] for i in np.concatenate(labels)]


def test_validation_rows_are_the_lowest_of_the_training_rows(tmp_path):
    folder = tmp_path / "data"
    write(folder, ["a", "b"], height=80)
    whole, before = opened(folder, TALL)
    dataset, used = opened(folder, {**TALL, "validation_fraction": 0.3})
    assert used["test"] == before["test"] and dataset.split == whole.split
    assert dataset.splits == ("train", "test", "validation")
    rows = {
        split: {int(spot.split()[1].split(",")[0]) for spot in spots_of(dataset, split)}
        for split in dataset.splits
    }
    # 80 rows: 24 for testing, and 17 of the 56 others for validation, of 16 a window.
    assert rows["train"] == {0, 8, 16} and rows["test"] == {56}
    assert rows["validation"] == {39}
    # As in an evaluation: out of the split that the run keeps.
    again, _ = opened(folder, {**TALL, "validation_fraction": 0.3}, whole.split)
    assert spots_of(again, "validation") == spots_of(dataset, "validation")


def test_small_places_are_held_out_whole(tmp_path):
    folder = tmp_path / "data"
    names = [f"p{n}" for n in range(8)]
    write(folder, names)
    options = {**SMALL, "validation_fraction": 0.3}
    dataset, used = opened(folder, options)
    used["validation"] = set(spots_of(dataset, "validation"))
    places = [{spot.split()[0] for spot in used[split]} for split in dataset.splits]
    assert [len(each) for each in places] == [4, 2, 2]
    assert set.union(*places) == set(names)


def test_what_holds_out_none_is_refused(tmp_path):
    folder = made.write_places(tmp_path / "data")
    for fraction in (-0.1, 1.0):
        with pytest.raises(UsageError, match="--validation-fraction must be >= 0 and"):
            opened(folder, {**TALL, "validation_fraction": fraction})
    write(tmp_path / "small", ["one", "two"])
    with pytest.raises(DataError, match="must be windows for validation that are"):
        opened(tmp_path / "small", {**SMALL, "validation_fraction": 0.5})
