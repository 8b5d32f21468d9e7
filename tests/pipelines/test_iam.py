"""The reader of IAM's layout on a synthetic stand-in and on damaged files."""

import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from tfmi import pipelines
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import archives as archives_module
from tfmi.pipelines import iam
from tfmi.pipelines import iam_files
from tfmi.pipelines import iam_subset
from tfmi.pipelines import synthetic_iam

WRITERS, WORDS = 4, 60


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stand in") / "iam"
    synthetic_iam.synthesize(folder, WRITERS, WORDS)
    return folder


@pytest.fixture
def copy(stand_in, tmp_path):
    """The stand-in with tables of its own; the images are linked."""
    (tmp_path / "ascii").mkdir()
    (tmp_path / "words").symlink_to(stand_in / "words")
    for name in ("words.txt", "forms.txt"):
        (tmp_path / "ascii" / name).write_text((stand_in / "ascii" / name).read_text())
    return tmp_path


def change(path, function):
    path.write_text(function(path.read_text()))


def test_forms_are_not_torn(tmp_path, monkeypatch):
    """Of 20 words a writer in 5 forms, 4 are for testing: a form."""
    monkeypatch.setattr(synthetic_iam, "WORDS_A_FORM", 4)
    synthetic_iam.synthesize(tmp_path, WRITERS, 20)
    dataset = iam.open_dataset(str(tmp_path), split_by="form")
    forms = {name: set(iam_subset.forms(m)) for name, m in dataset.split.items()}
    assert not forms["train"] & forms["test"]
    assert len(forms["test"]) == WRITERS
    assert dataset.num_images("test") == WRITERS * 4
    labels = next(iter(dataset.labelled("x", "test", 1000)))[1]
    assert set(labels["writer"].numpy()) == set(range(WRITERS))
    torn = iam.open_dataset(str(tmp_path)).split
    assert set(iam_subset.forms(torn["train"])) & set(iam_subset.forms(torn["test"]))
    held = iam.open_dataset(str(tmp_path), split_by="form", validation_fraction=0.25)
    assert held.split == dataset.split
    assert held.num_images("validation") == WRITERS * 4


def test_a_split_is_by_image_or_form(copy):
    with pytest.raises(UsageError, match="--split-by must be one of image, form"):
        pipelines.open_dataset("iam", {"data_dir": str(copy), "split_by": "page"})


def test_the_reader_reads_the_stand_in(stand_in):
    dataset = iam.open_dataset(str(stand_in))
    assert dataset.image_shape == (64, 256, 1)
    assert dataset.num_images("train") == WRITERS * (WORDS - WORDS // 5)
    assert dataset.num_images("test") == WRITERS * WORDS // 5
    assert dataset.source.startswith("SYNTHETIC stand-in")
    (domain,) = dataset.domains
    assert domain.title.startswith("SYNTHETIC stand-in")
    assert [f.name for f in domain.factors] == ["writer", "word"]
    assert domain.shared_factors[0].values == ("000", "001", "002", "003")
    assert "the" in domain.exclusive_factors[0].values
    images, labels = next(iter(dataset.labelled("x", "test", 48)))
    assert set(labels["writer"].numpy()) == set(range(WRITERS))
    assert labels["word"].numpy().min() == -1
    paper = images.numpy()[:, :4, :4].mean()
    assert 215 < paper < 255
    assert images.numpy().min() < 128


def test_the_stand_in_is_a_function_of_its_seed(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        synthetic_iam.synthesize(tmp_path / name, 2, 3, seed=seed)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    assert len(files) == 2 * 3 + 3
    same, other = (
        [
            (tmp_path / n / f).read_bytes() == (tmp_path / "a" / f).read_bytes()
            for f in files
            if f.suffix == ".png"
        ]
        for n in "bc"
    )
    assert all(same)
    assert not any(other)


def test_writers_differ_more_than_words_of_one(stand_in):
    ink = {}
    for form in sorted((stand_in / "words").glob("*/*")):
        pixels = [np.asarray(Image.open(p)).min() for p in sorted(form.glob("*.png"))]
        ink.setdefault(form.parent.name, []).extend(map(float, pixels))
    assert max(np.std(values) for values in ink.values()) < 10
    assert np.std([np.mean(values) for values in ink.values()]) > 10


def test_stand_in_needs_an_empty_folder_and_fonts(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DataError, match="must be new or empty"):
        synthetic_iam.synthesize(tmp_path, 2, 3)
    with pytest.raises(DataError, match="--fonts must be a folder of ttf"):
        synthetic_iam.synthesize(tmp_path / "new", 2, 3, fonts=tmp_path)
    (tmp_path / "bad.ttf").write_bytes(b"no font")
    with pytest.raises(DataError, match="readable fonts. Received: .*bad.ttf"):
        synthetic_iam.synthesize(tmp_path / "new", 2, 3, fonts=tmp_path)


LINES = """# comment
#---
a01-000u-00-00 ok 154 408 768 27 51 AT A
a01-000u-00-01 ok 154 1 2 3 4 NN M. P. s
a01-000u-00-02 err 154 1 2 3 4 NN broken
a01-000u-00-03 ok 154 1 2 3 4 . .

a01-000u-00-04 ok 154
a02-011-00-00 ok 200 -1 -1 -1 -1 VB go
"""


def test_words_of_iams_table(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text(LINES)
    words, notes, synthetic = iam_files.read_words(path)
    assert [(w.name, w.form, w.text) for w in words] == [
        ("a01-000u-00-00", "a01-000u", "A"),
        ("a01-000u-00-01", "a01-000u", "M. P. s"),
        ("a02-011-00-00", "a02-011", "go"),
    ]
    assert not synthetic
    assert [note.split(": ")[1][:2] for note in notes] == ["1 ", "1 ", "1 "]
    assert "a01-000u-00-04 ok 154" in notes[-1]


def words_of(**counts):
    return [
        iam_files.Word(f"{writer}{n}", "f", "the", writer)
        for writer, count in counts.items()
        for n in range(count)
    ]


def test_subset_takes_the_top_writers_evenly():
    words = words_of(a=5, b=50, c=20, d=40)
    chosen = iam_subset.choose(words, writers=3, images=71)
    counts = {w: sum(c.writer == w for c in chosen) for w in "abcd"}
    assert counts == {"a": 0, "b": 26, "c": 20, "d": 25}
    assert iam_subset.choose(words, 3, 71) == chosen
    assert len(iam_subset.choose(words, 2, 0)) == 90
    # As many as the paper's, where each of 50 writers has enough.
    assert (
        len(iam_subset.choose(words_of(**{f"w{n}": 200 for n in range(60)}), 50, 6711))
        == 6711
    )


def test_truncated_and_empty_images_are_named(stand_in, tmp_path):
    import shutil

    shutil.copytree(stand_in, tmp_path / "iam")
    first, second, third = sorted((tmp_path / "iam" / "words").rglob("*.png"))[:3]
    first.write_bytes(first.read_bytes()[:60])
    second.write_bytes(b"")
    third.unlink()
    dataset = iam.open_dataset(str(tmp_path / "iam"))
    assert len(dataset.unusable) == 3
    for path, line in zip((first, second, third), dataset.unusable, strict=True):
        assert path.name in line
    total = dataset.num_images("train") + dataset.num_images("test")
    assert total == WRITERS * WORDS - 3


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda f: (f / "ascii" / "forms.txt").unlink(), "ascii must hold forms.txt"),
        (lambda f: (f / "ascii" / "words.txt").unlink(), "ascii must hold words.txt"),
        (lambda f: change(f / "ascii" / "words.txt", lambda t: "#"), "must hold words"),
        (lambda f: change(f / "ascii" / "forms.txt", lambda t: "x 1"), "of the same"),
        (lambda f: change(f / "ascii" / "forms.txt", lambda t: "x"), "its writer"),
        (lambda f: (f / "words").unlink(), "the folder words or words.tgz"),
    ],
)
def test_damaged_folders(copy, damage, message):
    damage(copy)
    with pytest.raises(DataError, match=message):
        iam.open_dataset(str(copy))


