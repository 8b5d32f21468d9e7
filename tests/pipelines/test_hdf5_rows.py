"""One file, read by h5py and by tensorflow-io's op."""

import sys

import h5py
import numpy as np
import pytest
import tensorflow as tf

from tfmi.pipelines import hdf5_rows
from tfmi.pipelines import rows

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 6, 5, 3)).astype(np.uint8)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a file.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=IMAGES, chunks=(7, 6, 5, 3), compression=4)
    return path


def gathered(opened):
    indices = tf.data.Dataset.from_tensor_slices(np.arange(49, -1, -1)).batch(5)
    batches = indices.map(
        lambda batch: rows.gather(opened, batch, (6, 5, 3)), tf.data.AUTOTUNE
    )
    return np.concatenate(list(batches.as_numpy_iterator()))


@pytest.mark.parametrize("kind", [hdf5_rows.H5Rows, hdf5_rows.OpRows])
def test_both_read_the_same(path, kind):
    try:
        opened = kind(path, "images")
    except (ImportError, NotImplementedError) as error:
        pytest.skip(f"the op does not load: {error}")
    assert (opened[np.array([3, 49, 0, 3])] == IMAGES[[3, 49, 0, 3]]).all()
    assert (opened.slab(10, 22) == IMAGES[10:22]).all()
    assert (gathered(opened) == IMAGES[::-1]).all()


def test_the_op_where_it_loads_else_h5py(path, monkeypatch):
    opened = hdf5_rows.open_rows(path, "images")
    try:
        hdf5_rows.OpRows(path, "images")
    except (ImportError, NotImplementedError):
        assert isinstance(opened, hdf5_rows.H5Rows)
    else:
        assert isinstance(opened, hdf5_rows.OpRows)
    monkeypatch.setitem(sys.modules, "tensorflow_io", None)
    assert isinstance(hdf5_rows.open_rows(path, "images"), hdf5_rows.H5Rows)


def test_an_op_that_fails_when_called(path, monkeypatch):
    class Broken:
        class IOTensor:
            @staticmethod
            def from_hdf5(name):
                raise NotImplementedError("unable to open file: undefined symbol")

    monkeypatch.setitem(sys.modules, "tensorflow_io", Broken)
    opened = hdf5_rows.open_rows(path, "images")
    assert (opened[[1]] == IMAGES[[1]]).all()
