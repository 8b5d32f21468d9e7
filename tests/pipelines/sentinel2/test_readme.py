"""What README says of files is what the readers do."""

import pathlib
import re

from tfmi.pipelines.sentinel2 import bands
from tfmi.pipelines.sentinel2 import folders
from tfmi.pipelines.sentinel2 import raster_files

ROOT = pathlib.Path(__file__).parents[3]
README = (ROOT / "pipelines/sentinel2/README.md").read_text(encoding="utf-8")


def section(title):
    return re.split(r"\n##+ ", README.split(f"# {title}\n")[1])[0]


def test_suffixes_are_those_of_the_table():
    table = section("What `--data-dir` may hold").split("Suffixes are read")[0]
    firsts = "".join(row.split("|")[1] for row in table.splitlines() if "|" in row)
    suffixes = {s.lower() for s in re.findall(r"\.[A-Za-z]{3,4}\b", firsts)}
    assert suffixes == {*folders.TIFF, *folders.ARRAY, folders.SAFE}


def test_names_of_bands_are_understood():
    listed = section("Names of bands").split("- ", 1)[1].split("A GeoTIFF without")[0]
    names = [name for name in re.findall(r"`([^`]+)`", listed) if name != "_"]
    assert len(names) == 27
    for name in names:
        for written in (name, name.upper(), name.replace(" ", "_")):
            (band,) = bands.name_bands([written])
            assert band in bands.BANDS


def test_bounds_are_those_of_the_code():
    text = README.replace("\n", " ")
    assert f"below {bands.LOWEST}" in text and f"above {bands.HIGHEST} (" in text
    assert f"from {bands.LARGEST} to {bands.LARGEST_NUMBER:,}, which" in text
    assert raster_files.LARGEST_PIXELS == 2**31 and "2^31 pixels a layer" in text
    assert f"{raster_files.LARGEST_LAYERS:,} layers" in text
    assert f"blocks of {raster_files.LARGEST_BLOCK_BYTES // 2**20} MiB" in text
