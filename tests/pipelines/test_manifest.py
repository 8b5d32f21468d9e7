"""Tables of images: words for a missing value, bounds, and what is no table."""

import csv
import math
import os

import numpy as np
import own_images
import pytest

from tfmi.errors import DataError
from tfmi.pipelines import manifest
from tfmi.pipelines import pairs

WORDS = ["", " ", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "<NA>", "#N/A"]


def write(path, header, rows, delimiter=","):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([header, *rows])
    return path


@pytest.fixture
def images(tmp_path):
    """40 images of each of three people, and the rows `(path, person)`."""
    rows = []
    for number in range(120):
        name = f"{number}.png"
        own_images.picture(number % 3, 0, number).save(tmp_path / name)
        rows.append((name, f"p{number % 3}"))
    return rows


@pytest.mark.parametrize("word", WORDS)
def test_words_for_a_missing_value_are_no_group_and_no_label(tmp_path, images, word):
    rows = [(p, word if who == "p2" else who, who) for p, who in images]
    rows += [(word, "p0", "p0")] * 2
    path = write(tmp_path / "m.csv", ["path", "person", "seen"], rows)
    dataset = pairs.open_dataset(str(path), share="person", evaluate="person,seen")
    assert dataset.num_images("train") + dataset.num_images("test") == 80
    assert dataset.domains[0].factors[0].values == ("p0", "p1")
    notes = "\n".join(dataset.notes)
    assert "left out: 40 images without person" in notes
    assert "left out: 2 rows without a path" in notes
    assert (f"no value: 40 in the column person ({word})" in notes) == bool(
        word.strip()
    )


@pytest.mark.parametrize("kind", ["float NaN", "null", "pandas NA", "text NaN"])
def test_missing_values_of_parquet(tmp_path, images, kind):
    pyarrow = pytest.importorskip("pyarrow", exc_type=ImportError)
    from pyarrow import parquet

    people = [int(who[1]) for _, who in images]
    missing = {"float NaN": math.nan, "text NaN": "NaN"}.get(kind)
    if kind == "pandas NA":
        pandas = pytest.importorskip("pandas")
        column = pandas.array([None if p == 2 else p for p in people], dtype="Int64")
    else:
        number = str if kind == "text NaN" else float
        values = [missing if p == 2 else number(p) for p in people]
        column = pyarrow.array(values, from_pandas=False)
    table = pyarrow.table({"path": [path for path, _ in images], "person": column})
    parquet.write_table(table, tmp_path / "m.parquet")
    dataset = pairs.open_dataset(str(tmp_path / "m.parquet"), share="person")
    assert dataset.num_images("train") + dataset.num_images("test") == 80
    assert "left out: 40 images without person" in "\n".join(dataset.notes)


def test_only_the_columns_that_are_asked_for_are_read(tmp_path):
    read = []
    table = manifest.Table(["a", "b"], lambda name: read.append(name) or ["x", "NA"])
    assert "b" in table and "c" not in table and list(table) == ["a", "b"]
    assert table["b"] == ["x", ""] and read == ["b"]
    assert table.notes() == ["no value: 1 in the column b (NA)"]


def test_small_parquet_files_that_announce_much_are_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", exc_type=ImportError)
    from pyarrow import parquet

    constant = pyarrow.nulls(manifest.MAX_ROWS + 1, pyarrow.int8())
    path = tmp_path / "rows.parquet"
    parquet.write_table(pyarrow.table({"path": constant}), path)
    assert path.stat().st_size < 10_000_000
    with pytest.raises(DataError, match="10,000,001 rows"):
        manifest.read_table(path)
    text = pyarrow.array(["0" * 2**20] * 300)
    path = tmp_path / "texts.parquet"
    parquet.write_table(
        pyarrow.table({"path": text}), path, use_dictionary=False, compression="zstd"
    )
    assert path.stat().st_size < 1_000_000
    with pytest.raises(DataError, match="300 rows of 31"):
        manifest.read_table(path)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "latin-1"])
def test_another_encoding_is_named_in_a_line(tmp_path, encoding):
    path = tmp_path / "m.csv"
    path.write_text("path,ort\na.png,München\n", encoding=encoding)
    with pytest.raises(DataError, match="must be a CSV file in UTF-8. .*can't decode"):
        manifest.read_table(path)


def test_what_is_no_table_of_lines(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes(b"\0" * (manifest.MAX_LINE + 1))
    with pytest.raises(DataError, match="a line of more than"):
        manifest.read_table(path)
    with open(path, "wb") as file:
        file.truncate(manifest.MAX_BYTES + 1)
    with pytest.raises(DataError, match="more than 536,870,912 bytes"):
        manifest.read_table(path)
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="--manifest must be a file"):
        manifest.read_table(tmp_path / "pipe.csv")


def test_paths_that_no_file_can_have(tmp_path, images):
    rows = [*images, ("a\0b.png", "p0"), ("x" * 5000 + ".png", "p0")]
    path = write(tmp_path / "m.csv", ["path", "person"], rows)
    dataset = pairs.open_dataset(str(path), share="person")
    assert len(dataset.unusable) == 2
    assert dataset.num_images("train") == 96
    assert np.all([name.endswith(".png") for name in dataset.split["train"]])
