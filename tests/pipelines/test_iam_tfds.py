"""IAM prepared once by its tensorflow-datasets builder."""

import shutil

import numpy as np
import pytest

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import iam
from tfmi.pipelines import iam_subset
from tfmi.pipelines import rows
from tfmi.pipelines import synthetic_iam


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    """The manual folder of tensorflow-datasets with a stand-in in it."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("tfds")
        patch.setenv("TFDS_DATA_DIR", str(folder))
        patch.setenv("TFMI_CACHE_DIR", str(folder / "cache"))
        manual = folder / "downloads" / "manual"
        synthetic_iam.synthesize(manual, 3, 20)
        next((manual / "words").rglob("*-03.png")).write_bytes(b"")
        yield manual


def read(dataset):
    batches = list(dataset.labelled("x", "train", 16))
    return (
        np.concatenate([images.numpy() for images, _ in batches]),
        np.concatenate([labels["writer"].numpy() for _, labels in batches]),
    )


def test_prepared_once_it_is_what_the_files_are(manual, monkeypatch):
    files = iam.open_dataset(str(manual))
    prepared = iam.open_dataset()
    assert prepared.split == files.split
    assert prepared.notes == files.notes
    assert prepared.unusable == files.unusable
    assert len(prepared.unusable) == 1
    assert prepared.source == "SYNTHETIC stand-in for IAM in tensorflow-datasets"
    for one, other in zip(read(prepared), read(files), strict=True):
        assert (one == other).all()
    monkeypatch.setattr(iam_subset, "choose_images", None)
    monkeypatch.setattr(rows, "IN_MEMORY_BYTES", 0)
    for _ in range(2):
        again = iam.open_dataset()
        assert again.split == files.split
        assert (read(again)[0] == read(files)[0]).all()


def test_without_files_or_with_damaged_ones(manual, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(UsageError, match="--data-dir must name the folder .* neither"):
        iam.open_dataset()
    shutil.copytree(manual, tmp_path / "downloads" / "manual")
    (tmp_path / "downloads" / "manual" / "ascii" / "forms.txt").unlink()
    with pytest.raises(DataError, match="ascii must hold forms.txt"):
        iam.open_dataset()
