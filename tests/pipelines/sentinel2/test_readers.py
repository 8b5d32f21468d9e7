"""The layouts of acquisitions, and what is wrong with some."""

import tracemalloc
import zipfile

import numpy as np
import pytest
import rasterio
import sentinel2_data as made

from tfmi.errors import DataError
from tfmi.pipelines.sentinel2.places import find_places


def read(acquisition, window, bands=made.RGBN):
    with acquisition.opened(bands) as reader:
        return reader(window)


def test_a_window_of_a_geotiff_is_what_was_written(tmp_path):
    made.write_places(tmp_path)
    (place,), bands, notes, unusable = find_places(tmp_path)
    assert bands == made.RGBN and not notes and not unusable
    assert [a.date for a in place.acquisitions] == list(made.DATES)
    values, bad = read(place.acquisitions[1], (10, 5, 16, 20), ("B08", "B02"))
    wanted = made.series()[1][10:26, 5:25, [3, 0]]
    assert values == pytest.approx(wanted, abs=1e-4)
    assert not bad.any()


def test_scale_and_offset_tags_are_used(tmp_path):
    made.write_places(tmp_path)
    path = tmp_path / "place0" / f"{made.DATES[0]}.tif"
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (1e-4,) * 4, (-0.1,) * 4
    (place,), *_ = find_places(tmp_path)
    values, _ = read(place.acquisitions[0], (0, 0, 9, 9))
    wanted = made.series()[0][:9, :9]
    assert values == pytest.approx(wanted - 0.1, abs=1e-4)


def test_masks_and_no_data_are_bad(tmp_path):
    made.write_places(tmp_path)
    first, second, third = (tmp_path / "place0" / f"{d}.tif" for d in made.DATES)
    clouds = np.zeros((64, 48, 1), np.uint8)
    clouds[:5] = 1
    made.write_raster(first.with_suffix(".clouds.tif"), clouds)
    scene = made.series()[1]
    classes = np.full((64, 48, 1), 4e-4)
    classes[:, :7] = 9e-4
    made.write_tiff(second, np.concatenate([scene, classes], -1), [*made.RGBN, "SCL"])
    scene[:, :3], scene[60:] = 0, np.nan
    made.write_raster(third, np.float32(scene), made.RGBN, nodata=0)
    (place,), *_ = find_places(tmp_path)
    assert [a.has_mask for a in place.acquisitions] == [True, True, False]
    bad = [read(a, (0, 0, 64, 48))[1] for a in place.acquisitions]
    assert bad[0][:5].all() and not bad[0][5:].any()
    assert bad[1][:, :7].all() and not bad[1][:, 7:].any()
    assert bad[2][:, :3].all() and bad[2][60:].all() and not bad[2][:60, 3:].any()


def test_arrays_with_dates_bands_and_clouds(tmp_path):
    scenes = made.series(bands=13)
    np.save(tmp_path / "a.npy", scenes.astype(np.float32))
    mask = np.zeros(scenes.shape[:3], bool)
    mask[2, :9] = True
    np.save(tmp_path / "a.clouds.npy", mask)
    np.save(tmp_path / "land_cover.npy", mask[0])
    dates = np.array(["2015-08-01", "2015-07-01", "2015-06-01"])
    named = {"dates": dates, "bands": np.array(made.BANDS), "clouds": mask}
    np.savez(tmp_path / "b.npz", scenes=np.rint(scenes * 1e4).astype(np.int32), **named)
    places, bands, notes, unusable = find_places(tmp_path, ("B8A", "B02"))
    assert [place.name for place in places] == ["a", "b"]
    assert notes == ["passed over: land_cover.npy, no array of 4 dimensions"]
    assert [a.date for a in places[1].acquisitions] == sorted(dates)
    for acquisition in (places[0].acquisitions[2], places[1].acquisitions[0]):
        values, bad = read(acquisition, (4, 4, 10, 10), bands)
        assert values == pytest.approx(scenes[2, 4:14, 4:14][..., [8, 1]], abs=1e-4)
        assert bad[:5].all() and not bad[5:].any()


