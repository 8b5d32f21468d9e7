"""Products as they are given out, whole and damaged."""

import os
import pathlib
import shutil

import numpy as np
import pytest
import rasterio
import sentinel2_data as made

from tfmi.maps import scenes
from tfmi.pipelines.sentinel2 import safe_files
from tfmi.pipelines.sentinel2.places import find_places

SCENE = np.full((96, 96, 3), (0.1, 0.2, 0.3))


def read(acquisition, window, bands):
    with acquisition.opened(bands) as reader:
        return reader(window)


def test_safe_products_of_a_tile(tmp_path):
    scene = np.full((96, 96, 3), (0.1, 0.2, 0.3))
    scene[48:, :, 1] = 0.4
    for date in ("20220201", "20220301"):
        made.write_safe(tmp_path, date, scene)
    (place,), bands, _, unusable = find_places(tmp_path)
    assert not unusable
    assert place.name == "33TVM" and bands == ("B01", "B02", "B05")
    assert [a.date for a in place.acquisitions] == ["20220201", "20220301"]
    assert place.grid.height == 96 and place.acquisitions[0].has_mask
    values, bad = read(place.acquisitions[0], (0, 20, 24, 24), bands)
    assert values[..., 0] == pytest.approx(0.3, abs=1e-3)
    assert values[..., 1:] == pytest.approx(scene[:24, :24, :2], abs=1e-3)
    assert bad[:12].all() and not bad[12:].any()
    values, _ = read(place.acquisitions[0], (60, 20, 24, 24), bands)
    assert values[..., 2] == pytest.approx(0.4, abs=1e-3)


def test_a_safe_product_without_metadata_is_named(tmp_path):
    scene = np.full((96, 96, 3), 0.1)
    products = [made.write_safe(tmp_path, f"2022020{n}", scene) for n in (1, 2, 3)]
    next(products[0].glob("MTD*.xml")).unlink()
    (place,), _, _, unusable = find_places(tmp_path)
    assert len(place.acquisitions) == 2
    assert "MTD_MSIL*.xml cannot be read" in unusable[0]


def inside(product, name):
    return next(product.glob(f"GRANULE/*/*/*{name}"))


def metadata(old, new):
    def damage(product):
        path = next(product.glob("MTD*.xml"))
        path.write_text(path.read_text().replace(old, new))

    return damage


def pipe(name):
    def damage(product):
        path = next(product.glob(f"**/*{name}"))
        path.unlink()
        os.mkfifo(path)

    return damage


def as_geotiff(product):
    made.write_tiff(inside(product, "_B02.jp2"), SCENE[..., :1], None)


def of_eight_bits(product):
    made.write_jp2(inside(product, "_B02.jp2"), SCENE[..., 0][None], 10, dtype="uint8")


def of_another_width(product):
    made.write_jp2(inside(product, "_B05.jp2"), np.ones((1, 48, 200)), 20)


def a_second_granule(product):
    shutil.copytree(product / "GRANULE" / "G1", product / "GRANULE" / "G2")


@pytest.mark.parametrize(
    "damage, message",
    [
        (metadata('unit="none">10000', ">"), "cannot be read"),
        (metadata('unit="none">10000', ">nan"), "a reflectance of 1 is nan"),
        (metadata('unit="none">10000', ">0"), "a reflectance of 1 is 0.0"),
        (metadata('unit="none">10000', ">-5"), "a reflectance of 1 is -5.0"),
        (metadata('band_id="3"', ""), "cannot be read"),
        (metadata('band_id="3"', 'band_id="13"'), "no band has the number 13"),
        (metadata('"3">-1000', '"3">1e9'), "the offsets are"),
        (metadata("<n1:P", "<"), "cannot be read"),
        (pipe("MTD_MSIL1C.xml"), "no regular file"),
        (pipe("_B02.jp2"), "no regular file"),
        (as_geotiff, "not recognized as being in a supported file format"),
        (of_eight_bits, "pixels of 8 bits"),
        (of_another_width, "its bands must be of one area"),
        (a_second_granule, "one folder in GRANULE. Received: 2"),
    ],
)
def test_a_damaged_product_is_named(tmp_path, damage, message):
    products = [made.write_safe(tmp_path, f"2022020{n}", SCENE) for n in (1, 2, 3)]
    damage(products[0])
    (place,), _, _, (line,) = find_places(tmp_path)
    assert len(place.acquisitions) == 2
    assert line.startswith(f"{products[0]}: ") and message in line


