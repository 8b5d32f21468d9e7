"""How fast a core prepares Sentinel-2 windows (pipelines/sentinel2/README.md).

    pip install 'tfmi[beam]'
    python benchmarks/sentinel2_preparation.py

Makes acquisitions of noise over smooth ground (harder to pack than most land), as
GeoTIFF and as a .SAFE product, prepares them with Beam in this process and divides by
the processor time that it took, so that other programs do not count.
"""

import argparse
import json
import pathlib
import tempfile
import time

import numpy as np
import rasterio
from rasterio.transform import from_origin

from tfmi.pipelines.sentinel2.bands import BANDS
from tfmi.pipelines.sentinel2.prepare import prepare
from tfmi.pipelines.sentinel2.windows import Settings

DATES = ("20220105", "20220110")
NAME = "S2A_MSIL1C_{0}T100031_N0400_R122_T33TVM_{0}T2.SAFE"


def scene(side, seed):
    """Digital numbers `(bands, side, side)`."""
    generator = np.random.default_rng(seed)
    coarse = generator.uniform(300, 4000, (len(BANDS), side // 32, side // 32))
    ground = coarse.repeat(32, 1).repeat(32, 2)
    return np.rint(ground + generator.normal(0, 30, ground.shape)).astype(np.uint16)


def write(path, pixels, driver, resolution=10, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver=driver,
        height=pixels.shape[1],
        width=pixels.shape[2],
        count=len(pixels),
        dtype="uint16",
        crs="EPSG:32633",
        transform=from_origin(5e5, 5e6, resolution, resolution),
        **options,
    ) as file:
        file.write(pixels)


def write_geotiff(folder, side):
    for seed, date in enumerate(DATES):
        path = folder / "place" / f"{date}.tif"
        write(path, scene(side, seed), "GTiff", tiled=True, compress="deflate")


def write_safe(folder, side):
    """Every band at 10 m, which is more than a real product has."""
    for seed, date in enumerate(DATES):
        product = folder / NAME.format(date)
        for band, pixels in zip(BANDS, scene(side, seed), strict=True):
            path = product / "GRANULE" / "G" / "IMG_DATA" / f"T33TVM_{date}_{band}.jp2"
            write(path, pixels[None], "JP2OpenJPEG", QUALITY="100", REVERSIBLE="YES")
        (product / "MTD_MSIL1C.xml").write_text("<P/>")


def measure(make, side):
    """Rates of one layout: pixels of all bands and dates a processor second."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        make(folder / "in", side)
        settings = Settings((), window=64, stride=64)
        start = time.process_time()
        prepare(folder / "in", folder / "out", settings, progress=lambda line: None)
        seconds = time.process_time() - start
        shards = folder.glob("out/**/*array_record*")
        written = sum(path.stat().st_size for path in shards)
    values = side * side * len(BANDS) * len(DATES)
    return {
        "processor_seconds": round(seconds, 1),
        "input_mb_a_second": round(2 * values / seconds / 1e6, 2),
        "written_mb_a_second": round(written / seconds / 1e6, 2),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--output", default="sentinel2_preparation.json")
    arguments = parser.parse_args()
    results = {}
    for name, make in (("GeoTIFF", write_geotiff), (".SAFE", write_safe)):
        results[name] = measure(make, arguments.side)
        line = "  ".join(f"{k} {v}" for k, v in results[name].items())
        print(f"{name:<8}{line}", flush=True)
    pathlib.Path(arguments.output).write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
