"""Damaged and swelling archives: all of it, or nothing and one line."""

import gzip
import io
import tarfile

import pytest

from tfmi.errors import DataError
from tfmi.files import CONTENT_BYTES
from tfmi.pipelines import archives


def tar(members=20, pax=(), **options):
    """Bytes of a tar of members `words/<k>.png`."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", **options) as archive:
        for k in range(members):
            member = tarfile.TarInfo(f"words/{k}.png")
            member.size, member.pax_headers = 4000, dict(pax)
            archive.addfile(member, io.BytesIO(bytes([k + 1]) * 4000))
    return file.getvalue()


def unpack(tmp_path, content):
    (tmp_path / "a.tgz").write_bytes(content)
    archives.unpack(tmp_path / "a.tgz", tmp_path / "out", (".png",), drop="words")
    return sorted(path.name for path in (tmp_path / "out").rglob("*.png"))


def test_a_whole_archive(tmp_path):
    assert len(unpack(tmp_path, gzip.compress(tar()))) == 20
    assert (tmp_path / "out" / "3.png").read_bytes() == bytes([4]) * 4000


def changed(content, place, value=None):
    content = bytearray(content)
    content[place] = content[place] ^ 255 if value is None else value
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        changed(gzip.compress(tar()), -8),
        changed(gzip.compress(tar()), -1),
        gzip.compress(tar())[:-3],
        gzip.compress(tar()) + b"more",
        gzip.compress(tar(3)[: 3 * 4608]),
        gzip.compress(tar(3)[: 3 * 4608 + 512]),
        gzip.compress(changed(tar(), 5 * 4608 + 10)),
        gzip.compress(changed(tar(), 5 * 4608 + 150)),
        gzip.compress(tar() + b"more"),
        tar(),
        b"",
    ],
    ids="crc size cut more no-end half-end header sum after plain empty".split(),
)
def test_damaged_archives_leave_nothing(tmp_path, content):
    with pytest.raises(DataError, match="archive must be readable and whole.*a.tgz"):
        unpack(tmp_path, content)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tgz"]


def header(kind, size):
    member = tarfile.TarInfo("name")
    member.type, member.size = kind, size
    return member.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME]
)
def test_a_name_of_gigabytes_is_refused_before_it_is_read(tmp_path, kind, monkeypatch):
    read = []
    original = archives._Stream.read
    monkeypatch.setattr(
        archives._Stream, "read", lambda *a: read.append(a) or original(*a)
    )
    with pytest.raises(DataError, match="a name of 4,294,967,296 bytes"):
        unpack(tmp_path, gzip.compress(header(kind, 2**32) + bytes(2**20)))
    assert len(read) <= 2


def test_names_in_names_without_end(tmp_path):
    record = b"11 path=ab\n"
    block = header(tarfile.XHDTYPE, len(record)) + record.ljust(512, b"\0")
    with pytest.raises(DataError, match="readable and whole"):
        unpack(tmp_path, gzip.compress(block * 3000 + tar()))


def test_a_small_archive_that_swells(tmp_path):
    archive = gzip.compress(tar() + bytes(CONTENT_BYTES))
    assert len(archive) < 2**20
    with pytest.raises(DataError, match="268,435,456 together, as it is of that size"):
        unpack(tmp_path, archive)


def test_a_target_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "a.tgz").write_bytes(gzip.compress(tar()))
    with pytest.raises(DataError, match="must be a folder that can be written"):
        archives.unpack(tmp_path / "a.tgz", tmp_path / "file" / "out", (".png",))
