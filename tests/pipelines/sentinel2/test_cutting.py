"""The cache of windows has another name wherever the windows may be others."""

import os

import numpy as np
import pytest
import sentinel2_data as made

from tfmi.pipelines import open_dataset
from tfmi.pipelines.sentinel2 import cutting

OPTIONS = {"window": 16, "stride": 8, "test_fraction": 0.3}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cutting, "IN_MEMORY_BYTES", 0)
    return tmp_path / "cache"


def windows(folder):
    dataset = open_dataset("sentinel2", {"data_dir": str(folder), **OPTIONS})
    parts = (dataset.labelled("x", split, 999) for split in ("train", "test"))
    return b"".join(images.numpy().tobytes() for part in parts for images, _ in part)


def clouds(path, side=np.s_[:, :20]):
    mask = np.zeros((64, 48, 1), np.uint8)
    mask[side] = 1
    made.write_raster(path, mask)


def add_mask(place):
    clouds(place / f"{made.DATES[0]}.clouds.tif")


def change_mask(place):
    clouds(place / f"{made.DATES[1]}.clouds.tif", np.s_[:, 30:])


def add_tags(place):
    (place / f"{made.DATES[0]}.tif.aux.xml").write_text(
        "<PAMDataset>"
        + "".join(
            f"<PAMRasterBand band='{n}'><Offset>-0.01</Offset><Scale>0.0001</Scale>"
            "</PAMRasterBand>"
            for n in (1, 2, 3, 4)
        )
        + "</PAMDataset>"
    )


def change_pixels(place):
    path = place / f"{made.DATES[0]}.tif"
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[-5000:] = bytes(5000)
    path.write_bytes(content)
    assert path.stat().st_size == before.st_size
    # As a copy that keeps the time does.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [add_mask, change_mask, add_tags, change_pixels])
def test_whatever_the_windows_depend_on_counts(tmp_path, cache, change):
    folder = made.write_places(tmp_path / "d [1] [2]")
    clouds(folder / "place0" / f"{made.DATES[1]}.clouds.tif")
    before = windows(folder)
    assert windows(folder) == before and len(list(cache.glob("*.rows"))) == 1
    change(folder / "place0")
    after = windows(folder)
    assert after != before and len(list(cache.glob("*.rows"))) == 2


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_masks_of_arrays_that_come_later_count(tmp_path, name):
    scenes = made.series().astype(np.float32)
    folder = tmp_path / "d"
    folder.mkdir()
    save = {".npy": np.save, ".npz": lambda path, array: np.savez(path, s=array)}
    save[name[1:]](folder / name, scenes)
    before = windows(folder)
    for side in (np.s_[0, :, :20], np.s_[1, :, 30:]):
        mask = np.zeros(scenes.shape[:3], bool)
        mask[side] = True
        np.save(folder / "a.clouds.npy", mask)
        after = windows(folder)
        assert after != before
        before = after


@pytest.mark.parametrize("damage", ["rows", "json", "text"])
def test_a_cache_that_is_not_whole_is_made_again(tmp_path, cache, damage):
    folder = made.write_places(tmp_path / "d")
    before = windows(folder)
    (rows,), (listing,) = cache.glob("*.rows"), cache.glob("*.json")
    if damage == "rows":
        rows.write_bytes(rows.read_bytes()[:-1])
    else:
        listing.write_text("{}" if damage == "json" else listing.read_text()[:-9])
    assert windows(folder) == before
