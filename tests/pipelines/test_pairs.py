"""Own pairs: what is read, left out, reported and refused."""

import json
import os
import pathlib
import sys

import numpy as np
import own_images
import pytest
from PIL import Image

from tfmi import pipelines
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import pairs
from tfmi.pipelines.preview import write_preview


@pytest.fixture
def manifest(tmp_path):
    return own_images.write_manifest(tmp_path)


def open_manifest(manifest, **options):
    options = {"share": "writer", "evaluate": "writer,word", **options}
    return pairs.open_dataset(manifest=str(manifest), **options)


def labelled(dataset, split, domain="x"):
    batches = list(dataset.labelled(domain, split, 16))
    images = np.concatenate([image.numpy() for image, _ in batches])
    names = batches[0][1]
    labels = {n: np.concatenate([b[n].numpy() for _, b in batches]) for n in names}
    return images, labels


def test_manifest_gives_pairs_of_one_writer(manifest):
    dataset = open_manifest(manifest)
    assert (dataset.num_images("train"), dataset.num_images("test")) == (96, 24)
    assert dataset.image_shape == (16, 16, 1)
    (domain,) = dataset.domains
    assert domain.shared_factors[0].values == ("w0", "w1", "w2", "w3")
    assert domain.exclusive_factors[0].values == ("a", "b", "c")
    for batch in dataset.pairs(8, 0, 0, 24).as_numpy_iterator():
        assert batch["x"].shape == (8, 16, 16, 1)
        stripes = [(batch[d][:, 2:, 15] == 0).argmax(1) for d in "xy"]
        assert (stripes[0] == stripes[1]).all()
        assert (batch["x"] != batch["y"]).any(axis=(1, 2, 3)).all()


def test_labels_are_those_of_the_pixels(manifest):
    images, labels = labelled(open_manifest(manifest), "test")
    gap = (images[:, 1:, 15, 0] == 0).argmax(1) - 1
    assert (gap == labels["writer"]).all()
    assert len(set(labels["word"])) == 3


def test_splits_are_apart_and_saved_ones_are_used(manifest, tmp_path):
    dataset = open_manifest(manifest)
    saved = dataset.split
    assert not set(saved["train"]) & set(saved["test"])
    assert len(saved["train"]) == 96
    path = tmp_path / "split.json"
    path.write_text(json.dumps(open_manifest(manifest, split_seed=5).split))
    other = open_manifest(manifest, split_file=str(path))
    assert other.split != saved
    assert other.split == json.loads(path.read_text())
    Image.new("L", (16, 16)).save(manifest.parent / "new.png")
    own_images.add_rows(manifest, "new.png,w0,a")
    assert "new.png" in sum(open_manifest(manifest).split.values(), [])
    grown = open_manifest(manifest, split_file=str(path))
    assert grown.split == other.split
    (manifest.parent / saved["test"][0]).unlink()
    with pytest.raises(DataError, match="120 images .* Received: 1 missing"):
        open_manifest(manifest, split_file=str(path))


def test_nothing_is_lost_without_a_word(manifest):
    whole = (manifest.parent / "straße 1" / "ö 0.png").read_bytes()
    (manifest.parent / "half.png").write_bytes(whole[:100])
    (manifest.parent / "empty.png").write_bytes(b"")
    own_images.add_rows(
        manifest,
        "half.png,w0,a",
        "empty.png,w0,a",
        "absent.png,w0,a",
        "straße 1/ö 1.png,w1,a",
        "./straße 1/ö 2.png,w3,a",
        ",w3,a",
    )
    Image.new("L", (16, 16)).save(manifest.parent / "alone.png")
    Image.new("L", (16, 16)).save(manifest.parent / "nobody.png")
    own_images.add_rows(manifest, "alone.png,w9,a", "nobody.png,,a")
    dataset = open_manifest(manifest)
    assert dataset.num_images("train") + dataset.num_images("test") == 120
    half, *others = [line.rsplit("/", 1)[1] for line in dataset.unusable]
    assert half.startswith("half.png: ")
    assert others == [
        "empty.png: no PNG, JPEG or TIFF",
        "absent.png: no such file",
    ]
    notes = "\n".join(dataset.notes)
    assert "1 rows that list an image again (first straße 1/ö 1.png)" in notes
    assert "1 rows that list an image again with other values" in notes
    assert "1 rows without a path" in notes
    assert "1 groups of one image (w9)" in notes
    assert "1 images without writer" in notes


