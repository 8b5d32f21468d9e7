"""What each kind of picture file becomes, against the rules of `images`."""

import struct
import threading
import zlib

import numpy as np
import pytest
import rasterio
from PIL import Image

from tfmi.pipelines import decoding
from tfmi.pipelines import images


def chunk(kind, data):
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png(path, width, depth, color, row, *chunks):
    """A PNG of one row of pixels."""
    head = struct.pack(">IIBBBBB", width, 1, depth, color, 0, 0, 0)
    body = b"".join(chunks) + chunk(b"IDAT", zlib.compress(b"\0" + row))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")
    )
    return path


def tiff(path, pixels, **options):
    """A TIFF by GDAL of `(bands, height, width)`."""
    count, height, width = pixels.shape
    place = rasterio.transform.from_origin(5e5, 5e6, 10, 10)
    kind = {"dtype": pixels.dtype, "crs": "EPSG:32633", "transform": place, **options}
    with rasterio.open(path, "w", "GTiff", width, height, count, **kind) as file:
        file.write(pixels)
    return path


def row(path, width, channels=1):
    return (
        images.read_image(path, (1, width, channels)).reshape(width, channels).tolist()
    )


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_grey_of_any_depth(tmp_path, depth):
    numbers = np.linspace(0, 2**depth - 1, 8).astype(np.uint32)
    bits = "".join(f"{number:0{depth}b}" for number in numbers)
    data = int(bits, 2).to_bytes(depth, "big")
    path = png(tmp_path / "a.png", 8, depth, 0, data)
    expected = np.floor(255 * numbers / (2**depth - 1) + 0.5).astype(int)
    assert images.image_shape(path) == (1, 8, 1)
    assert np.ravel(row(path, 8)).tolist() == expected.tolist()


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_transparent_grey_of_any_depth_is_white(tmp_path, depth):
    key = 1 if depth < 8 else 2**depth - 56
    data = (key << 8 * max(1, depth // 8) - depth).to_bytes(max(1, depth // 8), "big")
    path = png(
        tmp_path / "a.png", 1, depth, 0, data, chunk(b"tRNS", struct.pack(">H", key))
    )
    assert row(path, 1) == [[255]]
    other = png(
        tmp_path / "b.png", 1, depth, 0, data, chunk(b"tRNS", struct.pack(">H", 0))
    )
    assert row(other, 1) == [[round(255 * key / (2**depth - 1))]]


def test_a_transparent_colour_and_a_palette_of_alphas(tmp_path):
    deep = bytes([9, 1, 8, 2, 7, 3, 100, 0, 50, 0, 25, 0])
    path = png(tmp_path / "a.png", 2, 16, 2, deep, chunk(b"tRNS", deep[:6]))
    assert row(path, 2, 3) == [[255, 255, 255], [100, 50, 25]]
    palette = chunk(b"PLTE", bytes([0, 0, 0, 100, 100, 100, 10, 20, 30]))
    path = png(tmp_path / "p.png", 4, 2, 3, b"\x1a", palette, chunk(b"tRNS", b"\0\x80"))
    assert row(path, 4, 3) == [[255] * 3, [177] * 3, [10, 20, 30], [10, 20, 30]]


def test_grey_with_alpha_of_16_bits_is_grey(tmp_path):
    path = png(tmp_path / "a.png", 1, 16, 4, bytes([100, 0, 128, 0]))
    assert images.image_shape(path) == (1, 1, 1)
    assert row(path, 1) == [[177]]


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_white_is_zero_at_any_depth(tmp_path, bits):
    kind = np.uint16 if bits > 8 else np.uint8
    numbers = np.linspace(0, 2**bits - 1, 32).astype(kind).reshape(1, 4, 8)
    options = {} if bits in (8, 16) else {"nbits": bits}
    path = tiff(tmp_path / "a.tif", numbers, photometric="MINISWHITE", **options)
    with rasterio.open(path) as file:
        numbers = file.read()
    expected = 255 - np.floor(255 * (numbers[0] / (2**bits - 1)) + 0.5)
    assert (images.read_image(path, (4, 8, 1))[..., 0] == expected).all()


def test_twelve_bits_are_scaled(tmp_path):
    numbers = np.linspace(0, 4095, 24).astype(np.uint16).reshape(1, 4, 6)
    path = tiff(tmp_path / "a.tif", numbers, nbits=12)
    expected = np.floor(255 * (numbers[0] / 4095) + 0.5)
    assert (images.read_image(path, (4, 6, 1))[..., 0] == expected).all()


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB", "P", "PA", "RGBA", "LA", "1"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_mode_gives_both_numbers_of_channels(tmp_path, mode, channels):
    Image.new(mode, (7, 5)).save(tmp_path / "m.tif")
    shape = (5, 7, channels)
    assert images.read_image(tmp_path / "m.tif", shape).shape == shape
    grey = mode in ("LA", "1")
    assert images.image_shape(tmp_path / "m.tif") == (5, 7, 1 if grey else 3)


def test_the_first_of_several_frames(tmp_path):
    frames = [Image.new("L", (9, 9), 100 * k) for k in range(3)]
    for name in ("a.tif", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert images.read_image(tmp_path / name, (9, 9, 1)).max() == 0


@pytest.mark.parametrize(
    "bands, kind, options, reason",
    [
        (4, np.uint16, {}, "a TIFF of 4 channels of 16 bits"),
        (13, np.uint16, {"BIGTIFF": "YES"}, "a TIFF of 13 channels of 16 bits"),
        (2, np.uint16, {}, "a TIFF of 2 channels of 16 bits"),
        (4, np.uint8, {"photometric": "RGB"}, "neither colour nor transparency"),
        (5, np.uint8, {"photometric": "RGB"}, "neither colour nor transparency"),
        (3, np.float32, {}, "a TIFF of 3 channels of 32 bits"),
        (1, np.float32, {}, "not 32, signed or float"),
        (1, np.int16, {}, "not 32, signed or float"),
        (1, np.uint32, {}, "not 32, signed or float"),
    ],
)
def test_what_is_no_picture_says_what_it_is(tmp_path, bands, kind, options, reason):
    path = tiff(tmp_path / "a.tif", np.ones((bands, 9, 9), kind), **options)
    with pytest.raises(images.UnreadableImage, match=reason):
        images.read_image(path, (9, 9, 3))


def test_channels_that_pictures_do_not_have(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    with pytest.raises(images.UnreadableImage, match="1 or 3 channels, not 4"):
        images.read_image(tmp_path / "a.png", (9, 9, 4))


@pytest.mark.parametrize("size", [(1, 65_536), (65_536, 1), (1, 64_000_000)])
def test_a_side_without_end_is_refused_before_it_is_decoded(tmp_path, size):
    path = png(tmp_path / "a.png", 1, 8, 0, b"\0")
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", *size)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path.write_bytes(data)
    with pytest.raises(images.UnreadableImage, match="sides of 1 to 65,535"):
        images.read_image(path, (9, 9, 1))


def test_threads_decode_so_many_pixels_at_a_time_together():
    budget, most, now = decoding._Budget(100), [0], [0]
    lock = threading.Lock()

    def decode(pixels):
        with budget.taking(pixels):
            with lock:
                now[0] += pixels
                most[0] = max(most[0], now[0])
            with lock:
                now[0] -= pixels

    threads = [threading.Thread(target=decode, args=(40 + k,)) for k in range(30)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert most[0] <= 100 and budget._left == 100


def test_colour_that_is_lost_is_said(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "c.png")
    Image.new("L", (9, 9)).save(tmp_path / "g.png")
    lost = {
        (name, channels): images.read_picture(tmp_path / name, (9, 9, channels))[1]
        for name in ("c.png", "g.png")
        for channels in (1, 3)
    }
    assert [key for key, value in lost.items() if value] == [("c.png", 1)]
    assert images.is_color(tmp_path / "c.png")
    assert not images.is_color(tmp_path / "g.png")
    assert not images.is_color(tmp_path / "none.png")
