"""EuroSAT's two editions, from folders and from tensorflow-datasets."""

import os
import struct
import types
import zlib

import numpy as np
import pytest
import rasterio
import sentinel2_data as made
import tensorflow as tf
from PIL import Image

from tfmi.errors import DataError
from tfmi.pipelines import eurosat
from tfmi.pipelines.sentinel2.bands import from_bytes
from tfmi.pipelines.sentinel2.bands import to_bytes


def numbers(label, seed=0):
    """Digital numbers of a class, `(64, 64, 13)`: band n at 100 * (n + label)."""
    levels = 100 * (1 + np.arange(13) + label)
    noise = np.random.default_rng(seed).integers(0, 9, (64, 64, 13))
    return (levels + noise).astype(np.uint16)


def write_all(folder, each=2):
    for label, name in enumerate(eurosat.CLASSES):
        (folder / name).mkdir(parents=True)
        for n in range(each):
            path = folder / name / f"{name}_{n}.tif"
            made.write_raster(path, numbers(label, n))
    return folder


def write_rgb(folder, each=2):
    for label, name in enumerate(eurosat.CLASSES):
        (folder / name).mkdir(parents=True)
        for n in range(each):
            pixels = np.full((64, 64, 3), (10 * label + 1, 128, 255), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{name}_{n}.png")
    return folder


def test_bands_of_the_files_order_are_matched_by_name(tmp_path):
    data = eurosat.EuroSat(("B8A", "B09", "B02"), write_all(tmp_path))
    ((images, labels),) = data.batches()
    assert images.shape == (20, 64, 64, 3) and images.dtype == np.uint8
    assert labels.tolist() == [n // 2 for n in range(20)]
    wanted = to_bytes(numbers(3)[..., [12, 8, 1]] / 10_000)
    assert (images[6] == wanted).all()
    assert "B8A,B09,B02 matched by name" in data.source and "L1C" in data.source


def test_the_jpeg_editions_bytes_are_reflectance(tmp_path):
    data = eurosat.EuroSat(("B02", "B04"), write_rgb(tmp_path))
    ((images, _),) = data.batches()
    # Blue is 255 everywhere, red 1 for the first class: 0.275 and 0.
    assert from_bytes(images[0, 0, 0]) == pytest.approx([0.275, 0], abs=2e-3)
    assert "bytes of 0 to 2750" in data.source


@pytest.mark.parametrize("edition", ["rgb", "all"])
def test_tensorflow_datasets_gives_the_same(edition, tmp_path, monkeypatch):
    folder = (write_rgb if edition == "rgb" else write_all)(tmp_path / "files", each=1)
    bands = ("B04", "B02") if edition == "rgb" else ("B8A", "B04")
    ((wanted, _),) = eurosat.EuroSat(bands, folder).batches()
    names = eurosat.CLASSES[::-1]
    key = {"rgb": "image", "all": "sentinel2"}[edition]
    pixels = [
        np.full((64, 64, 3), (10 * n + 1, 128, 255), np.uint8)
        if edition == "rgb"
        else numbers(n).astype(np.float32)
        for n in range(10)
    ]
    rows = {key: np.stack(pixels), "label": np.arange(10)[::-1].astype(np.int64)}
    builder = types.SimpleNamespace(
        data_path=tmp_path,
        info=types.SimpleNamespace(
            features={"label": types.SimpleNamespace(names=names)}
        ),
        as_dataset=lambda **_: tf.data.Dataset.from_tensor_slices(rows),
    )
    asked = []
    monkeypatch.setattr(
        "tensorflow_datasets.builder", lambda name: asked.append(name) or builder
    )
    data = eurosat.EuroSat(bands)
    ((images, labels),) = data.batches()
    assert asked == [f"eurosat/{edition}"] and edition in data.source
    assert labels.tolist() == list(range(10))
    assert (images == wanted).all()


def test_what_is_not_prepared_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(DataError, match="eurosat/all must be prepared .* --data-dir"):
        eurosat.EuroSat(("B08",))


def test_a_lacking_band_is_said(tmp_path):
    with pytest.raises(DataError, match="no B08 in the edition of B04,B03,B02"):
        eurosat.EuroSat(("B04", "B08"), write_rgb(tmp_path))


def test_files_that_cannot_be_used_are_left_out_and_named(tmp_path):
    write_all(tmp_path)
    broken, small = (tmp_path / "Forest" / f"Forest_{n}.tif" for n in (0, 1))
    broken.write_bytes(broken.read_bytes()[:5000])
    made.write_raster(small, numbers(1)[:32])
    data = eurosat.EuroSat(("B02",), tmp_path)
    ((images, _),) = data.batches()
    assert len(images) == 18
    assert [line.split(":")[0] for line in data.unreadable] == [str(broken), str(small)]


def spoil(path, how):
    """Make an image one that cannot be used."""
    if how == "pipe":
        path.unlink()
        os.mkfifo(path)
    elif how == "vrt":
        path.write_text("<VRTDataset rasterXSize='64' rasterYSize='64'/>")
    elif how == "eight bits":
        made.write_raster(path, numbers(1).astype(np.uint8))
    elif how == "names":
        made.write_raster(path, numbers(1), [f"layer {n}" for n in range(13)])
    elif how == "huge":
        size = {"width": 40_000, "height": 50_000, "count": 13, "dtype": "uint16"}
        sparse = {"SPARSE_OK": True, "tiled": True, "interleave": "band"}
        with rasterio.open(path, "w", driver="GTiff", **size, **sparse):
            pass


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(
    "how, message",
    [
        ("pipe", "no regular file"),
        ("vrt", "not recognized as being in a supported file format"),
        ("eight bits", "pixels of 8 bits"),
        ("names", "names of bands, or none"),
        ("huge", "its shape is (50000, 40000, 13)"),
    ],
)
def test_an_image_that_cannot_be_used_is_named(tmp_path, how, message):
    write_all(tmp_path)
    path = tmp_path / "Forest" / "Forest_0.tif"
    spoil(path, how)
    data = eurosat.EuroSat(("B02",), tmp_path)
    ((images, _),) = data.batches()
    (line,) = data.unreadable
    assert len(images) == 19 and line.startswith(f"{path}: ") and message in line


def test_floats_are_reflectance_and_named_layers_are_taken_by_name(tmp_path):
    write_all(tmp_path, each=1)
    floats, named = (tmp_path / n / f"{n}_0.tif" for n in ("Forest", "Highway"))
    made.write_raster(floats, numbers(1).astype(np.float32) / 10_000)
    order = sorted(eurosat.FILE_BANDS)
    layers = [eurosat.FILE_BANDS.index(band) for band in order]
    made.write_raster(named, numbers(3)[..., layers], order)
    ((images, _),) = eurosat.EuroSat(("B8A", "B09"), tmp_path).batches()
    for label in (1, 3):
        wanted = numbers(label)[..., [12, 8]] / 10_000
        assert np.abs(images[label] - to_bytes(wanted).astype(int)).max() <= 1


@pytest.mark.parametrize("size", [(32, 64), (5_000, 5_000)])
def test_pictures_of_other_sizes_are_not_unpacked(tmp_path, size):
    write_rgb(tmp_path)
    path = tmp_path / "Forest" / "Forest_0.png"
    if size[0] < 100:
        Image.new("RGB", size).save(path)
    else:
        # A picture's header alone says so.
        content = bytearray(path.read_bytes())
        content[16:24] = struct.pack(">II", *size)
        content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
        path.write_bytes(content)
    data = eurosat.EuroSat(("B04",), tmp_path)
    assert len(next(data.batches())[0]) == 19
    assert data.unreadable == [f"{path}: its shape is ({size[1]}, {size[0]}, 3)"]


def test_hidden_files_are_passed_over_and_others_named(tmp_path):
    write_all(tmp_path)
    forest = tmp_path / "Forest"
    for name in ("._Forest_0.tif", ".DS_Store", "Forest_0.tif.aux.xml"):
        (forest / name).write_bytes(b"")
    (forest / "Forest_9.jp2").write_bytes(b"")
    data = eurosat.EuroSat(("B02",), tmp_path)
    assert data.unreadable == [f"{forest / 'Forest_9.jp2'}: it is no JPEG, PNG or TIFF"]


def test_folders_that_are_not_eurosats(tmp_path):
    write_all(tmp_path / "a")
    (tmp_path / "a" / "River").rename(tmp_path / "a" / "rivers")
    with pytest.raises(DataError, match="Received: 9 of them"):
        eurosat.EuroSat(("B02",), tmp_path / "a")
    write_rgb(tmp_path / "b")
    made.write_raster(tmp_path / "b" / "River" / "x.tif", numbers(0))
    with pytest.raises(DataError, match="JPEG or TIFF images. Received: both"):
        eurosat.EuroSat(("B02",), tmp_path / "b")
