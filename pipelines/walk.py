"""The picture files of a folder and of those below it, and what else lies there."""

import collections
import dataclasses
import os
import pathlib

from tfmi.pipelines.images import FORMAT_NAMES
from tfmi.pipelines.images import SUFFIXES

# Pictures of other formats are named one by one, other files are counted.
OTHER_PICTURES = frozenset(
    """.webp .gif .bmp .dib .heic .heif .hif .avif .jp2 .j2k .jpx .jxl .svg .psd .ico
    .ppm .pgm .pbm .pnm .tga .pcx .dng .cr2 .cr3 .nef .arw .orf .rw2 .raf .exr .hdr
    .dcm .apng .eps .xcf""".split()
)
# What systems put beside files; like names with a leading dot, not the user's.
SYSTEM_FOLDERS = ("__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information")
NAMED = 8


@dataclasses.dataclass
class Found:
    """What is in a folder.

    Attributes:
        images: paths of the files whose names end as a picture's that is read.
        unusable: a line for each picture in another format and each folder that
            cannot be opened.
        notes: lines on what was passed over.
    """

    images: list
    unusable: list
    notes: list


def find_images(root):
    """Look through a folder and all below it, in the order of the names.

    Names that begin with a dot, and what systems put beside files, are passed
    over; a folder that is reached twice, by a link, is read once.
    """
    root = pathlib.Path(root)
    images, unusable, notes = [], [], []
    others, hidden, again, seen = collections.defaultdict(list), [], [], set()

    def cannot_open(error):
        unusable.append(f"{error.filename}: {error.strerror}")

    def is_new(folder):
        key = identity(folder)
        if key in seen:
            again.append(folder)
            return False
        seen.add(key)
        return True

    is_new(root)
    for parent, folders, names in os.walk(root, True, cannot_open, followlinks=True):
        parent = pathlib.Path(parent)
        hidden += [parent / name for name in folders if _is_hidden(name)]
        visible = sorted(name for name in folders if not _is_hidden(name))
        folders[:] = [name for name in visible if is_new(parent / name)]
        for name in sorted(names):
            path, suffix = parent / name, os.path.splitext(name)[1].lower()
            if _is_hidden(name):
                hidden += [path] if suffix in SUFFIXES else []
            elif suffix in SUFFIXES:
                images.append(path)
            else:
                others[suffix].append(path)
                if suffix in OTHER_PICTURES:
                    unusable.append(f"{path}: no {FORMAT_NAMES}")
    for paths, what in ((hidden, "hidden names"), (again, "folders reached again")):
        if paths:
            first = paths[0].relative_to(root)
            notes.append(f"left out: {len(paths)} {what} (first {first})")
    if others:
        notes.append(_counted(others, root))
    return Found(sorted(images, key=lambda path: path.parts), unusable, notes)


def identity(path):
    """What tells one file or folder from another, whatever it is called."""
    try:
        stat = os.stat(path)
    except (OSError, ValueError):
        return os.path.abspath(path)
    return stat.st_dev, stat.st_ino


def _is_hidden(name):
    return name.startswith(".") or name in SYSTEM_FOLDERS


def _counted(others, root):
    total = sum(map(len, others.values()))
    often = sorted(others.items(), key=lambda item: (-len(item[1]), item[0]))
    kinds = [
        f"{len(paths)} {suffix or 'without a suffix'} "
        f"(first {paths[0].relative_to(root)})"
        for suffix, paths in often[:NAMED]
    ]
    more = ", ..." if len(often) > NAMED else ""
    return (
        f"left out: {total} files that are no {FORMAT_NAMES}: {', '.join(kinds)}{more}"
    )
