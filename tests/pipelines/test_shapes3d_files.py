"""Files of 3D Shapes that are damaged, lie elsewhere or announce too much."""

import h5py
import numpy as np
import pytest
import tensorflow as tf
from click.testing import CliRunner

from tfmi.cli import cli
from tfmi.errors import DataError
from tfmi.errors import data_error_in
from tfmi.pipelines import shapes3d_files as files
from tfmi.pipelines.rows import gather

LABELS = np.array([[0, 0, 0, 0.75, 0, -30.0], [0.1, 0, 0, 0.75, 0, -30.0]] * 50)
IMAGES = np.random.default_rng(0).integers(0, 256, (100, 16, 16, 3)).astype(np.uint8)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "3dshapes.h5"


def write(path, labels=LABELS, **images):
    with h5py.File(path, "w") as file:
        file.create_dataset("images", **{"data": IMAGES, **images})
        file["labels"] = labels


def test_damaged_images_are_one_line_with_the_name_of_the_file(path):
    write(path, chunks=(1, 16, 16, 3), compression="gzip")
    with h5py.File(path, "r") as file:
        offset = file["images"].id.get_chunk_info(70).byte_offset
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 40)
    rows, _, labels = files.open_file(path)
    assert rows[[3]].shape == (1, 16, 16, 3) and len(labels) == 100
    with pytest.raises(DataError, match="must be readable. Received: .*3dshapes.h5"):
        rows[[70]]
    with pytest.raises(DataError, match="must be readable. Received: .*3dshapes.h5"):
        rows.slab(60, 80)
    with pytest.raises(tf.errors.OpError) as raised:
        list(
            tf.data.Dataset.from_tensors([70]).map(
                lambda indices: gather(rows, indices, (16, 16, 3))
            )
        )
    assert "3dshapes.h5" in data_error_in(raised.value)
    arguments = ["data", "check", "shapes3d", "--data-dir", str(path)]
    result = CliRunner().invoke(cli, [*arguments, "--output", str(path.parent / "out")])
    assert result.exit_code == 1, result.output
    (line,) = [line for line in result.output.splitlines() if "Error" in line]
    assert "3dshapes.h5" in line


@pytest.mark.parametrize(
    "kind", ["missing chunks", "external", "virtual", "nothing written"]
)
def test_images_that_do_not_lie_in_the_file_are_refused(path, kind):
    with h5py.File(path, "w") as file:
        file["labels"] = LABELS
        shape = {"shape": IMAGES.shape, "dtype": np.uint8}
        if kind == "external":
            (path.parent / "raw").write_bytes(IMAGES.tobytes())
            outside = [(str(path.parent / "raw"), 0, IMAGES.size)]
            file.create_dataset("images", **shape, external=outside)
        elif kind == "virtual":
            with h5py.File(path.parent / "other.h5", "w") as other:
                other["images"] = IMAGES
            layout = h5py.VirtualLayout(**shape)
            layout[:] = h5py.VirtualSource(
                path.parent / "other.h5", "images", shape=IMAGES.shape
            )
            file.create_virtual_dataset("images", layout)
        else:
            images = file.create_dataset("images", **shape, chunks=(1, 16, 16, 3))
            if kind == "missing chunks":
                images[:99] = IMAGES[:99]
    with pytest.raises(DataError, match="all of /images must lie in the file"):
        files.open_file(path)


@pytest.mark.parametrize(
    "images, message",
    [
        (
            {"shape": (2**40, 16, 16, 3), "chunks": (1, 16, 16, 3)},
            "1 to 480,000 images",
        ),
        ({"shape": (100, 2**20, 16, 3), "chunks": (1, 16, 16, 3)}, "sides of 1 to 512"),
        ({"shape": (0, 16, 16, 3)}, "1 to 480,000 images"),
        ({"shape": (100, 0, 16, 3)}, "with sides of 1 to 512|pixels"),
        (
            {
                "shape": (100, 512, 512, 3),
                "maxshape": (None,) * 4,
                "chunks": (1024, 512, 512, 3),
            },
            "a chunk must take at most|must lie in the file",
        ),
    ],
)
def test_announced_sizes_are_bounded(path, images, message):
    count = images["shape"][0]
    with h5py.File(path, "w") as file:
        file.create_dataset("images", dtype=np.uint8, **images)
        chunks = (1, 6) if count else None
        file.create_dataset("labels", (count, 6), np.float64, chunks=chunks)
    with pytest.raises(DataError, match=message):
        files.open_file(path)


@pytest.mark.parametrize("labels", [LABELS.astype("S8"), LABELS * 1j])
def test_labels_that_are_no_numbers(path, labels):
    write(path, labels)
    with pytest.raises(DataError, match="labels .n, 6.. Received: "):
        files.open_file(path)
