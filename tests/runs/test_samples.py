"""The images that a run keeps."""

import itertools
import json

import numpy as np
import pytest

from tfmi.errors import DataError
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.runs import samples

SIDE = Factor("side", ("left", "right"))
SHADE = Factor("shade", ("dark", "light"))


class Numbered:
    """Images of one grey level each, their number in the split."""

    name = "numbered"
    image_shape = (4, 4, 1)
    domains = (Domain("x", "numbers", (SIDE,), (), (SHADE,)),)

    def __init__(self, test=60):
        self.count = {"train": 80, "test": test}

    def num_images(self, split):
        return self.count[split]

    def labelled(self, domain, split, batch_size, seed=0):
        for start in range(0, self.count[split], batch_size):
            numbers = np.arange(start, min(start + batch_size, self.count[split]))
            images = np.ones((1, 4, 4, 1), np.uint8) * numbers[:, None, None, None]
            yield images.astype(np.uint8), {"side": numbers % 2, "shade": -numbers}


def shown(monkeypatch, count, **options):
    monkeypatch.setattr(samples, "SHOWN", count)
    (shown,) = samples.collect(Numbered(**options)).shown
    return shown


@pytest.mark.parametrize("batch", [7, 250])
def test_images_come_from_all_of_the_split(monkeypatch, batch):
    monkeypatch.setattr(samples, "BATCH", batch)
    spread = shown(monkeypatch, 20)
    wanted = np.linspace(0, 59, 20).astype(int)
    np.testing.assert_array_equal(spread.images[:, 0, 0, 0], wanted)
    np.testing.assert_array_equal(spread.labels["side"], wanted % 2)
    np.testing.assert_array_equal(spread.labels["shade"], -wanted)


def test_a_small_split_gives_all_it_has(monkeypatch):
    assert len(shown(monkeypatch, 1000).images) == 60
    assert len(shown(monkeypatch, 1000, test=1).images) == 1
    assert len(shown(monkeypatch, 1000, test=0).images) == 0


def test_large_images_are_fewer(monkeypatch):
    monkeypatch.setattr(samples, "MOST_BYTES", 16 * 5)
    assert len(shown(monkeypatch, 1000).images) == 5


def test_a_file_gives_them_back(tmp_path):
    path, kept = tmp_path / "samples.npz", samples.collect(Numbered())
    samples.save(path, kept)
    loaded = samples.load(path)
    assert loaded.num_images == {"train": 80, "test": 60}
    assert loaded.shown[0].domain == Numbered.domains[0]
    for key in (("x", "train"), ("x", "test")):
        np.testing.assert_array_equal(loaded.first[key], kept.first[key])
    np.testing.assert_array_equal(loaded.shown[0].images, kept.shown[0].images)
    for name in ("side", "shade"):
        labels = loaded.shown[0].labels[name]
        np.testing.assert_array_equal(labels, kept.shown[0].labels[name])


def test_a_damaged_file_is_told(tmp_path):
    path = tmp_path / "samples.npz"
    samples.save(path, samples.collect(Numbered()))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match="whole .npz file. Received: .*samples.npz"):
        samples.load(path)


@pytest.mark.parametrize("content", [b"", b"{}", b"PK\x03\x04", bytes(1000)])
def test_samples_of_any_content_are_a_line(tmp_path, content):
    path = tmp_path / "samples.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match="whole .npz file. Received: "):
        samples.load(path)


ARRAYS = {
    "about": np.array(
        json.dumps(
            {
                "domains": [
                    {
                        "name": "x",
                        "title": "X",
                        "shared_factors": [["digit", ["0", "1"]]],
                        "exclusive_factors": [],
                        "retrieved_factors": [],
                    }
                ],
                "num_images": {"train": 2, "test": 2},
            }
        )
    ),
    "first/x/train": np.zeros((2, 4, 4, 1), np.uint8),
    "first/x/test": np.zeros((2, 4, 4, 1), np.uint8),
    "shown/x": np.zeros((2, 4, 4, 1), np.uint8),
    "labels/x/digit": np.zeros(2, np.int64),
}
OTHERS = [
    *(np.array(text) for text in ("", "{", "[]", "[" * 10_000, '{"domains": 3}')),
    *(np.zeros(3), np.zeros((2, 4, 4, 1)), np.zeros((), np.uint8), np.array([b"x"])),
]


@pytest.mark.parametrize("name, other", [*itertools.product(ARRAYS, OTHERS)])
def test_samples_of_other_arrays_are_a_line(tmp_path, name, other):
    path = tmp_path / "samples.npz"
    np.savez(path, **ARRAYS)
    assert samples.load(path).num_images == {"train": 2, "test": 2}
    np.savez(path, **{**ARRAYS, name: other})
    with pytest.raises(DataError, match="whole .npz file. Received: "):
        samples.load(path)


def test_a_small_file_of_samples_takes_little_memory(tmp_path):
    path = tmp_path / "samples.npz"
    zeros = np.zeros((300, 1024, 1024, 1), np.uint8)
    np.savez_compressed(path, **{**ARRAYS, "shown/x": zeros})
    with pytest.raises(DataError, match=r"314,\d+,\d+ bytes"):
        samples.load(path)