def test_size_and_channels(manifest):
    assert open_manifest(manifest, image_size="20x40").image_shape == (20, 40, 1)
    dataset = open_manifest(manifest, image_size="9x12x3")
    images, _ = labelled(dataset, "test")
    assert images.shape == (24, 9, 12, 3)


def test_semicolons_byte_order_mark_and_parquet(manifest, tmp_path):
    text = manifest.read_text(encoding="utf-8")
    expected = open_manifest(manifest).split
    manifest.write_text(text.replace(",", ";"), encoding="utf-8-sig")
    assert open_manifest(manifest).split == expected
    pyarrow = pytest.importorskip("pyarrow", exc_type=ImportError)
    from pyarrow import parquet

    lines = [line.split(",") for line in text.splitlines()]
    columns = dict(zip(lines[0], zip(*lines[1:], strict=True), strict=True))
    parquet.write_table(pyarrow.table(columns), manifest.with_suffix(".parquet"))
    assert open_manifest(manifest.with_suffix(".parquet")).split == expected


def test_parquet_without_its_reader(manifest, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = manifest.with_suffix(".parquet")
    path.write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"needs pyarrow \(pip install"):
        open_manifest(path)


def test_folder_of_groups(tmp_path):
    for group in ("a b", "ü", "one"):
        (tmp_path / group / "deep").mkdir(parents=True)
        for number in range(1 if group == "one" else 20):
            path = tmp_path / group / "deep" / f"{number}.PNG"
            own_images.picture(0, 0, number).save(path)
    own_images.picture(0, 0, 0).save(tmp_path / "loose.png")
    dataset = pairs.open_dataset(folder=str(tmp_path))
    assert dataset.domains[0].shared_factors[0].values == ("a b", "ü")
    assert (dataset.num_images("train"), dataset.num_images("test")) == (32, 8)
    notes = "\n".join(dataset.notes)
    assert "1 images outside" in notes
    assert "1 groups of one image (one)" in notes


