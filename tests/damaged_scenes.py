"""Whole files of acquisitions for `damage`, and how they are read."""

import io
import json
import pathlib
import tempfile

import numpy as np
import sentinel2_data as made

from tfmi.maps import scenes
from tfmi.pipelines.sentinel2.place_split import split_places
from tfmi.pipelines.sentinel2.place_split import to_json
from tfmi.pipelines.sentinel2.places import find_places
from tfmi.pipelines.sentinel2.places import read_acquisitions
from tfmi.pipelines.sentinel2.windows import Settings

SCENES = made.series(2, height=24, width=20).astype(np.float32)


def _file(name, write):
    """The content of a file that a function writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        write(path)
        return path.read_bytes()


def tiff():
    tiles = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    return _file(
        "a.tif", lambda p: made.write_tiff(p, SCENES[0], compress="deflate", **tiles)
    )


def npy():
    return _file("a.npy", lambda path: np.save(path, SCENES))


def npz(save):
    def make():
        content = io.BytesIO()
        clouds = np.zeros(SCENES.shape[:3], bool)
        texts = {"dates": np.array(made.DATES[:2]), "bands": np.array(made.RGBN)}
        save(content, scenes=SCENES, clouds=clouds, **texts)
        return content.getvalue()

    return make


def land_cover():
    return _file("a.npy", lambda path: np.save(path, np.ones((24, 20), np.uint8)))


def read(path):
    """Bands, dates and pixels of all acquisitions of a file."""
    return [_content(acquisition) for acquisition in read_acquisitions(path)]


def read_land_cover(path):
    scene = scenes.Scene(np.zeros((24, 20, 4), np.uint8))
    return scenes.read_classes(path, scene).tobytes()


def _content(acquisition):
    size = min(acquisition.grid.height, 64), min(acquisition.grid.width, 64)
    bands = tuple(filter(None, acquisition.bands))
    with acquisition.opened(bands) as read_window:
        values, bad = read_window((0, 0, *size))
    return bands, acquisition.date, size, values.tobytes(), bad.tobytes()


def product(pattern):
    """`(make, read)` of one file of a product, which is read with the others."""

    def make():
        with tempfile.TemporaryDirectory() as folder:
            return _write_product(folder, pattern).read_bytes()

    def read_product(path):
        with tempfile.TemporaryDirectory() as folder:
            _write_product(folder, pattern).write_bytes(path.read_bytes())
            return read(next(pathlib.Path(folder).glob("*.SAFE")))

    return make, read_product


def _write_product(folder, pattern):
    scene = made.ground(24, 24, 3)
    path = made.write_safe(pathlib.Path(folder), "20220201", scene)
    return next(path.rglob(pattern))


def split():
    with tempfile.TemporaryDirectory() as folder:
        places, *_ = find_places(made.write_places(pathlib.Path(folder)))
        rows = split_places(places, Settings(made.RGBN, window=16))
    return json.dumps(to_json(rows)).encode()
