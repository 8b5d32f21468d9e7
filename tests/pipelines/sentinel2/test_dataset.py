"""Pairs of windows: one spot at two dates, the splits apart in space."""

import pathlib

import numpy as np
import pytest
import sentinel2_data as made

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import open_dataset
from tfmi.pipelines import rows
from tfmi.pipelines.sentinel2 import cutting
from tfmi.pipelines.sentinel2.bands import to_bytes
from tfmi.pipelines.sentinel2.bands import to_reflectance
from tfmi.pipelines.sentinel2.place_split import hold_out
from tfmi.pipelines.sentinel2.place_split import split_places
from tfmi.pipelines.sentinel2.scenes import Grid
from tfmi.pipelines.sentinel2.scenes import Place
from tfmi.pipelines.sentinel2.windows import Settings
from tfmi.pipelines.sentinel2.windows import lay_out

OPTIONS = {"window": 16, "stride": 8, "test_fraction": 0.3}
REAL = pathlib.Path(__file__).parents[4] / "shared/data/sentinel2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return made.write_places(tmp_path_factory.mktemp("places"), places=2)


@pytest.fixture(scope="module")
def dataset(folder):
    return open_dataset("sentinel2", {"data_dir": str(folder), **OPTIONS})


def as_written(seed):
    numbers = np.rint(made.series(seed=seed) * 10_000).astype(np.uint16)
    return to_bytes(to_reflectance(numbers)[0])


@pytest.fixture(scope="module")
def where():
    """`{bytes of a window: (place, date, row, column)}` of all that there are."""
    return {
        scene[row : row + 16, column : column + 16].tobytes(): (place, d, row, column)
        for place in (0, 1)
        for d, scene in enumerate(as_written(place))
        for row in range(64 - 15)
        for column in range(48 - 15)
    }


def test_a_pair_is_one_spot_at_two_dates(dataset, where):
    anchors = set()
    for batch in dataset.pairs(14, 0, 0, 6).as_numpy_iterator():
        assert batch["x"].shape == (14, 16, 16, 4) and batch["x"].dtype == np.uint8
        for x, y in zip(batch["x"], batch["y"], strict=True):
            place, date, *spot = where[x.tobytes()]
            partner, other, *same = where[y.tobytes()]
            assert (place, spot) == (partner, same) and date != other
            anchors.add((place, date, *spot))
    # Of 2 places at 3 dates, 4 by 5 spots: less than an epoch, so none comes again.
    assert len(anchors) == 6 * 14


def test_splits_share_no_pixel_and_labels_tell_spot_and_date(dataset, where):
    (domain,) = dataset.domains
    (spots,) = domain.retrieved_factors
    (dates,) = domain.exclusive_factors
    assert dates.values == made.DATES
    used = {}
    for split in ("train", "test"):
        used[split] = np.zeros((2, 64, 48), bool)
        for images, labels in dataset.labelled("x", split, 50).as_numpy_iterator():
            rows = zip(images, labels["place"], labels["date"], strict=True)
            for image, spot, date in rows:
                place, found, row, column = where[image.tobytes()]
                assert spots.values[spot] == f"place{place} {row},{column}"
                assert date == found
                used[split][place, row : row + 16, column : column + 16] = True
    assert not (used["train"] & used["test"]).any()
    assert used["train"].any() and used["test"].any()


def test_cloudy_windows_are_left_out_and_counted(tmp_path):
    scenes = made.series(dates=3).astype(np.float32)
    clouds = np.zeros(scenes.shape[:3], bool)
    clouds[0] = True
    clouds[1, :16, :16] = True
    np.savez(tmp_path / "a.npz", scenes=scenes, clouds=clouds)
    dataset = open_dataset(
        "sentinel2", {"data_dir": str(tmp_path), "window": 16, "test_fraction": 0.3}
    )
    notes = "\n".join(dataset.notes)
    # All 9 of the first date, and one of the second, which leaves its spot alone.
    assert "left out: 10 windows with cloud or without data" in notes
    assert "left out: 1 windows that are clear at one date only" in notes
    assert "cloud masks: 3 of 3" in notes
    assert dataset.num_images("train") == 2 * (6 - 1)
    with pytest.raises(DataError, match="clear at two dates .*Received: none"):
        np.savez(tmp_path / "a.npz", scenes=scenes, clouds=~clouds | clouds)
        open_dataset("sentinel2", {"data_dir": str(tmp_path), "window": 16})


def test_bright_blue_is_cloud_where_there_is_no_mask(tmp_path):
    scenes = made.series(dates=3).astype(np.float32)
    scenes[0, ..., 0] = 0.6
    np.save(tmp_path / "a.npy", scenes)
    options = {"data_dir": str(tmp_path), "window": 16, "bands": "B08,B03,B04"}
    whole = open_dataset("sentinel2", options)
    dark = open_dataset("sentinel2", {**options, "cloud_threshold": 0.5})
    assert dark.image_shape == (16, 16, 3)
    assert dark.channels == ("B08", "B03", "B04")
    assert whole.num_images("train") * 2 == dark.num_images("train") * 3
    assert "left out: 12 windows with cloud" in "\n".join(dark.notes)


def test_a_truncated_file_is_named_and_the_rest_used(tmp_path):
    made.write_places(tmp_path)
    path = tmp_path / "place0" / f"{made.DATES[1]}.tif"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    dataset = open_dataset("sentinel2", {"data_dir": str(tmp_path), **OPTIONS})
    assert len(dataset.unusable) == 1
    assert dataset.unusable[0].startswith(f"{path}: it cannot be read")
    assert dataset.domains[0].exclusive_factors[0].values == made.DATES[::2]


