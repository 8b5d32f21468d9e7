"""Unpacking .tgz archives that nobody vouches for."""

import pathlib
import shutil
import tarfile
import tempfile
import zlib

import tqdm

from tfmi.errors import DataError
from tfmi.files import make_folder

MAX_FILE_BYTES = 64 * 2**20
MAX_FILES = 1_000_000
MAX_BYTES = 16 * 2**30


def unpack(archive, target, suffixes, drop=()):
    """Unpack the plain files of an archive, all or none.

    Args:
        archive: path of a .tgz or .tar.gz file.
        target: folder, made; where it is there already nothing is done.
        suffixes: of the files to take, the others are passed over.
        drop: a first folder of this name is left away.

    Raises:
        DataError: for an archive that is broken, or has a link, a device or a
            path outside of the target; nothing of it is kept.
    """
    target = pathlib.Path(target)
    if target.is_dir():
        return
    make_folder(target.parent)
    aside = pathlib.Path(tempfile.mkdtemp(prefix=".tmp-", dir=target.parent))
    try:
        with tarfile.open(archive, "r:gz") as tar:
            bar = tqdm.tqdm(tar, f"unpacking {archive}", unit="file", leave=False)
            total = 0
            for number, member in enumerate(bar):
                total += member.size
                path = _safe_path(member, number, total, archive)
                if path.parts[:1] == (drop,):
                    path = path.relative_to(drop)
                if member.isfile() and path.suffix.lower() in suffixes:
                    make_folder((aside / path).parent)
                    with open(aside / path, "wb") as file:
                        shutil.copyfileobj(tar.extractfile(member), file)
        aside.rename(target)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"the archive must be readable and whole. Received: {archive} ({error})"
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _safe_path(member, number, total, archive):
    path = pathlib.PurePosixPath(member.name)
    outside = path.is_absolute() or ".." in path.parts or "\\" in member.name
    if outside or not (member.isfile() or member.isdir()):
        raise DataError(
            "an archive must hold plain files inside of its own folder. "
            f"Received: {member.name} in {archive}"
        )
    if member.size > MAX_FILE_BYTES or number >= MAX_FILES or total > MAX_BYTES:
        raise DataError(
            f"an archive must hold at most {MAX_FILES:,} files of {MAX_FILE_BYTES:,} "
            f"bytes, {MAX_BYTES:,} together. Received: {member.name} of "
            f"{member.size:,} bytes, {total:,} with those before, in {archive}"
        )
    return path