def test_large_metadata_is_not_read(tmp_path, monkeypatch):
    for n in (1, 2):
        made.write_safe(tmp_path, f"2022020{n}", SCENE)
    monkeypatch.setattr(safe_files, "LARGEST_METADATA_BYTES", 100)
    with pytest.raises(Exception, match="more than 100 bytes"):
        find_places(tmp_path)


def test_suffixes_in_any_case_and_hidden_files(tmp_path):
    for n in (1, 2):
        product = made.write_safe(tmp_path, f"2022020{n}", SCENE)
        for path in [*product.rglob("*.jp2"), *product.glob("*.xml")]:
            path.rename(path.with_name(path.name.upper()))
        image = inside(product, "_B02.JP2")
        image.with_name(f"._{image.name}").write_bytes(b"no JPEG 2000")
        (product / "GRANULE" / ".DS_Store").write_bytes(b"")
        product.rename(product.with_suffix(".safe"))
    (place,), bands, notes, unusable = find_places(tmp_path)
    assert bands == ("B01", "B02", "B05") and not notes and not unusable
    assert all(a.has_mask for a in place.acquisitions)


def test_of_one_day_the_newest_processing_counts(tmp_path):
    for n in (1, 2):
        product = made.write_safe(tmp_path, f"2022020{n}", SCENE)
    other = pathlib.Path(str(product).replace("_N0400_", "_N0500_"))
    shutil.copytree(product, other)
    (place,), _, (note,), _ = find_places(tmp_path)
    assert [a.source for a in place.acquisitions][1] == str(other)
    assert note == f"left out: {product}, as {other} is of the same day"


def test_no_data_of_one_band_and_saturation_are_missing(tmp_path):
    for n in (1, 2):
        product = made.write_safe(tmp_path, f"2022020{n}", SCENE)
        for name, value in (("_B02.jp2", 0), ("_B02.jp2", 65535)):
            path = inside(product, name)
            with rasterio.open(path) as file:
                pixels = file.read()
            pixels[:, 40:50, 10 if value else 20] = value
            made.write_jp2(path, pixels, 10)
    (place,), *_ = find_places(tmp_path)
    _, bad = read(place.acquisitions[0], (40, 0, 10, 96), ("B02", "B05"))
    assert bad[:, [10, 20]].all() and not np.delete(bad, [10, 20], 1).any()


def test_all_files_that_pixels_depend_on_are_known(tmp_path):
    for n in (1, 2):
        product = made.write_safe(tmp_path, f"2022020{n}", SCENE)
    (place,), *_ = find_places(tmp_path)
    files = set(place.acquisitions[1].files)
    assert files == {path for path in product.rglob("*.*") if path.is_file()}


def test_a_map_reads_strips_as_if_whole(tmp_path, monkeypatch):
    product = made.write_safe(tmp_path, "20220201", made.ground(96, 96, 3))
    bands = ("B02", "B05", "B01")
    whole = scenes.read_scene(product, (9, 9, 3), bands).pixels
    monkeypatch.setattr(scenes, "STRIP", 32)
    assert (scenes.read_scene(product, (9, 9, 3), bands).pixels == whole).all()
    monkeypatch.setattr(scenes, "LARGEST_BYTES", 1000)
    with pytest.raises(Exception, match="--image must be of at most 1,000 numbers"):
        scenes.read_scene(product, (9, 9, 3), bands)
