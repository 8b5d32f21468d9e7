"""The images of section 5.1 among IAM's files."""

import collections
import pathlib

import numpy as np

from tfmi.errors import DataError
from tfmi.pipelines.archives import unpack
from tfmi.pipelines.groups import Images
from tfmi.pipelines.iam_files import read_forms
from tfmi.pipelines.iam_files import read_words
from tfmi.pipelines.rows import cache_folder
from tfmi.pipelines.rows import file_key

SHAPE = (64, 256, 1)
WRITERS = 50
IMAGES = 6711
FACTORS = "writer", "word"
# "~1.00%" of Table 4 is the chance among about a hundred words.
WORD_CLASSES = 100
ARCHIVES = {"words": (("words.tgz", "words.tar.gz"), (".png",))}
ARCHIVES["ascii"] = (("ascii.tgz", "ascii.tar.gz"), (".txt",))


def choose_images(root, writers, images):
    """Section 5.1's images in a folder of IAM's files; see `iam.open_dataset`.

    Returns:
        `Images`, not decoded yet, and whether they are the stand-in's.
    """
    root = pathlib.Path(root)
    folders = {name: _folder(root, name) for name in ARCHIVES}
    words, notes, synthetic = read_words(folders["ascii"] / "words.txt")
    forms = read_forms(folders["ascii"] / "forms.txt")
    words, unknown = _with_writers(words, forms)
    if unknown:
        notes.append(f"left out: {unknown} words of forms that forms.txt lacks")
    words = choose(words, writers, images)
    number = len({word.writer for word in words})
    notes.append(f"{len(words):,} words of the {number} writers with the most words")
    return _images(words, folders["words"], notes), synthetic


def choose(words, writers, images):
    """The subset of section 5.1.

    Args:
        words: list of `Word` with their writers.
        writers: number of writers to take.
        images: number of words to take, 0 for all.

    Returns:
        A list of `Word`, in the order given.
    """
    count = collections.Counter(word.writer for word in words)
    # By number of words, then by name, so that ties are always cut alike.
    top = sorted(count, key=lambda writer: (-count[writer], writer))[:writers]
    limit = _fair_shares([count[writer] for writer in top], images)
    by_writer = {writer: [] for writer in top}
    for position, word in enumerate(words):
        if word.writer in by_writer:
            by_writer[word.writer].append(position)
    chosen = []
    for writer, share in zip(top, limit, strict=True):
        generator = np.random.default_rng([0, *writer.encode()])
        chosen.extend(generator.permutation(by_writer[writer])[:share])
    return [words[position] for position in sorted(chosen)]


def _fair_shares(counts, total):
    """As equal numbers as there can be, `total` together; `counts` descend."""
    if not total:
        return counts
    shares, left = [0] * len(counts), total
    # From the smallest: what it cannot give, the others do.
    for remaining, position in enumerate(reversed(range(len(counts)))):
        share = left // (len(counts) - remaining)
        shares[position] = min(counts[position], share)
        left -= shares[position]
    return shares


def forms(names):
    """The form that each word is of, by its name: `a01-000u` of `a01-000u-00-00`."""
    return ["-".join(name.split("-")[:2]) for name in names]


def has_files(root):
    """Whether there is any of the folders and archives that `choose_images` reads."""
    names = [n for name, (files, _) in ARCHIVES.items() for n in (name, *files)]
    return any((root / name).exists() for name in names)


def _with_writers(words, forms):
    attributed = [w for w in words if w.form in forms]
    if not attributed:
        raise DataError(
            "words.txt and forms.txt must be of the same forms. "
            f"Received: {len(words)} words, none of a form in forms.txt"
        )
    return [w._replace(writer=forms[w.form]) for w in attributed], len(words) - len(
        attributed
    )


def _images(words, folder, notes):
    names = [word.name for word in words]
    paths = [
        str(folder / name.split("-")[0] / word.form / f"{name}.png")
        for name, word in zip(names, words, strict=True)
    ]
    values = {
        "writer": [word.writer for word in words],
        "word": [word.text for word in words],
    }
    return Images(names, paths, values, notes)


def _folder(root, name):
    """The folder `name`, unpacked into the cache where it is an archive."""
    if (root / name).is_dir():
        return root / name
    files, suffixes = ARCHIVES[name]
    for archive in (root / file for file in files):
        if archive.is_file():
            target = cache_folder() / f"iam-{name}-{file_key(archive)}"
            unpack(archive, target, suffixes, drop=name)
            return target
    raise DataError(
        f"--data-dir must hold the folder {name} or {files[0]}. Received: {root}"
    )
