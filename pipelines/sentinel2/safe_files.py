"""The files of a .SAFE product: bands, cloud mask and metadata."""

import math
import re
import xml.etree.ElementTree as ElementTree

from tfmi.pipelines.sentinel2.bands import BANDS
from tfmi.pipelines.sentinel2.bands import QUANTIFICATION
from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.folders import require_regular

# Real ones have some hundred thousand.
LARGEST_METADATA_BYTES = 2**24
MASKS = (
    r"IMG_DATA/R20m/[^/]*_SCL_20m\.jp2",
    r"QI_DATA/MSK_CLASSI_B00\.jp2",
)


def band_files(folder):
    """`{band: path}`, the finest of each."""
    files = {}
    granule = _granule(folder)
    for path in _visible(granule / "IMG_DATA"):
        match = re.search(r"_(B\d[\dA])(?:_(\d\d)m)?\.jp2$", path.name, re.IGNORECASE)
        if match:
            files.setdefault(match[1].upper(), []).append((int(match[2] or 0), path))
    return {band: min(paths)[1] for band, paths in files.items()}


def cloud_mask(folder):
    """Path of the scene classification, else of the cloud mask, or `None`."""
    granule = _granule(folder)
    files = [*_visible(granule / "IMG_DATA"), *_visible(granule / "QI_DATA")]
    for pattern in MASKS:
        for path in files:
            inside = path.relative_to(granule).as_posix()
            if re.fullmatch(pattern, inside, re.IGNORECASE):
                return path
    return None


def radiometry(folder):
    """The path of the metadata, the number of a reflectance of 1, and `{band:
    offset}` in numbers.

    Raises:
        UnusableScene: where the metadata cannot be read.
    """
    paths = [p for p in sorted(folder.iterdir()) if _is_metadata(p.name)]
    if not paths:
        raise UnusableScene("its MTD_MSIL*.xml cannot be read (there is none)")
    try:
        return paths[0], *_read_metadata(paths[0])
    except Exception as error:  # of the parser, and of numbers that are none
        raise UnusableScene(f"its {paths[0].name} cannot be read ({error})") from error


def _read_metadata(path):
    require_regular(path)
    if path.stat().st_size > LARGEST_METADATA_BYTES:
        raise UnusableScene(f"more than {LARGEST_METADATA_BYTES:,} bytes")
    one, offsets = float(QUANTIFICATION), {}
    for element in ElementTree.parse(path).getroot().iter():
        tag = element.tag.rsplit("}", 1)[-1]
        if tag in ("QUANTIFICATION_VALUE", "BOA_QUANTIFICATION_VALUE"):
            one = float(element.text)
        elif tag in ("RADIO_ADD_OFFSET", "BOA_ADD_OFFSET"):
            band = int(element.get("band_id"))
            if not 0 <= band < len(BANDS):
                raise UnusableScene(f"no band has the number {band}")
            offsets[BANDS[band]] = float(element.text)
    if not (math.isfinite(one) and one > 1):
        raise UnusableScene(f"the number of a reflectance of 1 is {one}")
    if not all(abs(offset) <= one for offset in offsets.values()):
        raise UnusableScene(f"the offsets are {offsets}")
    return one, offsets


def _is_metadata(name):
    return re.fullmatch(r"MTD_MSIL\w+\.xml", name, re.IGNORECASE) is not None


def _granule(folder):
    granules = sorted(folder.glob("GRANULE/[!.]*"))
    granules = [path for path in granules if path.is_dir()]
    if len(granules) != 1:
        raise UnusableScene(
            f"it must have one folder in GRANULE. Received: {len(granules)}"
        )
    return granules[0]


def _visible(folder):
    """The files below a folder, but those whose names begin with a dot."""
    if not folder.is_dir():
        return []
    paths = sorted(folder.rglob("*"))
    inside = [path.relative_to(folder).parts for path in paths]
    return [
        path
        for path, parts in zip(paths, inside, strict=True)
        if not any(part.startswith(".") for part in parts) and not path.is_dir()
    ]
