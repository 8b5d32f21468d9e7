"""Array files of any content: read, or named in a line."""

import io
import os
import struct
import zipfile

import numpy as np
import pytest
import sentinel2_data as made

from tfmi.pipelines.sentinel2 import array_files
from tfmi.pipelines.sentinel2.arrays import read_arrays
from tfmi.pipelines.sentinel2.bands import UnusableScene

SCENES = made.series().astype(np.float32)


def header(text):
    text = text.ljust(118) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode()


def described(shape, descr="'<f4'"):
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}")


def content(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def write(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in members.items():
            value = value if isinstance(value, bytes) else content(np.asarray(value))
            archive.writestr(f"{name}.npy", value)


BAD = {
    "objects": {
        "scenes": header(
            str({"descr": "|O", "fortran_order": False, "shape": (1, 9, 9, 4)})
        )
    },
    "negative": {"scenes": described((-2, 8, 8, 4))},
    "huge": {"scenes": described((2**40, 8, 8, 4))},
    "no-pixels": {"scenes": described((10**12, 0, 8, 4))},
    "nan-shape": {"scenes": described("(nan, 8, 8, 4)")},
    "text-shape": {"scenes": described("'a'")},
    "deep": {"scenes": header("(" * 100 + ")" * 100)},
    "short": {"scenes": b"\x93NUM"},
    "structured": {"scenes": described((1, 8, 8, 4), "[('a', '<f4')]")},
    "eight-bit": {"scenes": np.zeros((2, 9, 9, 4), np.uint8)},
    "complex": {"scenes": np.zeros((2, 9, 9, 4), np.complex64)},
    "one-date": {"scenes": SCENES, "dates": np.array("20200105")},
    "few-dates": {"scenes": SCENES, "dates": np.array(["a", "b"])},
    "no-dates": {"scenes": SCENES, "dates": np.array(["a", "", "c"])},
    "not-a-time": {"scenes": SCENES, "dates": np.array(["NaT"] * 3, "M8[D]")},
    "dates-of-floats": {"scenes": SCENES, "dates": np.array([1.0, 2.0, np.nan])},
    "one-band": {"scenes": SCENES, "bands": np.array("B02")},
    "bands-of-two": {"scenes": SCENES, "bands": np.array([["B02"] * 4])},
    "band-numbers": {"scenes": SCENES, "bands": np.arange(4)},
    "other-key": {"scenes": SCENES, "band_names": np.array(made.RGBN)},
    "clouds-number": {"scenes": SCENES, "clouds": np.array(1)},
    "clouds-text": {"scenes": SCENES, "clouds": np.full(SCENES.shape[:3], "a")},
    "two": {"scenes": SCENES, "more": SCENES},
}


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_named(tmp_path, name):
    path = tmp_path / f"{name}.npz"
    write(path, **BAD[name])
    with pytest.raises(UnusableScene, match="."):
        read_arrays(path)
    scenes = BAD[name]["scenes"]
    if isinstance(scenes, bytes):
        path = tmp_path / "a.npy"
        path.write_bytes(scenes)
        with pytest.raises(UnusableScene, match="."):
            read_arrays(path)


def test_bytes_times_and_numbers_name_bands_and_dates(tmp_path):
    path = tmp_path / "a.npz"
    dates = np.array(["2020-01-05", "2020-02-10", "2020-03-01"], "M8[D]")
    names = np.array([b"nir", b"B03", b"red", b"B2"])
    write(path, scenes=SCENES, dates=dates, bands=names, elevation=np.zeros((64, 48)))
    first, *_ = read_arrays(path)
    assert first.bands == ("B08", "B03", "B04", "B02")
    assert (first.date, first.not_read) == ("2020-01-05", ("elevation",))
    write(path, scenes=SCENES, dates=np.array([20200105, 20200210, 20200301]))
    assert [a.date for a in read_arrays(path)][1] == "20200210"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_changed_byte_is_told_by_the_checksum(tmp_path, save):
    path = tmp_path / "a.npz"
    save(path, scenes=SCENES)
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 2] ^= 1
    path.write_bytes(changed)
    with pytest.raises(UnusableScene, match="cannot be read|checksum"):
        with read_arrays(path)[0].opened(("B02",)) as reader:
            reader((0, 0, 9, 9))


def test_what_would_be_unpacked_is_bounded(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", scenes=np.zeros((2, 500, 500, 4)))
    monkeypatch.setattr(array_files, "PACKED_BYTES", 10**6)
    with pytest.raises(UnusableScene, match="at most 1,000,000 bytes unpacked"):
        read_arrays(tmp_path / "a.npz")


def test_pipes_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "a.npy")
    with pytest.raises(UnusableScene, match="no regular file"):
        read_arrays(tmp_path / "a.npy")
