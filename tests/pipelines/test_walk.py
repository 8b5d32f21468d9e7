"""Folders as people have them: what is read, passed over and named."""

import os
import shutil
import socket

import own_images
import pytest
from PIL import Image

from tfmi.pipelines import pairs
from tfmi.pipelines import walk


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "own pictures"
    for group in ("a", "b"):
        (folder / group).mkdir(parents=True)
        for number in range(20):
            own_images.picture(0, 0, number).save(folder / group / f"{number}.png")
    return folder


def names(folder):
    return [
        path.relative_to(folder).as_posix() for path in walk.find_images(folder).images
    ]


@pytest.mark.parametrize(
    "name", [".ipynb_checkpoints", ".git", "__MACOSX", "@eaDir", ".Trash-1000"]
)
def test_hidden_folders_are_passed_over_wherever_they_lie(folder, name):
    for place in (folder, folder / "a"):
        shutil.copytree(folder / "b", place / name)
    (folder / "a" / "._0.png").write_bytes(b"x")
    content = walk.find_images(folder)
    assert len(content.images) == 40 and not content.unusable
    assert content.notes == [f"left out: 3 hidden names (first {name})"]
    dataset = pairs.open_dataset(folder=str(folder))
    assert dataset.domains[0].shared_factors[0].values == ("a", "b")
    assert not [n for n in sum(dataset.split.values(), []) if name in n]


@pytest.mark.parametrize("suffix", ["webp", "gif", "bmp", "heic", "WEBP", "jp2"])
def test_pictures_of_other_formats_are_counted_and_named(folder, suffix):
    for number in range(3):
        (folder / "a" / f"w{number}.{suffix}").write_bytes(b"RIFF")
    dataset = pairs.open_dataset(folder=str(folder))
    assert f"3 .{suffix.lower()} (first a/w0.{suffix})" in "\n".join(dataset.notes)
    assert len(dataset.unusable) == 3
    assert dataset.unusable[0].endswith(f"w0.{suffix}: no PNG, JPEG or TIFF")


def test_other_files_are_counted(folder):
    (folder / "a" / "0.txt").write_text("caption")
    (folder / "README").write_text("words")
    (folder / "loose.PNG").write_bytes((folder / "a" / "0.png").read_bytes())
    dataset = pairs.open_dataset(folder=str(folder))
    notes = "\n".join(dataset.notes)
    assert (
        "left out: 2 files that are no PNG, JPEG or TIFF: 1 without a suffix" in notes
    )
    assert "1 .txt (first a/0.txt)" in notes
    assert "left out: 1 images outside of subfolders" in notes
    assert not dataset.unusable


@pytest.mark.parametrize("suffix", [".JPG", ".jpeg", ".JFIF", ".tif", ".TIFF", ".Png"])
def test_suffixes_in_any_case(tmp_path, suffix):
    kind = {".p": "PNG", ".t": "TIFF"}.get(suffix[:2].lower(), "JPEG")
    Image.new("L", (9, 9)).save(tmp_path / f"a{suffix}", kind)
    assert names(tmp_path) == [f"a{suffix}"]


def test_pipes_sockets_and_dead_links_are_named(folder):
    os.mkfifo(folder / "a" / "pipe.png")
    (folder / "a" / "dead.png").symlink_to("nowhere.png")
    (folder / "a" / "zero.png").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "a" / "s.png"))
        dataset = pairs.open_dataset(folder=str(folder))
    reasons = {
        line.rsplit("/", 1)[1].split(": ", 1)[0]: line for line in dataset.unusable
    }
    assert set(reasons) == {"pipe.png", "dead.png", "zero.png", "s.png"}
    assert "no such file" in reasons["dead.png"]
    for name in ("pipe.png", "zero.png", "s.png"):
        assert "a plain file, not a pipe, socket or device" in reasons[name]


def test_links_to_folders_are_followed_once(folder):
    (folder / "a" / "up").symlink_to("..")
    (folder / "c").symlink_to("b")
    outside = folder.parent / "outside"
    shutil.copytree(folder / "a", outside, ignore=lambda *_: ["up"])
    (folder / "d").symlink_to(outside)
    content = walk.find_images(folder)
    assert len(content.images) == 60
    assert content.notes == ["left out: 2 folders reached again (first c)"]


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_one_file_under_two_names_is_one_image(folder, link):
    for number in range(4):
        link(folder / "a" / f"{number}.png", folder / "a" / f"again {number}.png")
        link(folder / "a" / f"{number}.png", folder / "b" / f"moved {number}.png")
    dataset = pairs.open_dataset(folder=str(folder))
    assert dataset.num_images("train") + dataset.num_images("test") == 40
    notes = "\n".join(dataset.notes)
    assert "left out: 4 rows that list an image again with other values" in notes
    assert "left out: 4 rows that list an image again (first" in notes


@pytest.mark.parametrize("spelling", ["{0}/a/{1}", "./a/{1}", "b/../a/{1}", "a//{1}"])
def test_one_file_under_two_spellings_is_one_image(folder, spelling):
    rows = [f"{g}/{n}.png,{g}" for g in "ab" for n in range(20)]
    rows += [f"{spelling.format(folder, f'{n}.png')},a" for n in range(20)]
    path = folder / "m.csv"
    path.write_text("\n".join(["path,who", *rows]))
    dataset = pairs.open_dataset(str(path), share="who")
    found = {
        k: {os.path.realpath(folder / n) for n in v} for k, v in dataset.split.items()
    }
    assert not found["train"] & found["test"]
    assert len(found["train"] | found["test"]) == 40
    assert "20 rows that list an image again" in "\n".join(dataset.notes)


def test_names_that_are_not_utf8(tmp_path):
    root = os.fsencode(tmp_path)
    for group in (b"M\xfcller", b"Schmidt"):
        os.makedirs(root + b"/" + group)
        for number in range(20):
            name = os.fsdecode(root + b"/" + group + b"/%d\xe9.png" % number)
            own_images.picture(0, 0, number).save(name)
    with open(root + b"/M\xfcller/broken\xff.png", "wb") as file:
        file.write(b"x")
    dataset = pairs.open_dataset(folder=str(tmp_path))
    assert dataset.num_images("train") == 32
    for line in (*dataset.notes, *dataset.unusable, *_values(dataset)):
        line.encode("utf-8")
    assert r"M\udcfcller/broken\udcff.png" in dataset.unusable[0]


def _values(dataset):
    return [v for d in dataset.domains for f in d.factors for v in f.values]
