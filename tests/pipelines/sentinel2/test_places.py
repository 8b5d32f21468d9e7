"""What of a folder is read, and which acquisitions of a place fit together."""

import os
import shutil

import numpy as np
import pytest
import sentinel2_data as made

from tfmi.errors import DataError
from tfmi.pipelines.sentinel2.places import find_places
from tfmi.pipelines.sentinel2.places import read_acquisitions
from tfmi.pipelines.sentinel2.scenes import Grid

FIRST, SECOND, THIRD = made.DATES


@pytest.fixture
def folder(tmp_path):
    return made.write_places(tmp_path / "data")


def dates(folder):
    (place,), _, notes, unusable = find_places(folder)
    return [a.date for a in place.acquisitions], notes, unusable


@pytest.mark.parametrize("suffix", [".TIF", ".Tiff", ".TIFF"])
def test_suffixes_are_read_in_any_case(folder, suffix):
    place = folder / "place0"
    (place / f"{THIRD}.tif").rename(place / f"{THIRD}{suffix}")
    made.write_raster(place / f"{THIRD}.CLOUDS.tif", np.ones((64, 48, 1), np.uint8))
    found, notes, unusable = dates(folder)
    assert found == list(made.DATES) and not notes and not unusable
    (place,), *_ = find_places(folder)
    assert [a.has_mask for a in place.acquisitions] == [False, False, True]


@pytest.mark.parametrize("name", ["a.NPY", "a.Npz"])
def test_arrays_are_read_in_any_case_with_the_mask_beside_them(tmp_path, name):
    scenes = made.series().astype(np.float32)
    with open(tmp_path / name, "wb") as file:
        if name.endswith("z"):
            np.savez(file, scenes=scenes)
        else:
            np.save(file, scenes)
    with open(tmp_path / "a.clouds.NPY", "wb") as file:
        np.save(file, np.ones(scenes.shape[:3], bool))
    (place,), _, notes, _ = find_places(tmp_path)
    assert len(place.acquisitions) == 3 and not notes
    with place.acquisitions[0].opened(("B02",)) as read:
        assert read((0, 0, 9, 9))[1].all()


def test_what_is_not_read_is_counted_and_named(folder):
    made.write_tiff(folder / "20200101.tif", made.ground())
    for name in ("b.jp2", "note.txt", "2019.clouds.tif", f"{FIRST}.tif.aux.xml"):
        (folder / "place0" / name).write_bytes(b"")
    (folder / "place0" / "old").mkdir()
    (folder / "NOTES").write_text("")
    found, notes, unusable = dates(folder)
    assert found == list(made.DATES) and not unusable
    assert notes == [
        "passed over: 6 files that are no acquisitions where they lie (1 .jp2, 2 .tif, "
        "1 .txt, 2 no suffix): 20200101.tif, NOTES, place0/2019.clouds.tif, "
        "place0/b.jp2, place0/note.txt, ..."
    ]


def test_names_that_begin_with_a_dot_are_passed_over(folder):
    for place in (".ipynb_checkpoints", "place0/.ipynb_checkpoints"):
        shutil.copytree(folder / "place0", folder / place)
    (folder / "place0" / f"._{FIRST}.tif").write_bytes(b"no TIFF")
    (folder / "._a.npy").write_bytes(b"no array")
    assert dates(folder) == (list(made.DATES), [], [])


def test_what_is_no_file_is_named(folder):
    os.mkfifo(folder / "place0" / "20200101.tif")
    (folder / "place0" / "20200102.tif").symlink_to("nothing")
    found, _, unusable = dates(folder)
    assert found == list(made.DATES)
    assert "no regular file" in unusable[0] and "No such file" in unusable[1]
    os.mkfifo(folder / "pipe")
    with pytest.raises(DataError, match="--data-dir must be a folder"):
        find_places(folder / "pipe")


