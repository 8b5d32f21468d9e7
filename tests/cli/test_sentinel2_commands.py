"""Sentinel-2 from the command line: training, retrieval, maps."""

import json
import os
import shutil

import numpy as np
import pytest
import rasterio
import sentinel2_data as made
import tiny
from click.testing import CliRunner
from PIL import Image

from tfmi import recipes
from tfmi import runs
from tfmi.cli import cli
from tfmi.errors import DataError
from tfmi.maps import scenes
from tfmi.pipelines.eurosat import CLASSES

pytestmark = pytest.mark.any_versions


def call(*args):
    return CliRunner().invoke(cli, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return made.write_places(tmp_path_factory.mktemp("places"), places=2)


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    """A run of a few steps; what it learned does not matter here."""
    root = tmp_path_factory.mktemp("runs")
    data = ["--data-dir", folder, "--window", 12, "--stride", 6, "--test-fraction", 0.3]
    result = call("train", "sentinel2", *data, *tiny.OPTIONS, "--runs", root)
    assert result.exit_code == 0, result.output
    assert "bands B02,B03,B04,B08, windows of 12 pixels every 6" in result.output
    return next(root.iterdir())


def test_a_run_knows_its_bands(run):
    assert runs.load(run).channels == made.RGBN


def test_a_run_keeps_its_split_and_its_channels(run, folder, tmp_path):
    def opened(data):
        content = json.loads((run / "config.json").read_text())
        content["data"]["data_dir"] = str(data)
        copy = shutil.copytree(run, tmp_path / f"run-{data.name}")
        (copy / "config.json").write_text(json.dumps(content))
        return runs.load(copy).open_dataset()

    split = json.loads((run / "split.json").read_text())
    assert {part["place"] for part in split["test"]} == {"place0", "place1"}
    more = shutil.copytree(folder, tmp_path / "more")
    shutil.copytree(more / "place0", more / "a new place")
    before, after = opened(folder), opened(more)
    assert after.split == before.split == split
    assert after.domains == before.domains
    other = made.write_places(tmp_path / "other", places=2)
    for path in other.glob("*/*.tif"):
        with rasterio.open(path, "r+") as file:
            file.descriptions = ("B02", "B03", "B04", "B05")
    with pytest.raises(DataError, match="channels B02, B03, B04, B08 as in training"):
        opened(other)


@pytest.mark.long
def test_evaluate_scores_the_date_and_retrieve_the_place(run):
    result = call("evaluate", run, "--protocol", "paper", "--limit", 100)
    assert result.exit_code == 0, result.output
    assert "date" in result.output
    for option in ("--apart", "--different"):
        result = call("retrieve", run, option, "date")
        assert result.exit_code == 0, result.output
        (scores,) = json.loads((run / "evaluation" / "retrieval.json").read_text())
        assert scores["factor"] == "place" and scores["different"] == "date"
    rows = {row["row"]: row["accuracy"] for row in scores["rows"]}
    assert list(rows) == ["S", "E", "Untrained encoder", "Raw pixels", "Chance"]
    assert "Raw pixels" in (run / "evaluation" / "retrieval.txt").read_text()
    result = call("retrieve", run, "--factor", "month")
    assert result.exit_code == 1
    assert "must be one of date, place. Received: month" in result.output


def test_eurosat_is_classified(run, tmp_path):
    for label, name in enumerate(CLASSES):
        for n in range(15):
            made.write_tiff(
                tmp_path / name / f"{name}_{n}.tif",
                made.ground(64, 64, 13, seed=n) * (1 + label) / 5,
                None,
            )
    result = call("eurosat", run, "--data-dir", tmp_path)
    assert result.exit_code == 0, result.output
    assert "means over windows of 12 pixels" in result.output
    scores = json.loads((run / "evaluation" / "eurosat.json").read_text())
    assert (scores["train"], scores["test"]) == (120, 30)
    rows = [row["row"] for row in scores["rows"]]
    assert rows == ["S", "Untrained encoder", "Raw pixels", "Majority class"]
    assert "93.11%" in (run / "evaluation" / "eurosat.txt").read_text()
    of_test = (run / "evaluation" / "eurosat.json").read_bytes()
    result = call("eurosat", run, "--data-dir", tmp_path, "--split", "validation")
    assert result.exit_code == 0, result.output
    scores = run / "evaluation" / "validation" / "eurosat.json"
    assert json.loads(scores.read_text())["split"] == "validation"
    assert json.loads(scores.read_text())["test"] == 12
    assert (run / "evaluation" / "eurosat.json").read_bytes() == of_test


def test_eurosat_needs_bands(tmp_path):
    path = runs.create(recipes.find("colored-mnist"), {}, tmp_path / "runs").path
    result = call("eurosat", path)
    assert result.exit_code == 2
    assert "must be one of Sentinel-2's bands. Received: colored-mnist" in result.output


@pytest.mark.long
def test_distances_to_a_point_on_the_images_coordinates(run, folder, tmp_path):
    image = folder / "place1" / f"{made.DATES[0]}.tif"
    result = call(
        "mi-map", run, "--image", image, "--point", "20,30", "--output", tmp_path
    )
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "distance_20_30.png") as picture:
        assert picture.format == "PNG"
    with (
        rasterio.open(tmp_path / "distance_20_30.tif") as file,
        rasterio.open(image) as source,
    ):
        assert file.crs == source.crs and file.transform == source.transform
        distance = file.read(1)
    assert distance.shape == (64, 48) and distance.dtype == np.float32
    assert (distance > 0).all() and distance.std() > 0


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_regions_are_compared_with_land_cover(run, tmp_path):
    np.save(tmp_path / "a.npy", made.series())
    cover = np.ones((64, 48, 1), np.uint16)
    cover[:, 24:] = 2
    np.save(tmp_path / "cover.npy", cover)
    common = ["mi-map", run, "--image", tmp_path / "a.npy", "--output", tmp_path]
    result = call(
        *common,
        "--date",
        "0001",
        "--segment",
        2,
        "--stride",
        2,
        "--land-cover",
        tmp_path / "cover.npy",
    )
    assert result.exit_code == 0, result.output
    scores = json.loads((tmp_path / "regions_2.json").read_text())
    assert all(-1 <= v <= 1 for v in scores["adjusted_rand_index"].values())
    with rasterio.open(tmp_path / "regions_2.tif") as file:
        found = file.read(1)
        assert file.crs is None
    assert found.shape == (32, 24) and set(np.unique(found)) == {0, 1}
    assert (tmp_path / "regions_2.png").is_file()
    for date, message in ((None, "Received: None"), ("1", "Received: 1")):
        extra = [] if date is None else ["--date", date]
        result = call(*common, *extra, "--point", "1,1")
        assert result.exit_code == 2, result.output
        assert "--date must be one of 0000, 0001, 0002. " + message in result.output
    np.save(tmp_path / "cover.npy", cover[:9])
    result = call(
        *common,
        "--date",
        "0001",
        "--segment",
        2,
        "--land-cover",
        tmp_path / "cover.npy",
    )
    assert result.exit_code == 1
    assert "--land-cover must be of (64, 48) pixels" in result.output


