"""From a picture file to a Pillow picture of mode L or RGB; `images` has the rules."""

import contextlib
import logging
import threading

import numpy as np
from PIL import Image
from PIL import ImageOps
from PIL import TiffImagePlugin

from tfmi.files import open_plain

FORMATS = ("PNG", "JPEG", "TIFF")
FORMAT_NAMES = "PNG, JPEG or TIFF"
MAX_PIXELS, MAX_SIDE = 64_000_000, 65_535
GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N")
ALPHA_MODES = ("LA", "La", "PA", "RGBA", "RGBa")
# Grey numbers of fewer than 8 bits, which Pillow multiplies but in a transparent grey.
LEVELS = {"L;2": 85, "L;4": 17}
BITS, PHOTOMETRIC, SAMPLES, EXTRA_SAMPLES = 258, 262, 277, 338
STRIP_PIXELS = 1_000_000
# What is wrong with a file is said in one line, ours.
logging.getLogger("PIL").addHandler(logging.NullHandler())


class UnreadableImage(Exception):
    """Why a file gives no picture, in a few words."""


class _Budget:
    """Lets threads decode at most so many pixels at a time, all together."""

    def __init__(self, pixels):
        self._left, self._changed = pixels, threading.Condition()

    @contextlib.contextmanager
    def taking(self, pixels):
        with self._changed:
            self._changed.wait_for(lambda: self._left >= pixels)
            self._left -= pixels
        try:
            yield
        finally:
            with self._changed:
                self._left += pixels
                self._changed.notify_all()


_BUDGET = _Budget(MAX_PIXELS)


@contextlib.contextmanager
def opened(path):
    """An open picture of a size that is read; its pixels are not decoded yet.

    Raises:
        UnreadableImage: for a file that is none.
    """
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open_plain(path))
            image = stack.enter_context(Image.open(file, formats=FORMATS))
        except Exception as error:  # the decoders raise errors of many kinds
            raise UnreadableImage(_reason(error, path)) from error
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise UnreadableImage(
                f"{width} x {height} pixels are more than {MAX_PIXELS:,}"
            )
        if not 1 <= min(width, height) <= max(width, height) <= MAX_SIDE:
            raise UnreadableImage(
                f"{width} x {height} pixels: sides of 1 to {MAX_SIDE:,} are read"
            )
        stack.enter_context(_BUDGET.taking(width * height))
        yield image


def _reason(error, path):
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, Image.UnidentifiedImageError):
        return _unread_tiff(path) or f"no {FORMAT_NAMES}"
    reason = getattr(error, "strerror", None) or str(error)
    return reason.strip().split("\n")[0] or type(error).__name__


def _unread_tiff(path):
    """What is in a TIFF that Pillow does not read; `None` where it is no TIFF."""
    with contextlib.suppress(Exception), open_plain(path) as file:
        head = file.read(8)
        if head[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            return None
        if 43 in head[2:4]:  # BigTIFF
            head += file.read(8)
        tags = TiffImagePlugin.ImageFileDirectory_v2(head)
        file.seek(tags.next)
        tags.load(file)
        bits = max(tags.get(BITS, (1,)))
        return (
            f"a TIFF of {tags.get(SAMPLES, 1)} channels of {bits} bits, which is no "
            "picture; grey and colour of at most 16 bits are read"
        )
    return None


def is_grey(image):
    """Whether an open picture has no colour, by its kind."""
    return image.mode in GREY_MODES or _raw_mode(image).split(";")[0] == "LA"


def _raw_mode(image):
    """How the file has the pixels, in Pillow's words; before they are decoded."""
    arguments = image.tile[0].args if image.tile else ""
    return str(arguments if isinstance(arguments, str) else (*arguments, "")[0])


def decode(image, channels):
    """The first frame as a Pillow picture of mode L (1 channel) or RGB (3).

    Raises:
        UnreadableImage: for pixels that are not read, or not whole.
    """
    _check_numbers(image)
    tags, raw = getattr(image, "tag_v2", {}), _raw_mode(image)
    try:
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode.startswith("I"):
            image = _eight_bits(image, tags)
        elif "transparency" in image.info:
            image.info["transparency"] = _transparent(image, raw)
        if image.mode in ALPHA_MODES or "transparency" in image.info:
            image = _over_white(image)
        elif image.mode in ("P", "LAB"):
            image = image.convert("RGB")
        return image.convert("L" if channels == 1 else "RGB")
    except Exception as error:  # as in opened
        raise UnreadableImage(_reason(error, None)) from error


def _check_numbers(image):
    if image.mode == "F" or (image.mode == "I" and image.format != "PNG"):
        raise UnreadableImage(
            "8 or 16 bits a channel are read, not 32, signed or float"
        )
    if 0 in np.atleast_1d(getattr(image, "tag_v2", {}).get(EXTRA_SAMPLES, ())):
        raise UnreadableImage(
            "it has a channel that is neither colour nor transparency"
        )


def _eight_bits(image, tags):
    """Grey of 12 or 16 bits as mode L, its transparent grey white."""
    numbers = np.asarray(image).astype(np.uint32)
    # Pillow gives both as 16 bits, those of 12 not multiplied.
    largest = 2 ** int(np.max(tags.get(BITS, 16))) - 1
    grey = ((255 * numbers + largest // 2) // largest).astype(np.uint8)
    if tags.get(PHOTOMETRIC) == 0:
        grey = 255 - grey
    if "transparency" in image.info:
        grey[numbers == image.info["transparency"]] = 255
    return Image.fromarray(grey)


def _transparent(image, raw):
    """The transparent grey or colour in the numbers of the decoded pixels."""
    key = image.info["transparency"]
    if image.mode == "L":
        return key * LEVELS.get(raw, 1)
    deep = image.mode == "RGB" and "16" in raw
    return tuple(number >> 8 for number in key) if deep else key


def _over_white(image):
    """RGB, a strip at a time so that little memory is taken."""
    page = Image.new("RGB", image.size)
    image = image.convert("LA") if image.mode == "La" else image
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        strip = image.crop((0, top, image.width, bottom)).convert("RGBA")
        white = Image.new("RGBA", strip.size, "white")
        page.paste(Image.alpha_composite(white, strip).convert("RGB"), (0, top))
    return page
