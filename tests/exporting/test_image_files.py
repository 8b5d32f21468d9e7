"""Files that a server is sent are the images that training reads of them."""

import struct
import zlib

import numpy as np
import picture_files
import pytest
import tensorflow as tf
from picture_files import COLOR
from picture_files import PALETTE
from PIL import Image

from tfmi.errors import DataError
from tfmi.exporting import image_files
from tfmi.exporting import reference
from tfmi.exporting import sample_files
from tfmi.pipelines.images import UnreadableImage
from tfmi.pipelines.images import image_shape
from tfmi.pipelines.images import quiet_decoders
from tfmi.pipelines.images import read_image

SIZE = (13, 22)
FILES = {
    **picture_files.pngs(*SIZE),
    **picture_files.jpegs(*SIZE),
    **{f"turned-{n}": f for n, f in picture_files.turned(*SIZE).items()},
}
DECODERS = {}


def serve(file, shape):
    """What the graph makes of one file."""
    if shape not in DECODERS:
        DECODERS[shape] = tf.function(
            lambda files: image_files.decode_images(files, shape),
            input_signature=[tf.TensorSpec((None,), tf.string)],
            autograph=False,
        )
    return DECODERS[shape](tf.constant([file])).numpy()[0].astype(int)


def train(file, shape, folder):
    path = folder / "file"
    path.write_bytes(file)
    with quiet_decoders():
        return read_image(path, shape).astype(int)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", FILES)
def test_every_kind_is_the_image_that_training_reads(name, channels, tmp_path):
    (tmp_path / "file").write_bytes(FILES[name])
    size = image_shape(tmp_path / "file")[:2]
    assert size in (SIZE, SIZE[::-1])
    # CMYK is rounded otherwise.
    tolerance = 1 if "cmyk" in name else 0
    shape = (*size, channels)
    trained = train(FILES[name], shape, tmp_path)
    assert np.ptp(trained) > 20
    assert np.abs(serve(FILES[name], shape) - trained).max() <= tolerance


@pytest.mark.parametrize("channels", [1, 3])
def test_every_kind_of_another_size_too(channels, tmp_path):
    shape = (17, 20, channels)
    for name, file in FILES.items():
        difference = serve(file, shape) - train(file, shape, tmp_path)
        assert np.abs(difference).max() <= reference.ROUNDING, name


def test_the_orientations_are_seen(tmp_path):
    """The rules of this test and of Pillow agree on what is compared above."""
    images = {
        number: train(FILES[f"turned-png-{number}-big"], (*size, 3), tmp_path)
        for size, numbers in ((SIZE, (1, 2, 3, 4)), (SIZE[::-1], (5, 6, 7, 8)))
        for number in numbers
    }
    assert (images[6] == np.rot90(images[1], -1)).all()
    assert len({image.tobytes() for image in images.values()}) == 8


def test_a_picture_of_one_pixel(tmp_path):
    for name, file in picture_files.pngs(1, 1).items():
        shape = (1, 1, 3)
        assert (serve(file, shape) == train(file, shape, tmp_path)).all(), name


NOISE = np.random.default_rng(0).integers(0, 256, (*SIZE, 3))
PICTURE = Image.fromarray(NOISE.astype(np.uint8))
HUGE = struct.pack(">IIBBBBB", 70_000, 3, 8, COLOR, 0, 0, 0)
PALETTE_OF_TWO = picture_files.chunk(b"PLTE", bytes(6))


def cut_exif(data):
    return picture_files.jpeg(PICTURE, picture_files.segment(0xE1, b"Exif\0\0" + data))


