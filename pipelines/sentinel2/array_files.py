"""Arrays of .npy and .npz files, checked before anything is believed.

What an array's header says is compared with the bytes that there are before memory
is taken. No file may hold objects, as these would be code.
"""

import dataclasses
import math
import os
import pathlib
import struct
import zipfile
import zlib

import numpy as np

from tfmi.errors import first_line
from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.folders import require_regular

# Arrays of a file that have to be unpacked are held in memory.
PACKED_BYTES = 2**30
HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
CHUNK = 2**20


@dataclasses.dataclass(frozen=True)
class ArrayFile:
    """An array in a file, not read yet.

    Attributes:
        path: of the file.
        shape, dtype, order: of the array; the order is "C" or "F".
        start: its first byte in the file, `None` where it has to be unpacked.
        member: its name in a .npz file.
    """

    path: pathlib.Path
    shape: tuple[int, ...]
    dtype: np.dtype
    order: str
    start: int | None
    member: str | None = None

    @property
    def ndim(self):
        return len(self.shape)

    def open(self):
        """The array: mapped, or unpacked where it is packed."""
        if not math.prod(self.shape):
            return np.zeros(self.shape, self.dtype)
        if self.start is not None:
            return np.memmap(
                self.path, self.dtype, "r", self.start, self.shape, self.order
            )
        with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
            return np.lib.format.read_array(file, allow_pickle=False)


def find_arrays(path, verify=True):
    """`{name: ArrayFile}` of a .npz file, or of a .npy file, whose one is "pixels".

    Args:
        path: of the file.
        verify: whether checksums are computed, for which all of it is read.

    Raises:
        UnusableScene: where it is damaged: its header, or the checksum of a .npz
            file's array that is not packed (that of a packed one is checked when it
            is unpacked).
    """
    path = pathlib.Path(path)
    require_regular(path)
    with decodable():
        if path.suffix.lower() == ".npz":
            return _members(path, verify)
        with open(path, "rb") as file:
            return {"pixels": _array(path, file, os.path.getsize(path), 0)}


class decodable:
    """Turns whatever damaged arrays raise into `UnusableScene`."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        # numpy's and zipfile's are of many kinds, from SyntaxError to zlib.error.
        if isinstance(error, Exception) and not isinstance(error, UnusableScene):
            raise UnusableScene(f"it cannot be read ({first_line(error)})") from error


def _members(path, verify):
    with zipfile.ZipFile(path) as archive:
        infos = [i for i in archive.infolist() if i.filename.endswith(".npy")]
        packed = [i for i in infos if i.compress_type != zipfile.ZIP_STORED]
        total = sum(info.file_size for info in packed)
        if total > PACKED_BYTES:
            raise UnusableScene(
                f"a packed file must be of at most {PACKED_BYTES:,} bytes unpacked; "
                f"numpy.savez takes any. Received: {total:,}"
            )
        arrays = {}
        for info in infos:
            name = info.filename.removesuffix(".npy")
            if name in arrays:
                raise UnusableScene(f"it must hold {name} once. Received: twice")
            start = None if info in packed else _start(path, info)
            with archive.open(info) as file:
                arrays[name] = _array(path, file, info.file_size, start, info.filename)
            if verify and start is not None:
                _check_sum(path, info, start)
        return arrays


def _start(path, info):
    """Where a member's content begins in the archive."""
    with open(path, "rb") as file:
        # The member's own header: 30 bytes, of which the last 4 are two lengths.
        file.seek(info.header_offset + 26)
        return info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4)))


def _check_sum(path, info, start):
    left, checksum = info.file_size, 0
    with open(path, "rb") as file:
        file.seek(start)
        while left and (content := file.read(min(CHUNK, left))):
            checksum = zlib.crc32(content, checksum)
            left -= len(content)
    if left or checksum != info.CRC:
        raise UnusableScene(
            f"the checksum of {info.filename} must be that of its bytes"
        )


def _array(path, file, size, start, member=None):
    """The `ArrayFile` of an open file of `size` bytes, which begins at `start`."""
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise UnusableScene(f"arrays must be of format 1 or 2. Received: {version}")
    shape, by_columns, dtype = HEADERS[version](file)
    header = file.tell()
    if dtype.hasobject:
        raise UnusableScene("arrays must hold numbers or texts. Received: objects")
    if min(shape, default=0) < 0 or header + math.prod(shape) * dtype.itemsize > size:
        raise UnusableScene(
            f"an array must be as large as its file. Received: {shape} of {dtype} in "
            f"{size:,} bytes"
        )
    order = "F" if by_columns else "C"
    start = None if start is None else start + header
    return ArrayFile(path, tuple(shape), dtype, order, start, member)
