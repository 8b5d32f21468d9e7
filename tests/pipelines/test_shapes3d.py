"""The renderer, the file layout and the pairs of 3D Shapes."""

import h5py
import numpy as np
import pytest

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import rows
from tfmi.pipelines import shapes3d
from tfmi.pipelines import shapes3d_files as files
from tfmi.pipelines import shapes3d_scene as scene


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("TFMI_CACHE_DIR", str(folder))
        # Coarse but quick: a ray a pixel.
        patch.setattr(scene, "SUPERSAMPLING", 1)
        yield folder


@pytest.fixture(scope="module")
def rendered(cache):
    return files.render(1450)


def test_layout_is_that_of_the_real_file(rendered):
    with h5py.File(rendered, "r") as file:
        assert file["images"].shape == (1450, 64, 64, 3)
        assert file["images"].dtype == np.uint8
        assert file["labels"].shape == (1450, 6)
        assert file["labels"].dtype == np.float64
        indices = files.factor_indices(file["labels"][:], "test")
        assert len(np.unique(indices, axis=0)) == 1450
        assert (indices.max(0) == np.array([10, 10, 10, 8, 4, 15]) - 1).all()
        flat = np.ravel_multi_index(indices.T, files.SIZES)
        assert (np.diff(flat) > 0).all()
        assert sorted(set(file["labels"][:, 3])) == pytest.approx(scene.SCALE_VALUES)
        assert file["labels"][:, 5].min() == -30


def test_every_geometry_has_its_share():
    chosen = files._chosen(1450, 0)
    geometry = np.ravel_multi_index(chosen[:, 3:].T, files.SIZES[3:])
    assert set(np.bincount(geometry, minlength=480)) == {3, 4}
    assert len(files._chosen(480_000, 0)) == 480_000


def test_it_is_written_once(rendered):
    before = rendered.stat().st_mtime_ns
    assert files.render(1450) == rendered
    assert rendered.stat().st_mtime_ns == before


def test_hues_are_where_they_should_be(cache):
    maps = scene.geometry_maps(4, 2, 7)
    picture = scene.paint(maps[None], np.array([[0, 3, 6]]))[0].astype(int)
    # Floor red below, wall in the second hue above, the object in the middle.
    assert picture[60, 5].argmax() == 0
    assert picture[2, 32].argmax() == 1
    assert picture[40, 32].argmax() == 2
    other = scene.paint(maps[None], np.array([[5, 3, 6]]))[0].astype(int)
    changed = np.abs(picture - other).sum(-1) > 0
    assert changed[60, 5] and not changed[2, 32] and not changed[40, 32]


def test_scale_shape_and_orientation_are_seen(cache):
    def size(*geometry):
        return (scene.geometry_maps(*geometry)[..., 2] > 0).sum()

    for shape in range(4):
        areas = [size(scale, shape, 7) for scale in range(8)]
        assert (np.diff(areas) > 0).all()
    maps = [scene.geometry_maps(3, shape, 7) for shape in range(4)]
    for first in range(4):
        for second in range(first):
            assert np.abs(maps[first] - maps[second]).max() > 0.2
    turned = [scene.geometry_maps(3, 2, o) for o in range(15)]
    for first, second in zip(turned, turned[1:], strict=False):
        assert np.abs(first - second).max() > 0.1


@pytest.fixture(scope="module")
def dataset(rendered):
    return shapes3d.open_dataset(render=1450)


def test_pairs_share_the_geometry_and_not_the_hues(rendered, dataset):
    with h5py.File(rendered, "r") as file:
        known = {image.tobytes(): k for k, image in enumerate(file["images"][:])}
        labels = files.factor_indices(file["labels"][:], "test")
    same = []
    for batch in dataset.pairs(32, 0, 0, 20).as_numpy_iterator():
        x, y = (labels[[known[i.tobytes()] for i in batch[d]]] for d in "xy")
        assert (x[:, 3:] == y[:, 3:]).all()
        same.append(x[:, :3] == y[:, :3])
    assert np.concatenate(same).mean(0) == pytest.approx([0.1] * 3, abs=0.05)


def test_labels_and_splits(rendered, dataset):
    with h5py.File(rendered, "r") as file:
        known = {image.tobytes(): k for k, image in enumerate(file["images"][:])}
        labels = files.factor_indices(file["labels"][:], "test")
    seen = {}
    for split in ("train", "test"):
        for images, batch in dataset.labelled("x", split, 100):
            index = [known[i.tobytes()] for i in images.numpy()]
            seen.setdefault(split, set()).update(index)
            for column, name in enumerate(files.VALUES):
                assert (batch[name].numpy() == labels[index, column]).all()
    assert not seen["train"] & seen["test"]
    assert len(seen["train"] | seen["test"]) == 1450
    assert len(seen["test"]) == 480
    assert "RENDERED" in dataset.source
    assert [f.name for f in shapes3d.DOMAIN.shared_factors] == list(shapes3d.SHARED)


