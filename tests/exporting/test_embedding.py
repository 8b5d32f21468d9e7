"""Vectors of image files, by each kind of export."""

import csv
import errno
import os

import numpy as np
import pytest
from click.testing import CliRunner
from fake_run import SHAPE
from PIL import Image

from tfmi.cli import cli
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.inference import embed
from tfmi.inference import vector_files
from tfmi.inference.encoders import Encoder
from tfmi.inference.encoders import open_encoder


@pytest.fixture
def folder(tmp_path, run):
    """Five images in a folder with a subfolder, spaces and umlauts."""
    folder = tmp_path / "my pictures"
    (folder / "größe").mkdir(parents=True)
    for index, image in enumerate(run.sample_images("x", 5)):
        place = folder / "größe" if index > 2 else folder
        Image.fromarray(image).save(place / f"{index}.png")
    return folder


def expected(run):
    images = run.sample_images("x", 5).astype("float32") / 127.5 - 1
    return {part: e(images)["vector"].numpy() for part, e in run.encoders.items()}


def mean_of(sizes=None):
    def represent(images):
        if sizes is not None:
            sizes.append(len(images))
        return {"shared": images.reshape(len(images), -1)[:, :2].astype("float32")}

    return Encoder("first two numbers", SHAPE, True, represent)


@pytest.mark.parametrize("name", ["", "combined.onnx", "combined/1"])
def test_each_kind_of_export_says_what_keras_says(run, exported, folder, name):
    output = folder.parent / "vectors.npz"
    paths = embed.find_images(folder)
    assert embed.embed(open_encoder(exported / name), paths, output) == (5, [])
    with np.load(output, allow_pickle=False) as arrays:
        assert list(arrays["path"]) == [str(path) for path in paths]
        for part, vectors in expected(run).items():
            np.testing.assert_allclose(arrays[part], vectors, atol=1e-5)


def test_parquet_holds_what_npz_holds(folder):
    parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    paths = embed.find_images(folder)
    for suffix in ("npz", "parquet"):
        embed.embed(mean_of(), paths, folder.parent / f"v.{suffix}", batch_size=2)
    table = parquet.read_table(folder.parent / "v.parquet").to_pydict()
    with np.load(folder.parent / "v.npz") as arrays:
        np.testing.assert_array_equal(table["shared"], arrays["shared"])
        assert table["path"] == list(arrays["path"])


def test_images_are_read_a_batch_at_a_time(folder):
    sizes, read = [], []
    embed.embed(
        mean_of(sizes),
        embed.find_images(folder),
        folder.parent / "v.npz",
        batch_size=2,
        progress=read.append,
    )
    assert sizes == read == [2, 2, 1]


def test_folder_pattern_csv_and_one_file(folder):
    with open(folder / "list.csv", "w", newline="") as file:
        csv.writer(file).writerows([["path", "word"], ["2.png", "a"], ["0.png", "b"]])
    names = {
        folder: ["0.png", "1.png", "2.png", "3.png", "4.png"],
        folder / "*.png": ["0.png", "1.png", "2.png"],
        folder / "list.csv": ["2.png", "0.png"],
        folder / "1.png": ["1.png"],
    }
    for images, wanted in names.items():
        assert [path.name for path in embed.find_images(images)] == wanted


def test_no_images_and_no_path_column(tmp_path):
    with pytest.raises(DataError, match="IMAGES must be a folder, a pattern or a CSV"):
        embed.find_images(tmp_path)
    (tmp_path / "list.csv").write_text("file\na.png\n")
    with pytest.raises(DataError, match="must have a column path. Received"):
        embed.find_images(tmp_path / "list.csv")


def test_unreadable_files_are_left_out_and_named(folder):
    (folder / "broken.png").write_bytes((folder / "0.png").read_bytes()[:60])
    (folder / "empty.png").write_bytes(b"")
    paths = embed.find_images(folder)
    written, unreadable = embed.embed(mean_of(), paths, folder.parent / "v.npz")
    assert written == 5
    assert ["broken.png" in unreadable[0], "empty.png" in unreadable[1]] == [True] * 2
    with np.load(folder.parent / "v.npz") as arrays:
        assert len(arrays["path"]) == len(arrays["shared"]) == 5


def test_nothing_readable_keeps_what_was_there(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "v.npz").write_text("old")
    with pytest.raises(DataError, match="there must be readable images"):
        embed.embed(mean_of(), [tmp_path / "a.png"], tmp_path / "v.npz")
    assert (tmp_path / "v.npz").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "v.npz"]


def test_an_output_of_no_known_kind(folder):
    with pytest.raises(UsageError, match="must end in .npz or .parquet"):
        embed.embed(mean_of(), [folder / "0.png"], folder / "v.csv")


def test_an_output_folder_that_is_not_there(folder):
    with pytest.raises(DataError, match="must be a folder that can be written"):
        embed.embed(mean_of(), [folder / "0.png"], folder / "none" / "v.npz")


def test_what_is_no_encoder(tmp_path, exported):
    with pytest.raises(DataError, match="the encoder must be a run folder"):
        open_encoder(tmp_path)
    with pytest.raises(DataError, match="--domain must be one of x"):
        open_encoder(exported, "y")