@pytest.mark.parametrize("save, held", [(np.savez, False), (np.savez_compressed, True)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_only_packed_arrays_are_held_in_memory(tmp_path, save, held, order):
    scenes = made.series(height=256, width=256)
    clouds = np.zeros(scenes.shape[:3], bool)
    clouds[1, 130:] = True
    content = {"scenes": np.asarray(scenes, order=order), "clouds": clouds}
    save(tmp_path / "a.npz", **content, none=np.zeros(0))
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as file:
        file.writestr("about.txt", "no array")
    tracemalloc.start()
    (place,), *_ = find_places(tmp_path)
    values, bad = read(place.acquisitions[1], (123, 7, 9, 16), ("B03",))
    largest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (largest > scenes.nbytes) == held
    assert values[..., 0] == pytest.approx(scenes[1, 123:132, 7:23, 1], abs=1e-6)
    assert bad[7:].all() and not bad[:7].any()


def spoil(tmp_path, how):
    """Three dates of a place, the last of them wrong."""
    made.write_places(tmp_path)
    path = tmp_path / "place0" / f"{made.DATES[2]}.tif"
    scene = made.series()[2]
    if how == "crs":
        made.write_tiff(path, scene, crs="EPSG:32634")
    elif how == "size":
        made.write_tiff(path, scene[:-1])
    elif how == "origin":
        made.write_tiff(path, scene, origin=(5e5 + 10, 5e6))
    elif how == "band":
        made.write_tiff(path, scene[..., :3], made.RGBN[:3])
    elif how == "layers":
        made.write_tiff(path, scene[..., :2], None)
    elif how == "text":
        path.write_text("no TIFF")
    return path


@pytest.mark.parametrize(
    "how, message",
    [
        ("crs", "its grid must be that of the place's other dates, 64x48 pixels of "),
        ("size", "Received: 63x48 pixels of EPSG:32633"),
        ("origin", r"Received: 64x48 pixels of EPSG:32633 from (500010.0, 5000000.0)"),
        ("band", "it must have B02, B03, B04, B08. Received: no B08"),
        ("layers", "2 layers without band names"),
        ("text", "it cannot be read ("),
    ],
)
def test_a_date_that_does_not_fit_is_left_out_and_named(tmp_path, how, message):
    path = spoil(tmp_path, how)
    (place,), _, _, unusable = find_places(tmp_path)
    assert [a.date for a in place.acquisitions] == list(made.DATES[:2])
    (line,) = unusable
    assert line.startswith(f"{path}: ") and message in line


def test_places_of_one_date_are_noted_and_one_alone_refused(tmp_path):
    made.write_places(tmp_path / "both", places=2)
    for date in made.DATES[1:]:
        (tmp_path / "both" / "place1" / f"{date}.tif").unlink()
    (place,), _, notes, _ = find_places(tmp_path / "both")
    assert notes == ["left out: 1 places of one date (first place1)"]
    made.write_places(tmp_path / "one", dates=made.DATES[:1])
    with pytest.raises(DataError, match="a place with two usable dates. .*of one date"):
        find_places(tmp_path / "one")


@pytest.mark.parametrize("content", [None, "empty", "text"])
def test_a_folder_without_acquisitions_is_refused(tmp_path, content):
    if content == "text":
        (tmp_path / "a.npy").write_text("no array")
    folder = tmp_path if content else tmp_path / "none"
    with pytest.raises(DataError, match="--data-dir must"):
        find_places(folder)


@pytest.mark.parametrize(
    "extra, message",
    [
        ({"clouds": np.zeros((3, 9, 9))}, "clouds must be of (3, 64, 48)"),
        ({"dates": np.array(["a"])}, "a date a scene"),
        ({"more": np.zeros((1, 1, 1, 1))}, "one 4-D array is read, not"),
    ],
)
def test_an_array_file_that_does_not_fit_together(tmp_path, extra, message):
    np.savez(tmp_path / "a.npz", scenes=made.series(), **extra)
    np.save(tmp_path / "b.npy", made.series())
    (place,), _, _, unusable = find_places(tmp_path)
    assert place.name == "b" and message in unusable[0]