@pytest.mark.parametrize(
    "name",
    [
        "20150731.tiff",
        "20150731.TIF",
        "2015-07-31.tif",
        "2015_07_31.tif",
        "20150731T100031.tif",
        "20150731100031.tif",
        "S2A_20150731_T33TVM.tif",
    ],
)
def test_of_one_day_one_acquisition_counts_and_it_is_said(folder, name):
    path = folder / "place0" / name
    shutil.copy(folder / "place0" / f"{SECOND}.tif", path)
    found, notes, _ = dates(folder)
    assert len(found) == 3
    (note,) = notes
    assert note.startswith("left out: ") and note.endswith("is of the same day")
    assert str(path) in note and f"{SECOND}.tif" in note


def test_days_of_arrays_and_periods(tmp_path):
    times = np.array(["2015-07-31T10:00", "2015-07-31T10:05", "2015-08-01"], "M8[s]")
    scenes = made.series().astype(np.float32)
    np.savez(tmp_path / "a.npz", scenes=scenes, dates=times)
    found, notes, _ = dates(tmp_path)
    assert found == ["2015-07-31T10:05:00", "2015-08-01T00:00:00"] and len(notes) == 1
    # Composites of other periods that begin on one day are others.
    periods = ["20150701_20150731", "20150701_20150831", "0001"]
    np.savez(tmp_path / "a.npz", scenes=scenes, dates=np.array(periods))
    assert len(dates(tmp_path)[0]) == 3


def rewrite(folder, **options):
    path = folder / "place0" / f"{THIRD}.tif"
    made.write_tiff(path, made.series()[2], **options)


WKT = (
    'PROJCS["WGS_1984_UTM_Zone_33N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",'
    'SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",15.0],PARAMETER["Scale_Factor",0.9996],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


@pytest.mark.parametrize(
    "options",
    [
        {"origin": (5e5 + 1e-6, 5e6)},
        {"origin": (5e5, 5e6 - 1e-7)},
        {"origin": (5e5, 5e6 + 0.05)},
        {"pixel": 10.000000001},
        {"pixel": 10 - 1e-9, "origin": (5e5 - 1e-9, 5e6)},
        {"crs": WKT},
    ],
)
def test_the_last_digits_and_the_words_make_no_other_grid(folder, options):
    rewrite(folder, **options)
    assert dates(folder) == (list(made.DATES), [], [])


@pytest.mark.parametrize(
    "options, shown",
    [
        ({"pixel": 10.01}, "in steps of (10.01, -10.01)"),
        ({"origin": (5e5 + 0.5, 5e6)}, "from (500000.5, 5000000.0)"),
        ({"crs": None}, "Received: 64x48 pixels"),
    ],
)
def test_another_grid_is_shown_where_it_differs(folder, options, shown):
    rewrite(folder, **options)
    found, _, (line,) = dates(folder)
    assert found == list(made.DATES[:2])
    wanted, received = line.split("other dates, ")[1].split(". Received: ")
    assert wanted != received and shown in line


def test_most_grids_count_though_each_has_other_last_digits(folder):
    for n in range(4):
        path = folder / "place0" / f"2016010{n + 1}.tif"
        made.write_tiff(path, made.ground(), origin=(6e5 + n * 1e-6, 5e6))
    found, _, unusable = dates(folder)
    assert len(found) == 4 and len(unusable) == 3


def test_grids_that_cannot_be_compared_are_others():
    grid = Grid(9, 9, "EPSG:32633", (10.0, 0.0, 0.0, 0.0, -10.0, 0.0))
    assert grid.is_same(grid) and not grid.is_same(Grid(9, 9))
    assert not grid.is_same(Grid(9, 9, "no text of GDAL", grid.transform))
    assert Grid(9, 9).is_same(Grid(9, 9)) and not Grid(9, 9).is_same(Grid(9, 8))


def test_one_file_alone(folder):
    (acquisition,) = read_acquisitions(folder / "place0" / f"{FIRST}.tif")
    assert acquisition.date == FIRST
    with pytest.raises(Exception, match="it must be .tif, .tiff, .SAFE"):
        read_acquisitions(folder / "place0")