@pytest.mark.parametrize(
    "args, code, message",
    [
        ([], 2, "give --point ROW,COL or --segment K"),
        (["--point", "1"], 2, "--point must be ROW,COL. Received: 1"),
        (["--point", "64,0"], 2, "--point must lie in 64x48 pixels. Received: 64,0"),
        (["--point", "1,1", "--land-cover", "x.npy"], 2, "must go with --segment"),
        (["--segment", "2", "--land-cover", "x.npy"], 1, "--land-cover must be read"),
        (["--point", "1,1", "--image", "no.tif"], 1, "--image must be an acquisition"),
    ],
)
def test_bad_input_is_one_line(run, folder, args, code, message):
    image = folder / "place0" / f"{made.DATES[0]}.tif"
    result = call("mi-map", run, "--image", image, *args)
    assert result.exit_code == code, result.output
    assert message in result.output
    assert "Traceback" not in result.output


def cover(path, how):
    """A file that is no land-cover map of a scene of 64 x 48 pixels."""
    classes = np.ones((64, 48), np.float32)
    if how == "pipe":
        os.mkfifo(path)
    elif how == "vrt":
        path.write_text("<VRTDataset rasterXSize='48' rasterYSize='64'/>")
    elif how == "objects":
        np.save(path, np.array([{}], object))
    elif how == "texts":
        np.save(path, classes.astype("U1"))
    elif how == "parts":
        np.save(path, classes / 2)
    elif how == "nan":
        np.save(path, classes * np.nan)
    elif how == "declared":
        np.save(path, classes)
        content = path.read_bytes().replace(b"(64, 48), }     ", b"(64, 48000000), }")
        path.write_bytes(content)
    elif how == "complex":
        made.write_raster(path, classes[..., None].astype(np.complex64))


@pytest.mark.parametrize(
    "how, suffix",
    [
        ("pipe", ".npy"),
        ("pipe", ".tif"),
        ("vrt", ".tif"),
        ("objects", ".npy"),
        ("texts", ".npy"),
        ("parts", ".npy"),
        ("nan", ".npy"),
        ("declared", ".npy"),
        ("complex", ".tif"),
    ],
)
def test_a_file_that_is_no_land_cover_is_one_line(tmp_path, how, suffix):
    path = tmp_path / f"cover{suffix}"
    cover(path, how)
    scene = scenes.Scene(np.zeros((64, 48, 4), np.uint8))
    with pytest.raises(DataError, match="^--land-cover must "):
        scenes.read_classes(path, scene)


def test_land_cover_of_whole_floats(tmp_path):
    classes = np.arange(64 * 48).reshape(64, 48, 1) % 7
    made.write_raster(tmp_path / "cover.TIF", classes.astype(np.float32))
    scene = scenes.Scene(np.zeros((64, 48, 4), np.uint8))
    read = scenes.read_classes(tmp_path / "cover.TIF", scene)
    assert (read == classes[..., 0]).all() and read.dtype == np.int64
