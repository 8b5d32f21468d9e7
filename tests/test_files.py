"""Files of others: only plain ones are opened; texts of any names are written."""

import json
import os
import socket

import pytest

from tfmi import files
from tfmi.errors import DataError
from tfmi.errors import UsageError


def test_only_plain_files_are_opened(tmp_path):
    (tmp_path / "plain").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("plain")
    for name in ("plain", "link"):
        with files.open_plain(tmp_path / name) as file:
            assert file.read() == b"abc"
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for name in ("pipe", "socket", "/dev/zero", "/dev/tty", tmp_path):
            with pytest.raises(OSError, match="a plain file, not a"):
                files.open_plain(tmp_path / name)
    for name in ("none", "a\0b", "x" * 5000):
        with pytest.raises(OSError):
            files.open_plain(tmp_path / name)


@pytest.mark.parametrize(
    "content",
    [b"{", b"[" * 100_000, b"1" * 5000, b"\xff\xfe\0", b'{"a":' * 50_000, b"nul", b""],
)
def test_json_of_any_content_is_read_or_none(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    assert files.read_json(tmp_path / "a.json") is None
    with pytest.raises(ValueError):
        files.parse_json(tmp_path / "a.json")


def test_a_json_file_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "JSON_BYTES", 100)
    (tmp_path / "a.json").write_text(json.dumps("x" * 200))
    with pytest.raises(ValueError, match="more than 100 bytes"):
        files.parse_json(tmp_path / "a.json")
    assert files.read_json(tmp_path / "pipe") is None


def test_names_that_are_no_utf8_are_written_with_escapes(tmp_path):
    name = os.fsdecode(b"M\xfcller.png")
    files.write_text(tmp_path / "a.txt", name)
    assert (tmp_path / "a.txt").read_text() == r"M\udcfcller.png"
    files.write_json(tmp_path / "a.json", {"name": name})
    assert files.read_json(tmp_path / "a.json") == {"name": name}
    assert files.printable(name) == r"M\udcfcller.png"
    assert files.printable("Müller") == "Müller"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("two\nlines"),
        RecursionError(),
        MemoryError(),
        OSError(5, "no"),
        KeyError(1),
    ],
)
def test_what_a_decoder_raises_is_one_line(error):
    with pytest.raises(
        DataError, match="^it must be whole. Received: a file"
    ) as caught:
        with files.foreign("it must be whole", "a file"):
            raise error
    assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="mine"):
        with files.foreign("it must be whole", "a file"):
            raise UsageError("mine")
