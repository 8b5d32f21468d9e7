"""Files of every kind that a user may have, and those that must be refused."""

import pathlib

import numpy as np
import pytest
from PIL import Image

from tfmi.errors import DataError
from tfmi.pipelines import decoding
from tfmi.pipelines import images
from tfmi.pipelines import rows

RAMP = np.linspace(0, 255, 12 * 20).astype(np.uint8).reshape(12, 20)


def save(path, picture, **options):
    picture.save(path, **options)
    return path


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    deep = Image.fromarray(RAMP.astype(np.uint16) * 257)
    for name in ("deep.png", "deep.tif"):
        path = save(tmp_path / name, deep)
        assert (images.read_image(path, (12, 20, 1))[..., 0] == RAMP).all()
        assert images.image_shape(path) == (12, 20, 1)


def test_palette_is_looked_up(tmp_path):
    colors = Image.new("RGB", (20, 12), (200, 10, 30))
    path = save(tmp_path / "p.png", colors.convert("P", palette=Image.Palette.ADAPTIVE))
    assert images.image_shape(path) == (12, 20, 3)
    assert np.abs(images.read_image(path, (12, 20, 3)) - [200.0, 10, 30]).max() <= 1


@pytest.mark.parametrize("mode, ink", [("LA", (0, 0)), ("RGBA", (9, 9, 9, 0))])
def test_transparency_lies_over_white(tmp_path, mode, ink):
    path = save(tmp_path / "a.png", Image.new(mode, (20, 12), ink))
    assert (images.read_image(path, (12, 20, 3)) == 255).all()


def test_transparent_palette_entry_is_white(tmp_path):
    path = save(tmp_path / "t.png", Image.new("P", (20, 12), 0), transparency=0)
    assert (images.read_image(path, (12, 20, 1)) == 255).all()


def test_exif_orientation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "e.jpg", Image.fromarray(RAMP), exif=exif, quality=100)
    assert images.image_shape(path) == (20, 12, 1)
    read = images.read_image(path, (20, 12, 1))[..., 0].astype(int)
    assert np.abs(read - np.rot90(RAMP, -1)).max() < 12


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "CMYK"])
def test_other_modes_are_read(tmp_path, mode):
    path = save(tmp_path / "m.tif", Image.new(mode, (20, 12)))
    assert images.read_image(path, (12, 20, 3)).shape == (12, 20, 3)


def test_fit_keeps_aspect_and_pads_with_the_paper():
    page = np.full((10, 10, 1), 230, np.uint8)
    page[4:6, 4:6] = 0
    wide = images.fit(page, (20, 60, 1))
    assert (wide[:, :20] == 230).all() and (wide[:, 40:] == 230).all()
    dark = np.argwhere(wide[..., 0] < 100)
    assert dark[:, 0].max() - dark[:, 0].min() == dark[:, 1].max() - dark[:, 1].min()
    small = images.fit(page, (20, 60, 1), enlarge=False)
    assert (small[5:15, 25:35] == page).all()


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "no PNG, JPEG or TIFF"),
        (b"GIF89a", "no PNG, JPEG or TIFF"),
        ("half", "truncated"),
        (None, "no such file"),
    ],
)
def test_broken_files_say_why(tmp_path, content, message):
    path = tmp_path / "b.png"
    noise = np.random.default_rng(0).integers(0, 256, (40, 40)).astype(np.uint8)
    if content == "half":
        save(path, Image.fromarray(noise))
        content = path.read_bytes()[:700]
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(images.UnreadableImage, match=message):
        images.read_image(path, (40, 40, 1))


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    path = save(tmp_path / "b.png", Image.new("1", (9000, 9000)))
    assert path.stat().st_size < 50_000
    monkeypatch.setattr(decoding, "decode", None)
    with pytest.raises(images.UnreadableImage, match="9000 x 9000 pixels are more"):
        images.read_image(path, (9, 9, 1))


def test_float_images_are_refused(tmp_path):
    path = save(tmp_path / "f.tif", Image.fromarray(np.zeros((9, 9), np.float32)))
    with pytest.raises(images.UnreadableImage, match="8 or 16 bits"):
        images.read_image(path, (9, 9, 1))


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path / "cache"))
    paths = []
    for number in range(6):
        path = tmp_path / f"{number}.png"
        paths.append(str(save(path, Image.new("L", (10, 10), 20 * number))))
    (tmp_path / "2.png").write_bytes(b"")
    return paths


def test_rows_in_a_file_are_those_in_memory(files, monkeypatch):
    memory, kept, unreadable = rows.decode_files(files, (10, 10, 1))
    monkeypatch.setattr(rows, "IN_MEMORY_BYTES", 0)
    for _ in range(2):
        stored, stored_kept, stored_unreadable = rows.decode_files(files, (10, 10, 1))
        assert isinstance(stored, rows.RowFile)
        assert (stored[[4, 0, 4]] == memory[[4, 0, 4]]).all()
        assert kept.tolist() == stored_kept.tolist() == [0, 1, 3, 4, 5]
        assert unreadable == stored_unreadable == {2: "no PNG, JPEG or TIFF"}


def test_the_cache_is_used_and_a_cut_or_changed_one_made_again(files, monkeypatch):
    monkeypatch.setattr(rows, "IN_MEMORY_BYTES", 0)
    first = rows.decode_files(files, (10, 10, 1))[0]
    read = []
    original = rows.read_picture
    monkeypatch.setattr(rows, "read_picture", lambda *a: read.append(a) or original(*a))
    rows.decode_files(files, (10, 10, 1))
    assert not read
    first.path.write_bytes(first.path.read_bytes()[:-1])
    assert len(rows.decode_files(files, (10, 10, 1))[0]) == 5
    assert len(read) == 6
    Image.new("L", (10, 10), 99).save(files[2])
    assert len(rows.decode_files(files, (10, 10, 1))[0]) == 6


def test_the_page_names_the_formats_that_are_read():
    page = pathlib.Path(__file__).parents[2] / "docs" / "datasets" / "pairs.md"
    text = " ".join(page.read_text(encoding="utf-8").split())
    assert f"Images are {images.FORMAT_NAMES} of any size" in text
    assert images.FORMAT_NAMES == "{}, {} or {}".format(*decoding.FORMATS)


@pytest.mark.parametrize("unset", [["HOME"], ["HOME", "USERPROFILE"]])
def test_without_a_home_folder(monkeypatch, unset):
    for name in (*unset, "TFMI_CACHE_DIR", "TFDS_DATA_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def no_such_user(_):
        raise KeyError("uid not found")

    monkeypatch.setattr("pwd.getpwuid", no_such_user)
    with pytest.raises(DataError, match="TFMI_CACHE_DIR must name a folder"):
        rows.cache_folder()
    with pytest.raises(DataError, match="TFDS_DATA_DIR must name a folder"):
        rows.tfds_folder()
    assert rows.prepared_by_tfds("mnist") is None
    monkeypatch.setenv("TFMI_CACHE_DIR", "cache")
    assert rows.cache_folder() == pathlib.Path("cache")


def test_a_cache_that_cannot_be_written(files, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(rows, "IN_MEMORY_BYTES", 0)
    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(DataError, match="must be a folder that can be written"):
        rows.decode_files(files, (10, 10, 1))