def test_command(exported, folder):
    output = str(folder.parent / "vectors.npz")
    (folder / "empty.png").write_bytes(b"")
    arguments = ["embed", str(exported), str(folder), "--output"]
    result = CliRunner().invoke(cli, [*arguments, output])
    assert result.exit_code == 0, result.output
    assert "left out 1 files in all" in result.output
    assert f"written {output}: 5 images" in result.output
    result = CliRunner().invoke(cli, [*arguments, "vectors.txt"])
    assert result.exit_code == 2
    assert "must end in .npz or .parquet" in result.output


@pytest.mark.parametrize(
    "name", ["scan [2].png", "what?.png", "a*b.PNG", "[x]/{y}.png", "**.png"]
)
def test_a_path_that_is_there_is_no_pattern(tmp_path, name):
    path = tmp_path / "set [1]" / name
    path.parent.mkdir(parents=True)
    Image.new("L", (9, 9)).save(path, "PNG")
    assert embed.find_images(path) == [path]
    assert embed.find_images(str(path)) == [path]
    assert embed.find_images(tmp_path / "set [1]") == [path]
    pattern = str(tmp_path / "set [1]" / "**" / "*.[pP]*")
    assert embed.find_images(pattern) == [path]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["list.csv", "list.txt", "LIST.CSV", "list"])
def test_every_table_that_training_reads(tmp_path, delimiter, name):
    rows = [["path", "ort"], ["a.png", "Köln"], ["NA", ""], ["b/c.png", "x,y"]]
    with open(tmp_path / name, "w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    content = embed.look_up(tmp_path / name)
    assert content.images == [tmp_path / "a.png", tmp_path / "b" / "c.png"]
    assert "left out: 1 rows without a path" in content.notes


def test_tables_of_pairs_and_parquet(tmp_path):
    (tmp_path / "pairs.csv").write_text("x,y\na.png,b.png\na.png,c.png\n")
    for domain, names in (("x", ["a.png"]), ("y", ["b.png", "c.png"])):
        content = embed.look_up(tmp_path / "pairs.csv", domain)
        assert [path.name for path in content.images] == names
        assert f"the column {domain} of a table of pairs" in content.notes[0]
    parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    import pyarrow

    table = pyarrow.table({"path": ["a.png", None, "b.png"]})
    parquet.write_table(table, tmp_path / "list.pq")
    assert [p.name for p in embed.find_images(tmp_path / "list.pq")] == [
        "a.png",
        "b.png",
    ]


def test_a_table_in_another_encoding(tmp_path):
    (tmp_path / "list.csv").write_text("path,ort\na.png,München\n", encoding="cp1252")
    with pytest.raises(DataError, match="must be a CSV file in UTF-8"):
        embed.find_images(tmp_path / "list.csv")


def test_what_is_passed_over_in_a_folder_is_said(folder):
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "0.png").write_bytes(b"")
    for name in ("a.webp", "a.txt"):
        (folder / name).write_bytes(b"")
    content = embed.look_up(folder)
    assert len(content.images) == 5
    assert "1 hidden names (first .ipynb_checkpoints)" in content.notes[0]
    assert "1 .txt (first a.txt)" in content.notes[1]
    assert content.unusable[0].endswith("a.webp: no PNG, JPEG or TIFF")


def test_names_that_are_no_utf8(folder):
    os.rename(folder / "0.png", os.fsencode(folder) + b"/0\xfc.png")
    paths = embed.find_images(folder)
    assert embed.embed(mean_of(), paths, folder.parent / "v.npz")[0] == 5
    with np.load(folder.parent / "v.npz", allow_pickle=False) as arrays:
        assert str(arrays["path"][0]).endswith(r"0\udcfc.png")
    pytest.importorskip("pyarrow", exc_type=ImportError)
    assert embed.embed(mean_of(), paths, folder.parent / "v.parquet")[0] == 5


@pytest.mark.parametrize("channels", [2, 4, 13])
def test_an_encoder_of_satellite_bands_takes_no_pictures(folder, channels):
    encoder = Encoder("bands", (9, 9, channels), True, None)
    with pytest.raises(DataError, match=f"Received: .* {channels} channels"):
        embed.embed(encoder, embed.find_images(folder), folder.parent / "v.npz")


class Unclosable:
    """A file whose last bytes the disk does not take, as where it is full."""

    def __init__(self, file):
        self._file = file

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_stays_where_closing_a_file_fails(folder, monkeypatch, fails):
    def broken(path, mode="r"):
        return Unclosable(open(path, mode)) if "vectors" in path.name else None

    def represent(images):
        if fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        numbers = images.reshape(len(images), -1).astype("float32")
        return {"a": numbers[:, :2], "b": numbers[:, :3]}

    monkeypatch.setattr(vector_files, "open", broken, raising=False)
    encoder = Encoder("numbers", SHAPE, True, represent)
    output = folder.parent / "v" / "v.npz"
    output.parent.mkdir()
    with pytest.raises(DataError, match="must be a folder that can be written"):
        embed.embed(encoder, embed.find_images(folder), output, batch_size=2)
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["../up", "a/b", "/tmp/x", "con", "é" * 200])
def test_outputs_of_any_name(tmp_path, name):
    with vector_files.NpzWriter(tmp_path / "v.npz") as writer:
        writer.add(["a.png"], {name: np.ones((1, 2))})
    assert [path.name for path in tmp_path.iterdir()] == ["v.npz"]
    with np.load(tmp_path / "v.npz") as arrays:
        assert arrays[name].tolist() == [[1.0, 1.0]]
