"""IAM's tables as people may have them."""

import os

import pytest

from tfmi.errors import DataError
from tfmi.pipelines import iam_files

LINE = "{} ok 154 1 2 3 4 NN {}"


def words(tmp_path, *lines):
    path = tmp_path / "words.txt"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    return iam_files.read_words(path)


def test_a_word_that_comes_again_is_noted(tmp_path):
    lines = [LINE.format("a01-000u-00-00", text) for text in ("A", "A", "B")]
    found, notes, _ = words(tmp_path, *lines)
    assert [word.text for word in found] == ["A"]
    assert notes == [
        "left out: 2 lines that list a word again (first a01-000u-00-00); its first "
        "line counts"
    ]


@pytest.mark.parametrize(
    "name", ["../../etc-a-b-c", "a01-000u-00-/etc/x", "a-b-c-\0", "a-b-c-d\\e"]
)
def test_a_name_leads_to_no_other_folder(tmp_path, name):
    lines = [LINE.format(name, "A"), LINE.format("a01-000u-00-00", "B")]
    found, notes, _ = words(tmp_path, *lines)
    assert [word.text for word in found] == ["B"]
    assert "1 lines of words.txt that are none" in notes[0]


def test_texts_that_are_no_utf8(tmp_path):
    found, _, _ = words(tmp_path, LINE.format("a01-000u-00-00", os.fsdecode(b"M\xfc")))
    found[0].text.encode("utf-8")


def test_a_form_of_two_writers(tmp_path):
    path = tmp_path / "forms.txt"
    path.write_text("a01-000u 000 2\na01-000u 000 2\n")
    assert iam_files.read_forms(path) == {"a01-000u": "000"}
    path.write_text("a01-000u 000 2\na01-000u 001 2\n")
    with pytest.raises(
        DataError, match="one writer in forms.txt. Received: 000 and 001"
    ):
        iam_files.read_forms(path)


def test_a_pipe_and_a_table_without_end(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "forms.txt")
    with pytest.raises(DataError, match="ascii must hold forms.txt.*plain file"):
        iam_files.read_forms(tmp_path / "forms.txt")
    monkeypatch.setattr(iam_files, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="more than 10 bytes"):
        words(tmp_path, LINE.format("a01-000u-00-00", "A"))