def test_a_file_in_the_cache_gives_the_same(folder, dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(cutting, "IN_MEMORY_BYTES", 0)
    again = [
        open_dataset("sentinel2", {"data_dir": str(folder), **OPTIONS}) for _ in (0, 1)
    ]
    assert len(list(tmp_path.glob("*.rows"))) == 1
    for one in again:
        assert isinstance(one._rows, rows.RowFile)
        assert one.notes == dataset.notes and one.domains == dataset.domains
        batches = zip(
            one.pairs(8, 3, 5, 2).as_numpy_iterator(),
            dataset.pairs(8, 3, 5, 2).as_numpy_iterator(),
            strict=True,
        )
        for ours, theirs in batches:
            assert (ours["x"] == theirs["x"]).all() and (ours["y"] == theirs["y"]).all()


class Blank:
    """An acquisition that only has a grid."""

    def __init__(self, grid):
        self.grid = grid


def tile(name, x, height=64):
    transform = (10.0, 0.0, x, 0.0, -10.0, 5e6)
    return Place(name, (Blank(Grid(height, 64, made.UTM, transform)),) * 2)


def test_training_windows_on_another_places_test_rows_are_left_out():
    settings = Settings(("B02",), window=16, stride=16, test_fraction=0.25)
    spots, notes = lay_out([tile("a", 5e5), tile("b", 5e5 + 10 * 64)], settings)
    assert notes == [] and len(spots["a"]) == 16
    # Moved up by half: its test rows lie on training rows of the other.
    below = Place(
        "b", (Blank(Grid(64, 64, made.UTM, (10, 0, 5e5, 0, -10, 5e6 + 320))),)
    )
    spots, (note,) = lay_out([tile("a", 5e5), below], settings)
    assert note == "left out: 4 training windows on other places' test rows"
    rows = {spot.row for spot in spots["a"] if spot.split == "train"}
    assert rows == {0, 32}


def test_windows_on_another_places_validation_rows_are_left_out():
    settings = Settings(("B02",), window=16, stride=16, test_fraction=0.25)
    # Rows of 64: 32 for training, 16 for validation, 16 for testing; b lies a window
    # lower than a.
    grid = Grid(64, 64, made.UTM, (10, 0, 5e5, 0, -10, 5e6 - 160))
    places = [tile("a", 5e5), Place("b", (Blank(grid),))]
    rows = hold_out(split_places(places, settings), 0.3, settings.window)
    spots, notes = lay_out(places, settings, rows)
    kept = {
        (name, split): {spot.row for spot in some if spot.split == split}
        for name, some in spots.items()
        for split in ("train", "validation", "test")
    }
    # Training of b on validation of a, and validation of b on testing of a.
    assert kept == {
        ("a", "train"): {0, 16},
        ("a", "validation"): {32},
        ("a", "test"): {48},
        ("b", "train"): {0},
        ("b", "validation"): set(),
        ("b", "test"): {48},
    }
    assert notes == [
        "left out: 4 training windows on other places' validation rows",
        "left out: 4 validation windows on other places' test rows",
    ]


def test_small_places_go_whole_to_one_split():
    places = [tile(f"p{n}", 5e5 + 1e4 * n, height=20) for n in range(10)]
    settings = Settings(("B02",), window=16, stride=4, test_fraction=0.3)
    spots, _ = lay_out(places, settings)
    splits = {name: {spot.split for spot in some} for name, some in spots.items()}
    assert sorted(map(tuple, splits.values())) == [("test",)] * 3 + [("train",)] * 7
    assert lay_out(places[::-1], settings)[0] == spots


@pytest.mark.parametrize(
    "options, message",
    [
        ({"window": 8}, "--window must be >= 9"),
        ({"stride": -1}, "--stride >= 1"),
        ({"max_cloud": 1.5}, "--max-cloud must be from 0 to 1. Received: 1.5"),
        ({"test_fraction": 1.0}, "--test-fraction must be above 0 and below 1"),
        ({"bands": "B2,B99"}, "--bands must be different ones"),
    ],
)
def test_values_out_of_range(folder, options, message):
    with pytest.raises(UsageError, match=message):
        open_dataset("sentinel2", {"data_dir": str(folder), **options})


def test_windows_larger_than_the_places(folder):
    with pytest.raises(DataError, match="at least as large as --window 65"):
        open_dataset("sentinel2", {"data_dir": str(folder), "window": 65})
    with pytest.raises(DataError, match="give --data-dir"):
        open_dataset("sentinel2", {})


def test_real_acquisitions():
    if not REAL.is_dir():
        pytest.skip("needs ../shared/data/sentinel2")
    dataset = open_dataset(
        "sentinel2", {"data_dir": str(REAL), **OPTIONS, "cloud_threshold": 0.15}
    )
    assert dataset.image_shape == (16, 16, 13)
    # The first acquisition is all cloud.
    assert "0000" not in dataset.domains[0].exclusive_factors[0].values
    batch = next(dataset.pairs(32, 0, 0, 1).as_numpy_iterator())
    x, y = (batch[side].reshape(32, -1).astype(float) for side in "xy")
    assert np.abs(x - y).mean() < np.abs(x - np.roll(y, 1, axis=0)).mean() * 1.1
