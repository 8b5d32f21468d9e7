"""IAM's tables: ascii/words.txt and ascii/forms.txt."""

import re
import typing

from tfmi.errors import DataError
from tfmi.files import foreign
from tfmi.files import open_plain

# A comment of words.txt that holds it marks a stand-in (`synthetic_iam`).
SYNTHETIC = "SYNTHETIC"
# Names of words are those of files: none leads elsewhere.
PLAIN = re.compile(r"[\w.-]+")
MAX_BYTES = 256 * 2**20


class Word(typing.NamedTuple):
    """A line of words.txt: name `a01-000u-00-00`, form `a01-000u`."""

    name: str
    form: str
    text: str
    writer: str = ""


def read_words(path):
    """The words whose segmentation is "ok" and that hold a letter or a digit.

    A line is: name, ok or err, grey level, x, y, width, height, tag, and the
    transcription, which may hold spaces.

    Returns:
        `(words, notes, synthetic)`: a list of `Word`, lines on what was left
        out, and whether it is the stand-in.

    Raises:
        DataError: where there is no such file, or no word in it.
    """
    words, failed, marks, broken, again, seen = [], 0, 0, [], [], set()
    lines, comments = _lines(path)
    for line in lines:
        fields = line.split(" ", 8)
        parts = fields[0].split("-")
        if len(fields) < 9 or len(parts) < 4 or fields[1] not in ("ok", "err"):
            broken.append(line)
        elif not PLAIN.fullmatch(fields[0]):
            broken.append(line)
        elif fields[1] == "err":
            failed += 1
        elif not any(character.isalnum() for character in fields[8]):
            marks += 1
        elif fields[0] in seen:
            again.append(fields[0])
        else:
            seen.add(fields[0])
            words.append(Word(fields[0], "-".join(parts[:2]), fields[8].strip()))
    if not words:
        raise DataError(f"words.txt must hold words. Received: none in {path}")
    notes = []
    if failed:
        notes.append(f"left out: {failed:,} words of a failed segmentation (err)")
    if marks:
        notes.append(f"left out: {marks:,} words without a letter or a digit")
    if again:
        notes.append(
            f"left out: {len(again)} lines that list a word again (first {again[0]}); "
            "its first line counts"
        )
    if broken:
        notes.append(
            f"left out: {len(broken)} lines of words.txt that are none (first: "
            f"{broken[0][:60]})"
        )
    return words, notes, any(SYNTHETIC in comment for comment in comments)


def read_forms(path):
    """`{form: writer}` of forms.txt.

    Raises:
        DataError: where there is no such file, a line without a writer, or a form
            of two writers.
    """
    forms = {}
    for line in _lines(path)[0]:
        fields = line.split()
        if len(fields) < 2:
            raise DataError(
                "a line of forms.txt must begin with a form and its writer. "
                f"Received: {line}"
            )
        if forms.setdefault(fields[0], fields[1]) != fields[1]:
            raise DataError(
                "a form must have one writer in forms.txt. "
                f"Received: {forms[fields[0]]} and {fields[1]} of {fields[0]} in {path}"
            )
    return forms


def _lines(path):
    """The lines and the comments of a table."""
    with foreign(f"ascii must hold {path.name}", path), open_plain(path) as file:
        content = file.read(MAX_BYTES + 1).decode("utf-8", "replace")
        if len(content) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES:,} bytes")
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    return (
        [line for line in lines if not line.startswith("#")],
        [line for line in lines if line.startswith("#")],
    )
