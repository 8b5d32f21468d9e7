"""MNIST files: labels are digits, images have pixels, and sizes are bounded."""

import gzip
import struct
import zipfile

import numpy as np
import pytest
import tiny

from tfmi.errors import DataError
from tfmi.pipelines import idx

IMAGES, DIGITS = np.zeros((40, 9, 9), np.uint8), np.arange(40) % 10


def read(folder, x=IMAGES, y=DIGITS, test=IMAGES):
    np.savez(folder / "mnist.npz", x_train=x, y_train=y, x_test=test, y_test=DIGITS)
    return idx.read_mnist(folder)["train"]


@pytest.mark.parametrize("kind", ["uint8", "int32", "int64", "float32", "float64"])
def test_labels_of_any_whole_numbers(tmp_path, kind):
    _, labels = read(tmp_path, y=DIGITS.astype(kind))
    assert labels.dtype == np.int64 and (labels == DIGITS).all()


@pytest.mark.parametrize(
    "labels, message",
    [
        (np.where(DIGITS, DIGITS, np.nan), "digits from 0 to 9. Received: nan"),
        (np.where(DIGITS, DIGITS, np.inf), "digits from 0 to 9. Received: inf"),
        (DIGITS * 0.925, "digits from 0 to 9. Received: 0.925"),
        (DIGITS - 1, "digits from 0 to 9. Received: -1"),
        (DIGITS + 1, "digits from 0 to 9. Received: 10"),
        (np.where(DIGITS, DIGITS, 2.0**64), "digits from 0 to 9. Received: 1.8"),
        (np.eye(10, dtype=int)[DIGITS], r"whole numbers of shape \(n,\)"),
        (DIGITS.astype(str), "whole numbers"),
        (DIGITS * 1j, "whole numbers"),
        (DIGITS[:-1], "40 images and 39 labels"),
        (np.int64(3), "whole numbers"),
    ],
)
def test_labels_that_are_no_digits(tmp_path, labels, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, y=labels)


@pytest.mark.parametrize(
    "images, message",
    [
        (IMAGES[:, :0, :0], "with pixels"),
        (IMAGES[:, :, :0], "with pixels"),
        (IMAGES[:0], "with pixels"),
        (IMAGES[..., None], "with pixels"),
        (IMAGES.astype(float), "must be uint8"),
        (IMAGES[:, :8], r"of one size. Received: \(8, 9\) and \(9, 9\)"),
    ],
)
def test_images_that_are_none(tmp_path, images, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, x=images)


def test_an_array_of_gigabytes_in_a_small_archive(tmp_path):
    head = np.lib.format.header_data_from_array_1_0(IMAGES) | {"shape": (2**20, 64, 64)}
    with zipfile.ZipFile(tmp_path / "mnist.npz", "w", zipfile.ZIP_DEFLATED) as file:
        with file.open("x_train.npy", "w") as member:
            np.lib.format.write_array_header_1_0(member, head)
            member.write(b"\0" * 1000)
    with pytest.raises(DataError, match="x_train.npy of .* announces 4,294,967,"):
        idx.read_mnist(tmp_path)


@pytest.fixture
def folder(tmp_path):
    return tiny.write_mnist(tmp_path / "mnist")


def test_a_stream_without_end_is_left_after_the_announced_bytes(folder, monkeypatch):
    plain = folder / "train-images-idx3-ubyte"
    more = gzip.compress(bytes(2**24))
    (folder / f"{plain.name}.gz").write_bytes(
        gzip.compress(plain.read_bytes()) + more * 64
    )
    plain.unlink()
    taken = []
    original = gzip.GzipFile.read
    monkeypatch.setattr(
        gzip.GzipFile, "read", lambda s, n: taken.append(n) or original(s, n)
    )
    with pytest.raises(DataError, match="its header announces. Received: more"):
        idx.read_mnist(folder)
    assert sum(taken) < 10**6


@pytest.mark.parametrize("side", [2**16, 2**32 - 1])
def test_announced_gigabytes_are_refused(folder, side):
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(struct.pack(">IIII", idx.MAGIC[3], 10, side, side))
    with pytest.raises(DataError, match="its header announces [0-9,]{14,} bytes"):
        idx.read_mnist(folder)


def test_a_wrong_checksum(folder):
    plain = folder / "t10k-labels-idx1-ubyte"
    content = bytearray(gzip.compress(plain.read_bytes()))
    content[-8] ^= 255
    (folder / f"{plain.name}.gz").write_bytes(content)
    plain.unlink()
    with pytest.raises(DataError, match="readable and whole.*CRC"):
        idx.read_mnist(folder)
