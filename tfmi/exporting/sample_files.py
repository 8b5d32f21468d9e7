"""A PNG or JPEG file of each kind that training reads, made of an image."""

import io

import numpy as np
from PIL import ExifTags
from PIL import Image


def encode(image, kind):
    """The bytes of a file.

    Args:
        image: uint8 `(height, width, channels)`, 1 or 3 channels.
        kind: a key of `KINDS`.
    """
    picture = Image.fromarray(image if image.shape[2] == 3 else image[..., 0])
    return KINDS[kind](picture)


def _saved(picture, file_format="PNG", **options):
    stream = io.BytesIO()
    picture.save(stream, file_format, **options)
    return stream.getvalue()


def _converted(mode, file_format="PNG", **options):
    return lambda picture: _saved(picture.convert(mode), file_format, **options)


def _deep_grey(picture):
    """16 bits whose low bytes count."""
    grey = np.asarray(picture.convert("L"), np.uint16)
    return _saved(Image.fromarray(grey * 256 + grey[::-1]))


def _palette(bits, **options):
    def encode(picture):
        indexed = picture.convert("RGB").quantize(2**bits)
        return _saved(indexed, bits=bits, **options)

    return encode


def _transparent(mode):
    """One grey or colour of the picture is transparent."""

    def encode(picture):
        picture = picture.convert(mode)
        return _saved(picture, transparency=picture.getpixel((0, 0)))

    return encode


def _with_alpha(mode):
    def encode(picture):
        picture = picture.convert(mode)
        picture.putalpha(picture.getchannel(0).transpose(Image.Transpose.ROTATE_180))
        return _saved(picture)

    return encode


def _turned(file_format, orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return lambda picture: _saved(picture, file_format, exif=exif)


KINDS = {
    "PNG": _saved,
    "JPEG": _converted("RGB", "JPEG"),
    "PNG of 1 bit": _converted("1"),
    "PNG of 2 bits": _converted("L", bits=2),
    "PNG of 4 bits": _converted("L", bits=4),
    "PNG of 8 bits grey": _converted("L"),
    "PNG of 16 bits grey": _deep_grey,
    "PNG of grey and alpha": _with_alpha("L"),
    "PNG of colour and alpha": _with_alpha("RGB"),
    "PNG with a transparent grey": _transparent("L"),
    "PNG with a transparent colour": _transparent("RGB"),
    **{f"PNG palette of {bits} bits": _palette(bits) for bits in (1, 2, 4, 8)},
    **{
        f"PNG palette of {bits} bits with alpha": _palette(
            bits, transparency=bytes([0, 128])
        )
        for bits in (1, 4)
    },
    "JPEG of grey": _converted("L", "JPEG"),
    "JPEG of CMYK": _converted("CMYK", "JPEG"),
    "progressive JPEG": _converted("RGB", "JPEG", progressive=True),
    **{
        f"{file_format} of orientation {orientation}": _turned(file_format, orientation)
        for file_format in ("PNG", "JPEG")
        for orientation in (2, 3, 6, 8)
    },
}
