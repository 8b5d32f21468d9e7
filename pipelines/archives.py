"""Unpacking .tgz archives that nobody vouches for."""

import gzip
import pathlib
import shutil
import tarfile

from tfmi import progress
from tfmi.errors import DataError
from tfmi.files import aside
from tfmi.files import foreign
from tfmi.files import largest_content
from tfmi.files import make_folder
from tfmi.files import open_plain

MAX_FILE_BYTES = 64 * 2**20
MAX_FILES = 1_000_000
MAX_BYTES = 16 * 2**30
# Of the name of a member, which a header of its own may hold.
MAX_HEADER_BYTES = 2**20
HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
# Two blocks of zeros end an archive.
END_BYTES = 2 * tarfile.BLOCKSIZE


def unpack(archive, target, suffixes, drop=()):
    """Unpack the plain files of an archive, all or none.

    The archive is read to the end of the gzip stream, whose checksum is compared,
    and must have the blocks that end a tar.

    Args:
        archive: path of a .tgz or .tar.gz file.
        target: folder, made; where it is there already nothing is done.
        suffixes: of the files to take, the others are passed over.
        drop: a first folder of this name is left away.

    Raises:
        DataError: for an archive that is broken, or has a link, a device or a
            path outside of the target; nothing of it is kept. Likewise where the
            folder cannot be written.
    """
    target = pathlib.Path(target)
    if target.is_dir():
        return
    make_folder(target.parent)
    rule = "the archive must be readable and whole, and its target be writable"
    with foreign(rule, archive):
        with aside(target.parent) as folder:
            whole = folder / target.name
            whole.mkdir()
            with open_plain(archive) as file, gzip.open(file) as content:
                _unpack(_Stream(content, archive), whole, suffixes, drop)
            whole.rename(target)


class _Stream:
    """What is read of the unpacked archive, bounded, and where its content ends.

    Args:
        content: file object of the unpacked bytes.
        archive: path of the file.

    Attributes:
        most: number of bytes that are read at most.
        position: number of bytes read.
        content_end: position behind the last byte that is not 0.
    """

    def __init__(self, content, archive):
        self.archive, self.position, self.content_end = archive, 0, 0
        self._content = content
        self.most = min(MAX_BYTES, largest_content(archive))

    def read(self, size):
        data = self._content.read(size)
        filled = data.rstrip(b"\0")
        if filled:
            self.content_end = self.position + len(filled)
        self.position += len(data)
        if self.position > self.most:
            raise self.too_much("more bytes")
        return data

    def too_much(self, received):
        """A DataError on what is beyond the bounds."""
        return DataError(
            f"an archive must hold at most {MAX_FILES:,} files of {MAX_FILE_BYTES:,} "
            f"bytes, {self.most:,} together, as it is of that size. "
            f"Received: {received} in {self.archive}"
        )


class _Member(tarfile.TarInfo):
    """A member whose name takes little memory, whatever its header announces."""

    @classmethod
    def frombuf(cls, buf, encoding, errors):
        member = super().frombuf(buf, encoding, errors)
        if member.type in HEADERS and member.size > MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a name of {member.size:,} bytes")
        return member


def _unpack(stream, folder, suffixes, drop):
    # Read once from start to end ("r|"), as a gzip stream cannot be gone back in.
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as tar:
        bar = progress.bar(
            tar, desc=f"unpacking {stream.archive}", unit="file", leave=False
        )
        for number, member in enumerate(bar):
            if member.size > MAX_FILE_BYTES or number >= MAX_FILES:
                raise stream.too_much(f"{member.name} of {member.size:,} bytes")
            path = _safe_path(member, stream.archive)
            if path.parts[:1] == (drop,):
                path = path.relative_to(drop)
            if member.isfile() and path.suffix.lower() in suffixes:
                make_folder((folder / path).parent)
                with open(folder / path, "wb") as file:
                    shutil.copyfileobj(tar.extractfile(member), file)
        end = tar.offset
    while stream.read(2**20):
        pass
    if stream.content_end > end or stream.position - end < END_BYTES:
        raise tarfile.ReadError("it does not end as an archive does")


def _safe_path(member, archive):
    path = pathlib.PurePosixPath(member.name)
    outside = path.is_absolute() or ".." in path.parts or "\\" in member.name
    if outside or not (member.isfile() or member.isdir()):
        raise DataError(
            "an archive must hold plain files inside of its own folder. "
            f"Received: {member.name} in {archive}"
        )
    return path
