"""Files damaged in any way by Hypothesis, and what a reader may do with them."""

import dataclasses
import pathlib
import struct
from collections.abc import Callable

import hypothesis
from hypothesis import strategies as st

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import images
from tfmi.pipelines.sentinel2.bands import UnusableScene

# How a file may be refused; all else is a fault.
REFUSALS = (DataError, UsageError, images.UnreadableImage, UnusableScene)
# Numbers with which sizes and counts overflow.
LARGE = [0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1]


@dataclasses.dataclass(frozen=True)
class Reader:
    """A reader and a whole file of its format.

    Attributes:
        file: name of the file.
        make: function to the file's content.
        read: function from its path to what it holds, to be compared by `==`.
        checked: whether the format has a checksum, so that nothing else may come
            of a damaged file than of the whole one.
    """

    file: str
    make: Callable
    read: Callable
    checked: bool = False


def check(reader, folder, examples, before=lambda: None):
    """Read damaged files: each is refused in a line, or gives a value.

    Args:
        reader: a `Reader`.
        folder: an empty folder.
        examples: number of files.
        before: called before each is read.
    """
    path, content = pathlib.Path(folder) / reader.file, reader.make()
    path.write_bytes(content)
    whole = reader.read(path)

    @hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(damaged(content))
    def read(damaged_content):
        path.write_bytes(damaged_content)
        before()
        try:
            value = reader.read(path)
        except REFUSALS as error:
            assert "\n" not in str(error)
        else:
            assert not reader.checked or value == whole

    read()


@st.composite
def damaged(draw, content):
    """The content after one to four changes, or, rarely, any bytes."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.binary(max_size=300))
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        _change(draw, data)
    return bytes(data)


def _change(draw, data):
    place = draw(st.integers(0, max(len(data) - 1, 0)))
    kind = draw(st.sampled_from("flip number cut drop insert repeat".split()))
    if kind == "flip" and data:
        data[place] ^= 1 << draw(st.integers(0, 7))
    elif kind == "number":
        order = draw(st.sampled_from("<>"))
        number = struct.pack(f"{order}I", draw(st.sampled_from(LARGE)))
        data[place : place + 4] = number
    elif kind == "cut":
        del data[place:]
    elif kind == "drop":
        del data[place : place + draw(st.integers(1, 64))]
    elif kind == "insert":
        data[place:place] = draw(st.binary(min_size=1, max_size=16))
    elif kind == "repeat":
        data[place:place] = data[place : place + 64] * draw(st.integers(1, 4))