def test_a_file_in_slices_is_laid_out_once_and_reads_the_same(rendered, tmp_path):
    path = tmp_path / "3dshapes.h5"
    with h5py.File(rendered, "r") as source, h5py.File(path, "w") as file:
        file.create_dataset("images", data=source["images"], chunks=(500, 4, 4, 1))
        file["labels"] = source["labels"][:]
    direct, shape, labels = files.open_file(rendered)
    assert not isinstance(direct, rows.RowFile)
    for _ in range(2):
        copied, copied_shape, copied_labels = files.open_file(path)
        assert isinstance(copied, rows.RowFile)
        assert (copied[[3, 1449, 700]] == direct[[3, 1449, 700]]).all()
        assert copied_shape == shape
        assert (copied_labels == labels).all()
    assert shapes3d.open_dataset(data_dir=str(tmp_path)).source == str(path)


def write(path, images, labels):
    with h5py.File(path, "w") as file:
        file["images"], file["labels"] = images, labels


IMAGES, LABELS = np.zeros((4, 64, 64, 3), np.uint8), np.zeros((4, 6))
LABELS[:, 3], LABELS[:, 5] = 0.75, -30


@pytest.mark.parametrize(
    "images, labels, message",
    [
        (IMAGES, LABELS[:3], "labels .n, 6.. Received: uint8"),
        (IMAGES.astype(float), LABELS, "images must be uint8"),
        (IMAGES, LABELS + 0.04, "floor_hue must be one of 10 values"),
        (IMAGES, LABELS * [1, 1, 1, 1, 1, 2], "orientation must be one of 15"),
        (IMAGES, LABELS + np.nan, "floor_hue must be one of"),
    ],
)
def test_files_of_another_layout(tmp_path, images, labels, message):
    write(tmp_path / "3dshapes.h5", images, labels)
    with pytest.raises(DataError, match=message):
        shapes3d.open_dataset(data_dir=str(tmp_path))


def test_broken_and_missing_files(tmp_path):
    with pytest.raises(DataError, match="must hold 3dshapes.h5"):
        shapes3d.open_dataset(data_dir=str(tmp_path))
    path = tmp_path / "3dshapes.h5"
    write(path, IMAGES, LABELS)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DataError, match="must be a readable HDF5 file"):
        shapes3d.open_dataset(data_dir=str(path))
    with h5py.File(path, "w") as file:
        file["pictures"] = IMAGES
    with pytest.raises(DataError, match="Received: pictures"):
        shapes3d.open_dataset(data_dir=str(path))


def test_options():
    with pytest.raises(UsageError, match="Received: both"):
        shapes3d.open_dataset(data_dir="a", render=1000)
    with pytest.raises(UsageError, match="--render must be from 960 to 480000"):
        shapes3d.open_dataset(render=10)


def test_prepared_tfds_is_streamed(cache, tmp_path, monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setattr(tfds, "builder", lambda name: FakeBuilder(tmp_path))
    for _ in range(2):
        dataset = shapes3d.open_dataset()
        assert dataset.num_images("train") + dataset.num_images("test") == 40
    monkeypatch.setattr(tfds, "builder", lambda name: FakeBuilder(tmp_path / "none"))
    with pytest.raises(DataError, match="not prepared .* or --render N"):
        shapes3d.open_dataset()


class FakeBuilder:
    """What is asked of a tensorflow-datasets builder: 40 images."""

    def __init__(self, data_path):
        from types import SimpleNamespace as Space

        self.data_path = data_path
        image = Space(shape=(64, 64, 3))
        split = Space(num_examples=40)
        self.info = Space(version="9", splits={"train": split}, features={})
        self.info.features["image"] = image

    def as_dataset(self, split, shuffle_files):
        import tensorflow as tf

        labels = {f"label_{n}": np.zeros(40, np.int64) for n in files.VALUES}
        labels["label_floor_hue"] = np.arange(40) % 10
        images = np.arange(40, dtype=np.uint8)[:, None, None, None]
        images = np.broadcast_to(images, (40, 64, 64, 3))
        return tf.data.Dataset.from_tensor_slices({"image": images, **labels})


def test_the_builder_has_what_is_read_of_it(tmp_path):
    tfds = pytest.importorskip("tensorflow_datasets")
    features = tfds.builder("shapes3d", data_dir=tmp_path).info.features
    assert features["image"].shape == (64, 64, 3)
    for name, size in zip(files.VALUES, files.SIZES, strict=True):
        assert features[f"label_{name}"].num_classes == size
