"""IAM (section 5.1): pairs of words that the same person wrote."""

import collections
import pathlib

import numpy as np
from tfmi.pipelines.archives import unpack
from tfmi.pipelines.groups import Images
from tfmi.pipelines.groups import grouped_pairs
from tfmi.pipelines.iam_files import read_forms
from tfmi.pipelines.iam_files import read_words
from tfmi.pipelines.rows import cache_folder
from tfmi.pipelines.rows import file_key
from tfmi.pipelines.rows import tfds_folder

from tfmi.errors import DataError
from tfmi.errors import UsageError

NEEDS = (
    "--data-dir DIR with words/ and ascii/ or their .tgz, the same in the manual "
    "folder of tensorflow-datasets, or a synthetic stand-in"
)

SHAPE = (64, 256, 1)
WRITERS = 50
IMAGES = 6711
FACTORS = "writer", "word"
# "~1.00%" of Table 4 is the chance among about a hundred words.
WORD_CLASSES = 100
ARCHIVES = {"words": (("words.tgz", "words.tar.gz"), (".png",))}
ARCHIVES["ascii"] = (("ascii.tgz", "ascii.tar.gz"), (".txt",))


def open_dataset(
    data_dir=None,
    writers=WRITERS,
    images=IMAGES,
    test_fraction=0.2,
    split_seed=0,
    split_file=None,
):
    """IAM words (registration needed), from the files that IAM gives out.

    Section 5.1 takes 6,711 images of the 50 writers with the most words and
    does not say which; these writers have several times as many. Here: words
    with a letter or a digit whose segmentation is "ok"; of each writer as
    nearly the same number as there is, drawn with a fixed seed.

    Args:
        data_dir: folder with `words/` and `ascii/`, or words.tgz and ascii.tgz;
            by default the dataset that tensorflow-datasets prepared, or prepares
            now, once, from such files in its manual folder (`iam_tfds`).
        writers: number of writers, those with the most words.
        images: number of images, 0 for all of these writers.
        test_fraction, split_seed, split_file: as of `pairs.open_dataset`.

    Raises:
        DataError: where there is no usable data.
        UsageError: where neither is there, or for numbers below 1.
    """
    if writers < 1 or images < 0:
        raise UsageError(
            "--writers must be >= 1 and --images >= 0. "
            f"Received: {writers} and {images}"
        )
    if data_dir is None:
        from tfmi.pipelines import iam_tfds

        where = "tensorflow-datasets"
        found, rows, synthetic = iam_tfds.open_prepared(writers, images)
    else:
        where = data_dir
        found, synthetic = subset(data_dir, writers, images)
        rows = found.decode(SHAPE, enlarge=False)
    title = "SYNTHETIC stand-in for IAM" if synthetic else "IAM words"
    shared, exclusive = FACTORS
    dataset = grouped_pairs(
        "iam",
        title,
        f"{title} in {where}",
        found,
        rows,
        SHAPE,
        [shared],
        [exclusive],
        at_most={"word": WORD_CLASSES},
        test_fraction=test_fraction,
        split_seed=split_seed,
        split_file=split_file,
    )
    dataset.enlarge = False
    return dataset


def subset(root, writers, images):
    """Section 5.1's images in a folder of IAM's files; see `open_dataset`.

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


def available():
    """One line on the data that can be had right now, or `None`: the files come
    by registration alone."""
    prepared = tfds_folder() / "iam"
    return f"tensorflow-datasets in {prepared}" if prepared.is_dir() else None


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


def has_files(root):
    """Whether there is any of the folders and archives that `subset` reads."""
    names = [n for name, (files, _) in ARCHIVES.items() for n in (name, *files)]
    return any((root / name).exists() for name in names)


def _with_writers(words, forms):
    known = [w for w in words if w.form in forms]
    if not known:
        raise DataError(
            "words.txt and forms.txt must be of the same forms. "
            f"Received: {len(words)} words, none of a form in forms.txt"
        )
    return [w._replace(writer=forms[w.form]) for w in known], len(words) - len(known)


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