@pytest.fixture
def listed(manifest):
    lines = ["x,y,x_word,y_word,scene"]
    for number in range(0, 120, 2):
        names = [f"straße 1/ö {n}.png" for n in (number, number + 1)]
        words = ["abc"[n // 4 % 3] for n in (number, number + 1)]
        lines.append(",".join([*names, *words, f"s{number % 3}"]))
    path = manifest.parent / "pairs.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_listed_pairs_of_two_domains(listed):
    dataset = open_manifest(listed, share="scene", evaluate="word")
    assert [d.name for d in dataset.domains] == ["x", "y"]
    assert (dataset.num_images("train"), dataset.num_images("test")) == (48, 12)
    # x are images of the writers 0 and 2, y the next image, of 1 or 3.
    images, labels = labelled(dataset, "test", "y")
    gap = (images[:, 1:, 15, 0] == 0).argmax(1) - 1
    assert set(gap) == {1, 3}
    assert len(labels["scene"]) == 12
    for batch in dataset.pairs(8, 0, 0, 12).as_numpy_iterator():
        gaps = [(batch[d][:, 1:, 15, 0] == 0).argmax(1) - 1 for d in "xy"]
        assert (gaps[1] - gaps[0] == 1).all()


def test_listed_pairs_of_one_domain_and_a_broken_image(listed):
    (listed.parent / "straße 1" / "ö 7.png").write_bytes(b"")
    dataset = open_manifest(listed, share="scene", evaluate="", one_domain=True)
    assert [d.name for d in dataset.domains] == ["x"]
    assert dataset.num_images("train") + dataset.num_images("test") == 59
    assert "1 pairs with an image that cannot be read" in "\n".join(dataset.notes)
    images, _ = labelled(dataset, "train")
    assert len(images) == 2 * dataset.num_images("train")


def test_an_image_in_many_pairs_keeps_them_in_one_split(listed):
    with open(listed, "a", encoding="utf-8") as file:
        file.write("\nstraße 1/ö 0.png,straße 1/ö 3.png,a,a,s0")
    split = open_manifest(listed, share="scene", evaluate="word").split
    together = [f"straße 1/ö {n}.png" for n in range(4)]
    assert len({name in split["test"] for name in together}) == 1


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({}, UsageError, "either --manifest or --folder. Received: neither"),
        ({"manifest": "a", "folder": "b"}, UsageError, "Received: both"),
        ({"folder": "none"}, DataError, "--folder must be a folder"),
        ({"manifest": "none.csv"}, DataError, "--manifest must be a file"),
        ({"folder": ".", "share": "a"}, UsageError, "must go with --manifest"),
        ({"folder": "."}, DataError, "a subfolder of PNG, JPEG or TIFF images"),
    ],
)
def test_bad_sources(tmp_path, monkeypatch, options, error, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        pairs.open_dataset(**options)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"share": None}, "must go with --share FACTOR .* Received: no --share"),
        ({"share": "autor"}, "must have the column autor. Received: path, writer"),
        ({"evaluate": "wort"}, "must have the column wort"),
        ({"image_size": "64"}, "--image-size must be HEIGHTxWIDTH"),
        ({"image_size": "4x64"}, "sides of 9 pixels at least"),
        ({"test_fraction": 0.0}, "--test-fraction must be above 0"),
        ({"one_domain": True}, "without --one-domain. Received: --one-domain"),
    ],
)
def test_bad_options(manifest, options, message):
    with pytest.raises((UsageError, DataError), match=message):
        open_manifest(manifest, **options)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "must have rows"),
        (b"path,writer,word\n", "must have rows"),
        (b"path,writer,word\na,b\n", "Received: 2 in line 2"),
        (b"path,path,writer,word\na,b,c,d\n", "names of their own"),
        (b"path,writer,word\n\xff,b,c\n", "CSV file in UTF-8"),
        (b"path,writer,word\na.png,b,c\n", "must be readable images"),
    ],
)
def test_bad_manifests(manifest, content, message):
    manifest.write_bytes(content)
    with pytest.raises(DataError, match=message):
        open_manifest(manifest)


def test_groups_of_one_only(manifest):
    lines = manifest.read_text(encoding="utf-8").splitlines()[:4]
    manifest.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match="there must be two images of one writer"):
        open_manifest(manifest)


def test_large_first_image_asks_for_a_size(tmp_path):
    (tmp_path / "g").mkdir()
    Image.new("L", (600, 20)).save(tmp_path / "g" / "a.png")
    with pytest.raises(UsageError, match="--image-size must be given"):
        pairs.open_dataset(folder=str(tmp_path))


def test_options_of_another_pipeline():
    with pytest.raises(UsageError, match="must be of --data-dir, --sample, "):
        pipelines.open_dataset("colored-mnist", {"manifest": "a.csv"})
    with pytest.raises(UsageError, match="Received: --data-dir"):
        pipelines.open_dataset("pairs", {"data_dir": "a"})


def test_preview_shows_pairs(manifest, tmp_path):
    write_preview(tmp_path / "preview.png", open_manifest(manifest))
    with Image.open(tmp_path / "preview.png") as picture:
        assert picture.width > 128
        assert len(picture.getcolors(1 << 20)) > 20


def test_real_handwriting():
    beside = pathlib.Path(__file__).parents[3] / "shared" / "data"
    folder = pathlib.Path(os.environ.get("TFMI_TEST_DATA", beside)) / "dhsd"
    if not folder.is_dir():
        pytest.skip("the handwriting dataset is not here")
    dataset = open_manifest(folder / "words.csv")
    assert dataset.image_shape == (64, 256, 1)
    assert (dataset.num_images("train"), dataset.num_images("test")) == (4749, 1190)
    assert not dataset.unusable
    # Nearly every word is written once: there is nothing to score.
    assert [f.name for f in dataset.domains[0].factors] == ["writer"]
