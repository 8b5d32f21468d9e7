"""Sentinel-2 as the data grows: time, peak memory, and how long steps wait for input.

    python benchmarks/scale.py --folder DIR                          # 20 GB
    python benchmarks/scale.py --folder DIR --gigabytes 0.2,2,20     # side by side
    python benchmarks/scale.py --folder DIR --beam                   # needs tfmi[beam]

For each size, acquisitions of noise are written as `<place>/<date>.tif` (13 bands of
16 bits, not packed), prepared, and trained on: `--steps` steps of each stage on pairs
from all of them, as `tfmi train sentinel2` does, then the first stage's once more with
every wait for a batch timed (pipeline.py). Preparing is what `tfmi train` does to
acquisitions, cutting windows into a file of the cache folder; with --beam it is `tfmi
data prepare-sentinel2`. Each step is a process of its own whose children count too.
All that is written, one and a half times the size, is removed.

The exit code is 1 where a step takes 3 GiB or more, or half a GiB more for the largest
data than for the smallest, or where input takes 5% of the time of a step or more.
"""

import json
import math
import os
import pathlib
import sys
import tempfile

import click
import measuring
import numpy as np
import rasterio
import tqdm
from rasterio.transform import from_origin
from rasterio.windows import Window

from tfmi.pipelines.sentinel2.bands import BANDS

LIMIT = 3 * 2**30
GROWTH = 2**29
STALL = 0.05
DATES = ("20220105", "20220110")
PIXEL_BYTES = 2 * len(BANDS) * len(DATES)
# Pixels a side of a place at most: with 13 bands 0.7 GB a date.
SIDE = 5120
BLOCK = 256
# Windows whose acquisitions take so much make a part of a preparation with Beam.
PART = 0.25e9
COMMAND = [sys.executable, "-c", "from tfmi.cli import main; main()"]
OPEN = """
from tfmi.pipelines import open_dataset
open_dataset("sentinel2", {{"data_dir": {0!r}}})
"""
TRAIN = """
from tfmi import runs
from tfmi.api import open_chosen
from tfmi.training import hardware, stages
data = {{"data_dir": {0!r}}}
recipe, dataset = open_chosen(
    "sentinel2", {{"shared_epochs": 1, "exclusive_epochs": 1}}, data
)
# An epoch of so many steps; pairs are drawn from all images as ever.
dataset.num_images = lambda split: {2} * recipe.batch_size
run = runs.create(recipe, data, {1!r})
print(hardware.choose_execution(run, dataset.image_shape))
stages.train(run, dataset, lambda: False)
"""


@click.command(help=__doc__)
@click.option("--gigabytes", default="20", show_default=True, help="Comma-separated.")
@click.option("--steps", default=500, show_default=True, help="Of each stage.")
@click.option("--beam", is_flag=True, help="Prepare with Apache Beam.")
@click.option("--folder", type=click.Path(), help="By default a temporary one.")
@click.option("--json", "path", type=click.Path())
def main(gigabytes, steps, beam, folder, path):
    sizes = [1e9 * float(size) for size in gigabytes.split(",")]
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=folder) as new:
            new = pathlib.Path(new).resolve()
            os.environ["TFMI_CACHE_DIR"] = str(new / "cache")
            rows.append(_measure(new, size, steps, beam))
    measuring.report(rows, path)
    failed = [*failures(rows)]
    if failed:
        sys.exit("\n".join(failed))


def _measure(folder, size, steps, beam):
    data, stalls = folder / "acquisitions", folder / "stalls.json"
    bytes_written = write(data, size)
    prepare = [sys.executable, "-c", OPEN.format(str(data))]
    if beam:
        parts = str(math.ceil(size / PART))
        prepare = [*COMMAND, "data", "prepare-sentinel2", data, folder / "windows"]
        prepare += ["--parts", parts]
        data = folder / "windows"
    train = [sys.executable, "-c", TRAIN.format(str(data), str(folder / "runs"), steps)]
    stall = [sys.executable, pathlib.Path(__file__).with_name("pipeline.py")]
    stall += ["sentinel2", "--data-dir", data, "--batches", str(steps)]
    stall += ["--precision", "auto", "--json", stalls]
    row = {"GB": bytes_written / 1e9}
    for name, command in {"prepare": prepare, "train": train, "wait": stall}.items():
        used = measuring.run(f"{name}, {row['GB']:.1f} GB", command)
        row[f"{name}, s"] = used["seconds"]
        row[f"{name}, GiB"] = used["peak_bytes"] / 2**30
    (found,) = json.loads(stalls.read_text())["rows"]
    batch = found["batch"]
    row["step, ms"] = 2000 * batch / found["images/s of steps"]
    row["stall"] = found["stall"]
    return row


def failures(rows):
    """A line for each bound that the rows, smallest data first, do not keep."""
    for name in ("prepare", "train", "wait"):
        peaks = [row[f"{name}, GiB"] * 2**30 for row in rows]
        if max(peaks) >= LIMIT:
            yield f"{name} must take less than 3 GiB. Received: {max(peaks):,.0f} bytes"
        if peaks[-1] - peaks[0] >= GROWTH:
            yield (
                f"{name} must take the same memory for any data, to half a GiB. "
                f"Received: {peaks[-1] - peaks[0]:,.0f} bytes more"
            )
    stall = max(row["stall"] for row in rows)
    if stall >= STALL:
        yield f"input must take less than 5% of a step. Received: {100 * stall:.1f}%"


def write(folder, size):
    """Acquisitions of at least `size` bytes, but for less than a block a place.

    Returns:
        How many bytes of pixels they have.
    """
    places = math.ceil(size / (PIXEL_BYTES * SIDE**2))
    side = max(1, round(math.sqrt(size / places / PIXEL_BYTES) / BLOCK)) * BLOCK
    total = places * PIXEL_BYTES * side**2
    bar = tqdm.tqdm(total=total, desc="writing", unit="B", unit_scale=True)
    with bar:
        for place in range(places):
            for date in DATES:
                path = folder / f"place{place}" / f"{date}.tif"
                write_noise(path, side, place, bar.update)
    return total


def write_noise(path, side, place, progress):
    """One acquisition, a row of blocks at a time; numbers of 12 random bits.

    Args:
        place: its number; places are far from each other.
        progress: called with the number of bytes that were written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng([place, int(path.stem)])
    shape = len(BANDS), BLOCK, side
    options = {"driver": "GTiff", "dtype": "uint16", "count": len(BANDS)}
    options |= {"height": side, "width": side, "tiled": True}
    options |= {"blockxsize": BLOCK, "blockysize": BLOCK, "crs": "EPSG:32633"}
    origin = from_origin(1e5 * place, 5e6, 10, 10)
    with rasterio.open(path, "w", transform=origin, **options) as file:
        for row in range(0, side, BLOCK):
            noise = generator.bytes(2 * math.prod(shape))
            pixels = np.frombuffer(noise, np.uint16).reshape(shape) & 4095
            file.write(pixels, window=Window(0, row, side, BLOCK))
            progress(pixels.nbytes)


if __name__ == "__main__":
    main()