@pytest.mark.parametrize(
    "file, message",
    [
        (b"\x89PNG\r\n\x1a\n", "must be a PNG or JPEG file. Received 8 other bytes"),
        (b"GIF89a" + bytes(100), "must be a PNG or JPEG file"),
        (b"\x89PNG\r\n\x1a\n" + picture_files.chunk(b"IHDR", HUGE), "3 x 70000"),
        (picture_files.png(NOISE, 8, COLOR)[:-60], "Invalid PNG"),
        (picture_files.jpeg(PICTURE)[:-60], "Invalid JPEG"),
        (
            picture_files.jpeg(PICTURE, b"\xff\xfe\0\2" + bytes(9)),
            "must follow one another",
        ),
        (picture_files.jpeg(PICTURE, b"\xff\xfe\0\2" * 70_000), "fewer than 65,536"),
        (
            picture_files.png(
                NOISE, 8, COLOR, picture_files.raw_profile(bytes(10**8), True)
            ),
            "a compressed text must be of at most",
        ),
        (
            cut_exif(b"MM\0*" + struct.pack(">IHHHI", 8, 1, 0x0112, 5, 1) + bytes(8)),
            "EXIF orientation must be one whole number",
        ),
        (
            cut_exif(b"MM\0*" + struct.pack(">IH", 8, 9) + bytes(14)),
            "EXIF orientation must be one whole number",
        ),
    ],
)
def test_what_is_not_read_is_refused_with_the_rule(file, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        serve(file, (*SIZE, 3))


@pytest.mark.parametrize("seed", range(5))
def test_a_damaged_file_is_never_another_image(seed, tmp_path):
    """Where both read it, it is the same."""
    random = np.random.default_rng(seed)
    names, shape = list(FILES), (*SIZE, 3)
    for _ in range(60):
        file = damaged(FILES[names[random.integers(len(names))]], random)
        try:
            trained, served = train(file, shape, tmp_path), serve(file, shape)
        except (UnreadableImage, tf.errors.OpError):
            continue
        assert np.abs(trained - served).max() <= reference.ROUNDING


def damaged(file, random):
    """With some bytes changed near the beginning; checksums of chunks are right."""
    file = bytearray(file)
    for _ in range(random.integers(1, 4)):
        file[random.integers(8, min(len(file), 200))] = random.integers(256)
    return right_checksums(file) if file.startswith(b"\x89PNG") else bytes(file)


def right_checksums(file):
    place = 8
    while place + 12 <= len(file):
        end = place + 8 + int.from_bytes(file[place : place + 4], "big")
        checksum = zlib.crc32(file[place + 4 : end])
        file[end : end + 4] = struct.pack(">I", checksum)[: max(len(file) - end, 0)]
        place = end + 4
    return bytes(file)


def test_exports_are_compared_on_a_file_of_every_kind():
    images = np.random.default_rng(0).integers(0, 256, (64, 12, 20, 3), dtype=np.uint8)
    files = reference.encode_images(images)
    kinds = len(sample_files.KINDS)
    headers = {file[24:26] for file in files[:kinds] if file.startswith(b"\x89PNG")}
    depths = {(header[0], header[1]) for header in headers}
    assert {(1, 0), (8, 0), (16, 0), (1, PALETTE), (8, PALETTE), (8, 6)} <= depths
    assert len(files) >= 2 * kinds
    reference.decode_files(files, (12, 20, 3), True)


def test_an_export_that_reads_a_file_otherwise_is_refused(monkeypatch):
    def decode(files, shape, enlarge):
        return tf.map_fn(
            lambda file: tf.io.decode_png(file, channels=3),
            files,
            fn_output_signature=tf.uint8,
        )

    monkeypatch.setattr(image_files, "decode_images", decode)
    reference.decoder.cache_clear()
    images = np.random.default_rng(0).integers(0, 256, (28, 12, 20, 3), dtype=np.uint8)
    files = reference.encode_images(images)
    palette = list(sample_files.KINDS).index("PNG of 16 bits grey")
    try:
        with pytest.raises(DataError, match="must give the image that training reads"):
            reference.decode_files(files[palette : palette + 3], (12, 20, 3), True)
    finally:
        reference.decoder.cache_clear()