def test_forms_that_are_not_listed_are_counted(copy):
    def drop(text):
        return "\n".join(ln for ln in text.splitlines() if not ln.startswith("s03"))

    change(copy / "ascii" / "forms.txt", drop)
    dataset = iam.open_dataset(str(copy))
    assert f"left out: {WORDS} words of forms" in "\n".join(dataset.notes)


def test_options(stand_in):
    with pytest.raises(UsageError, match="--writers must be >= 1"):
        iam.open_dataset(str(stand_in), writers=0)
    dataset = iam.open_dataset(str(stand_in), writers=2, images=50)
    assert dataset.num_images("train") + dataset.num_images("test") == 50


def pack(path, folder, prefix=""):
    with tarfile.open(path, "w:gz") as tar:
        for file in sorted(folder.rglob("*.*")):
            tar.add(file, f"{prefix}{file.relative_to(folder)}")


@pytest.fixture
def archives(stand_in, tmp_path, monkeypatch):
    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "archives"
    folder.mkdir()
    pack(folder / "words.tgz", stand_in / "words")
    pack(folder / "ascii.tgz", stand_in / "ascii", "ascii/")
    return folder


def test_archives_are_read_like_folders(archives, stand_in):
    expected = iam.open_dataset(str(stand_in))
    for _ in range(2):
        dataset = iam.open_dataset(str(archives))
        assert dataset.split == expected.split


def evil(archive, name, kind=tarfile.REGTYPE):
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("a01/fine.png"), io.BytesIO())
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc"
        tar.addfile(member, io.BytesIO())


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: evil(f, "../evil.png"),
        lambda f: evil(f, "a01/../../evil.png"),
        lambda f: evil(f, "/tmp/evil.png"),
        lambda f: evil(f, "link.png", tarfile.SYMTYPE),
        lambda f: evil(f, "link.png", tarfile.LNKTYPE),
        lambda f: evil(f, "pipe.png", tarfile.FIFOTYPE),
        lambda f: f.write_bytes(f.read_bytes()[:-3000]),
        lambda f: f.write_bytes(b"no archive"),
    ],
)
def test_bad_archives_leave_nothing(archives, tmp_path, damage):
    damage(archives / "words.tgz")
    with pytest.raises(DataError, match="archive must .* Received: "):
        iam.open_dataset(str(archives))
    assert not list((tmp_path / "cache").glob("*words*"))
    assert not list((tmp_path / "cache").glob(".tmp*"))
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize(
    "limit, most", [("MAX_FILES", 100), ("MAX_FILE_BYTES", 300), ("MAX_BYTES", 5000)]
)
def test_an_archive_that_swells_is_refused(
    archives, tmp_path, monkeypatch, limit, most
):
    monkeypatch.setattr(archives_module, limit, most)
    with pytest.raises(DataError, match="an archive must hold at most .* together"):
        iam.open_dataset(str(archives))
    assert not list((tmp_path / "cache").glob("*words*"))
