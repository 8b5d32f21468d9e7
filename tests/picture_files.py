"""PNG and JPEG files of every kind that people have, written byte by byte where
Pillow does not write them. Each function gives bytes."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

# Of each pass of an interlaced PNG file: first row and column, steps.
PASSES = [
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
]
GREY, COLOR, PALETTE, GREY_ALPHA, COLOR_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, COLOR: 3, PALETTE: 1, GREY_ALPHA: 2, COLOR_ALPHA: 4}
DEPTHS = {
    GREY: (1, 2, 4, 8, 16),
    COLOR: (8, 16),
    PALETTE: (1, 2, 4, 8),
    GREY_ALPHA: (8, 16),
    COLOR_ALPHA: (8, 16),
}
XMP_NAME = b"http://ns.adobe.com/xap/1.0/\0"


def chunk(kind, content):
    """A chunk of a PNG file."""
    checksum = zlib.crc32(kind + content)
    return (
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
    )


def png(numbers, depth, kind, before=b"", after=b"", interlaced=False):
    """A PNG file of numbers `(height, width, channels)`; `before` and `after` its
    pixels stand further chunks."""
    height, width = numbers.shape[:2]
    passes = PASSES if interlaced else [(0, 0, 1, 1)]
    parts = [numbers[row::down, column::right] for row, column, down, right in passes]
    rows = b"".join(_packed(part, depth) for part in parts if part.size)
    pixels, header = zlib.compress(rows), (depth, kind, 0, 0, int(interlaced))
    half = len(pixels) // 2
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, *header)),
            before,
            chunk(b"IDAT", pixels[:half]),
            chunk(b"IDAT", pixels[half:]),
            after,
            chunk(b"IEND", b""),
        ]
    )


def _packed(numbers, depth):
    rows = numbers.reshape(len(numbers), -1).astype(">u2" if depth == 16 else "u1")
    if depth < 8:
        bits = rows[..., None] >> np.arange(depth, dtype=np.uint8)[::-1] & 1
        rows = np.packbits(bits.reshape(len(rows), -1), axis=1)
    return b"".join(b"\0" + row.tobytes() for row in rows)


def segment(marker, content):
    """A segment of a JPEG file."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg(picture, first=b"", **options):
    """A JPEG file by Pillow; `first` are segments that are put before the others."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", **options)
    return stream.getvalue()[:2] + first + stream.getvalue()[2:]


def cmyk_jpeg(picture, transform):
    """A JPEG file of four channels; `transform` is that of Adobe's segment (0: CMYK,
    2: YCCK), `None` for a file without that segment."""
    file = jpeg(picture.convert("CMYK"))
    begin = file.index(b"\xff\xee")
    end = begin + 4 + len(b"Adobe") + 7
    adobe = b"" if transform is None else file[begin : end - 1] + bytes([transform])
    return file[:begin] + adobe + file[end:]


def exif(orientation, order=">", kind=3, named=False):
    """EXIF data with a description and an orientation: a short (3) or long (4)."""
    value = struct.pack(order + {3: "H2x", 4: "I"}[kind], orientation)
    entries = [(0x010E, 2, 4, b"abc\0"), (0x0112, kind, 1, value)]
    return b"".join(
        [
            b"Exif\0\0" if named else b"",
            {"<": b"II*\0", ">": b"MM\0*"}[order],
            struct.pack(order + "IH", 8, len(entries)),
            *(struct.pack(order + "HHI", *e[:3]) + e[3] for e in entries),
            bytes(4),
        ]
    )


def xmp(orientation):
    return f'<x:xmpmeta a="é" tiff:Orientation="{orientation}"/>'.encode()


def xmp_chunk(content, compressed=False):
    flags = b"\1\0" if compressed else b"\0\0"
    content = zlib.compress(content) if compressed else content
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0" + flags + b"en\0\0" + content)


def raw_profile(data, compressed=False):
    """EXIF data in hexadecimal digits, as ImageMagick writes it."""
    digits = data.hex().encode()
    lines = b"\n".join(digits[i : i + 72] for i in range(0, len(digits), 72))
    text = b"\nexif\n%8d\n%s\n" % (len(data), lines)
    kind, text = (
        (b"zTXt", b"\0" + zlib.compress(text)) if compressed else (b"tEXt", text)
    )
    return chunk(kind, b"Raw profile type exif\0" + text)


def pngs(height, width):
    """`{name: file}` of every depth, kind, way of transparency and order of rows."""
    random = np.random.default_rng(0)
    files = {}
    for kind, depths in DEPTHS.items():
        for depth in depths:
            shape = (height, width, CHANNELS[kind])
            numbers = random.integers(0, 2**depth, shape)
            for way, chunks in _transparencies(numbers, depth, kind, random).items():
                for order in ("", "interlaced"):
                    name = f"png-{kind}-{depth}bit-{way}{order}"
                    files[name] = png(numbers, depth, kind, chunks, b"", bool(order))
    return files


def _transparencies(numbers, depth, kind, random):
    if kind == PALETTE:
        palette = chunk(b"PLTE", random.bytes(3 * 2**depth))
        return {
            "": palette,
            "one": palette + chunk(b"tRNS", b"\xff" * (2**depth - 1) + b"\0"),
            "some": palette + chunk(b"tRNS", random.bytes(2**depth - 1)),
        }
    if kind in (GREY, COLOR):
        # The color of more than one pixel.
        numbers[: len(numbers) // 2] = numbers[0, 0]
        key = struct.pack(f">{CHANNELS[kind]}H", *numbers[0, 0])
        return {"": b"", "key": chunk(b"tRNS", key)}
    return {"": b""}


def jpegs(height, width):
    """`{name: file}` of every way of colour, subsampling and order of scans."""
    rows, columns = np.mgrid[:height, :width]
    smooth = [255 * rows // height, 255 * columns // width, 99 + 0 * rows]
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3))
    files = {}
    for name, pixels in (("smooth", np.stack(smooth, -1)), ("noise", noise)):
        picture = Image.fromarray(pixels.astype(np.uint8))
        for subsampling in (0, 1, 2):
            for progressive in (False, True):
                options = {"subsampling": subsampling, "progressive": progressive}
                key = f"jpeg-{name}-{subsampling}-{progressive}"
                files[key] = jpeg(picture, quality=60, **options)
        files[f"jpeg-{name}-grey"] = jpeg(picture.convert("L"))
        files[f"jpeg-{name}-rgb"] = jpeg(picture, keep_rgb=True)
        for transform in (0, 2, None):
            files[f"jpeg-{name}-cmyk-{transform}"] = cmyk_jpeg(picture, transform)
    return files


def turned(height, width):
    """`{name: file}` of every way to say an orientation, all of one picture."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3))
    picture = Image.fromarray(noise.astype(np.uint8))
    files = {}
    for number in range(10):
        for order, kind in (("<", 3), (">", 4)):
            data = exif(number, order, kind)
            name = f"{number}-{'little' if order == '<' else 'big'}"
            files[f"png-{name}"] = png(noise, 8, COLOR, chunk(b"eXIf", data))
            files[f"jpeg-{name}"] = jpeg(picture, segment(0xE1, b"Exif\0\0" + data))
    data = exif(6, named=True)
    ends = {
        "exif-named": chunk(b"eXIf", data),
        "digits": raw_profile(data),
        "digits-compressed": raw_profile(data, compressed=True),
        "xmp": xmp_chunk(xmp(5)),
        "xmp-compressed": xmp_chunk(xmp(7), compressed=True),
        "exif-and-xmp": xmp_chunk(xmp(3)) + chunk(b"eXIf", exif(8)),
    }
    for name, chunks in ends.items():
        files[f"png-{name}"] = png(noise, 8, COLOR, chunks)
        files[f"png-{name}-at-the-end"] = png(noise, 8, COLOR, b"", chunks)
    starts = {
        "xmp": segment(0xE1, XMP_NAME + xmp(8)),
        "xmp-and-exif": segment(0xE1, XMP_NAME + xmp(8)) + segment(0xE1, data),
        "no-exif": segment(0xE1, b"Exif\0\0no directory"),
        "filled": b"\xff\xff" + segment(0xE1, data),
    }
    for name, segments in starts.items():
        files[f"jpeg-{name}"] = jpeg(picture, segments)
    return files
