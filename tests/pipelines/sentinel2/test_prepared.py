"""Prepared windows: with Apache Beam where it is installed, and read without it."""

import json
import shutil

import numpy as np
import pytest
import sentinel2_data as made
from click.testing import CliRunner

from tfmi.cli import cli
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import open_dataset
from tfmi.pipelines.sentinel2 import records
from tfmi.pipelines.sentinel2.place_split import split_places
from tfmi.pipelines.sentinel2.place_split import to_json
from tfmi.pipelines.sentinel2.places import find_places
from tfmi.pipelines.sentinel2.windows import Cutter
from tfmi.pipelines.sentinel2.windows import Settings
from tfmi.pipelines.sentinel2.windows import lay_out

SETTINGS = Settings(made.RGBN, window=16, stride=8, test_fraction=0.3)
PARTS = [records.part_name(part, 2) for part in (0, 1)]
OPTIONS = ["--window", "16", "--stride", "8", "--test-fraction", "0.3"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return made.write_places(tmp_path_factory.mktemp("places"), places=3)


@pytest.fixture(scope="module")
def wanted(folder):
    """`{(split, place, row, column): {date: image}}`, cut without preparing."""
    places, *_ = find_places(folder)
    spots, _ = lay_out(places, SETTINGS)
    found = {}
    for place in places:
        for spot, date, image in Cutter(SETTINGS).cut(place, spots[place.name]):
            key = spot.split, spot.place, spot.row, spot.column
            found.setdefault(key, {})[date] = image
    return found


@pytest.fixture(scope="module")
def prepared(wanted, tmp_path_factory):
    """A prepared folder of two parts, written without Beam."""
    tfds = pytest.importorskip("tensorflow_datasets")
    output = tmp_path_factory.mktemp("prepared")

    # The builder on Beam has the name in the registry.
    class Builder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        name = records.NAME
        VERSION = tfds.core.Version(records.VERSION)

        def _info(self):
            return tfds.core.DatasetInfo(
                builder=self, features=records.features(SETTINGS)
            )

        def _split_generators(self, dl_manager):
            return {s: self._generate_examples(s) for s in ("train", "test")}

        def _generate_examples(self, split):
            first = self.builder_config.name == PARTS[0]
            for key, images in wanted.items():
                if key[0] == split and (key[1] == "place0") == first:
                    yield (
                        "/".join(map(str, key)),
                        {
                            "images": np.stack(list(images.values())),
                            "dates": list(images),
                            "place": key[1],
                            "row": key[2],
                            "column": key[3],
                        },
                    )

    for name in PARTS:
        config = tfds.core.BuilderConfig(name=name)
        Builder(
            data_dir=str(output), config=config, file_format="array_record"
        ).download_and_prepare()
    about = records.about(SETTINGS, PARTS)
    (output / records.ABOUT).write_text(json.dumps(about))
    return output


def check(output, wanted):
    """Everything that was cut is there once, and pairs are of one spot."""
    dataset = open_dataset("sentinel2", {"data_dir": str(output)})
    assert dataset.image_shape == SETTINGS.shape and dataset.channels == made.RGBN
    (domain,) = dataset.domains
    (spots,), (dates,) = domain.retrieved_factors, domain.exclusive_factors
    keys = {}
    for split in ("train", "test"):
        assert dataset.num_images(split) == sum(key[0] == split for key in wanted)
        for images, labels in dataset.labelled("x", split, 50).as_numpy_iterator():
            rows = zip(images, labels["place"], labels["date"], strict=True)
            for image, spot, date in rows:
                place, corner = spots.values[spot].split(" ")
                key = (split, place, *map(int, corner.split(",")))
                assert (image == wanted[key][dates.values[date]]).all()
                assert image.tobytes() not in keys
                keys[image.tobytes()] = key, date
    assert len(keys) == sum(map(len, wanted.values()))
    met = []
    for batch in dataset.pairs(10, 0, 0, 6).as_numpy_iterator():
        for x, y in zip(batch["x"], batch["y"], strict=True):
            (spot, date), (same, other) = keys[x.tobytes()], keys[y.tobytes()]
            assert spot == same and date != other and spot[0] == "train"
            met.append(spot)
    # An epoch of 60 spots meets each once.
    assert len(met) == len(set(met)) == 60
    return dataset


def test_prepared_windows_are_those_cut(prepared, wanted):
    dataset = check(prepared, wanted)
    first, again = (
        next(dataset.pairs(8, 3, 5, 1).as_numpy_iterator()) for _ in range(2)
    )
    assert (first["x"] == again["x"]).all() and (first["y"] == again["y"]).all()
    assert "2 parts, spots: 60 train, 9 test" in dataset.notes[0]


def test_what_was_decided_when_preparing_cannot_be_changed(prepared):
    with pytest.raises(UsageError, match="not prepared yet"):
        open_dataset("sentinel2", {"data_dir": str(prepared), "bands": "B02"})
    with pytest.raises(UsageError, match="must be 0 with prepared windows.* 0.1"):
        given = {"data_dir": str(prepared), "validation_fraction": 0.1}
        open_dataset("sentinel2", given)


def test_an_unfinished_or_broken_folder_is_refused(tmp_path):
    about = tmp_path / records.ABOUT
    about.write_text(json.dumps(records.about(SETTINGS, PARTS)))
    with pytest.raises(DataError, match="all parts must be prepared"):
        open_dataset("sentinel2", {"data_dir": str(tmp_path)})
    about.write_text("{}")
    with pytest.raises(DataError, match="prepared.json must be one that tfmi wrote"):
        open_dataset("sentinel2", {"data_dir": str(tmp_path)})


@pytest.mark.parametrize(
    "change",
    [
        {"parts": ["../../other"]},
        {"parts": []},
        {"parts": [1]},
        {"settings": {"bands": ["B99"]}},
        {"settings": {"bands": ["B02"], "window": "64"}},
        {"settings": {"bands": ["B02"], "other": 1}},
    ],
)
def test_a_description_of_other_content_is_refused(tmp_path, change):
    about = {**records.about(SETTINGS, PARTS), **change}
    (tmp_path / records.ABOUT).write_text(json.dumps(about))
    with pytest.raises(DataError, match="prepared.json must be one that tfmi wrote"):
        open_dataset("sentinel2", {"data_dir": str(tmp_path)})


def test_a_damaged_part_is_refused(prepared, tmp_path):
    copy = shutil.copytree(prepared, tmp_path / "copy")
    for path in copy.rglob("dataset_info.json"):
        path.write_text("{")
    with pytest.raises(DataError, match="a prepared part must be whole"):
        open_dataset("sentinel2", {"data_dir": str(copy)})


def test_a_run_is_refused_windows_of_another_split(prepared, folder, tmp_path):
    copy = shutil.copytree(prepared, tmp_path / "copy")
    places, *_ = find_places(folder)
    about = json.loads((copy / records.ABOUT).read_text())
    about["split"] = to_json(split_places(places, SETTINGS))
    (copy / records.ABOUT).write_text(json.dumps(about))
    kept = tmp_path / "split.json"
    given = {"data_dir": str(copy), "split_file": str(kept)}
    kept.write_text(
        json.dumps(open_dataset("sentinel2", {**given, "split_file": None}).split)
    )
    assert open_dataset("sentinel2", given).split == about["split"]
    kept.write_text(json.dumps(to_json(split_places(places[:2], SETTINGS))))
    with pytest.raises(DataError, match="must be split as in training"):
        open_dataset("sentinel2", given)


def prepare(*args):
    args = ["data", "prepare-sentinel2", *map(str, args), *OPTIONS]
    return CliRunner().invoke(cli, args)


def test_beam_must_be_installed(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = prepare(folder, tmp_path / "out")
    assert result.exit_code == 2
    assert "Apache Beam must be installed: pip install 'tfmi[beam]'" in result.output
    assert not (tmp_path / "out").exists()


def test_beam_prepares_the_same_and_goes_on_with_what_is_missing(
    folder, wanted, tmp_path
):
    pytest.importorskip("apache_beam", reason="needs tfmi[beam]")
    output = tmp_path / "out"
    result = prepare(folder, output, "--parts", 4)
    assert result.exit_code == 0, result.output
    check(output, wanted)
    # Of the 6 units, three places' rows for training and for testing, some have two.
    names = [records.part_name(n, 4) for n in range(4)]
    parts = sorted((output / records.NAME).iterdir())
    assert [part.name for part in parts] == names
    kept = {path: path.read_bytes() for path in parts[0].rglob("*") if path.is_file()}
    # As a broken-off preparation leaves it: the last part is not there.
    shutil.rmtree(parts[3])
    result = prepare(folder, output, "--parts", 4)
    assert result.exit_code == 0, result.output
    assert "part-00000-of-00004 is prepared already" in result.output
    assert {path: path.read_bytes() for path in kept} == kept
    check(output, wanted)
    result = prepare(folder, output, "--parts", 2)
    assert result.exit_code == 1
    assert "OUTPUT must be empty or hold windows of the same data" in result.output
    more = shutil.copytree(folder, tmp_path / "more")
    shutil.copy(more / "place0" / "20150711.tif", more / "place0" / "20150901.tif")
    result = prepare(more, output, "--parts", 4)
    assert result.exit_code == 1
    assert "OUTPUT must be empty or hold windows of the same data" in result.output


def test_beam_counts_what_is_left_out(tmp_path):
    pytest.importorskip("apache_beam", reason="needs tfmi[beam]")
    scenes = made.series(dates=3).astype(np.float32)
    clouds = np.zeros(scenes.shape[:3], bool)
    clouds[0], clouds[1, :16, :16] = True, True
    np.savez(tmp_path / "a.npz", scenes=scenes, clouds=clouds)
    result = prepare(tmp_path, tmp_path / "out")
    assert result.exit_code == 0, result.output
    name = f"counts-{records.part_name(0, 1)}-train.json"
    counts = json.loads((tmp_path / "out" / name).read_text())
    # Of 4 by 5 spots: all of the first date, and the 4 that meet the corner.
    assert counts == {"cloudy": 24, "clear at one date only": 4}
    # Rows from 45 on are for testing.
    clouds[:, 45:] = True
    np.savez(tmp_path / "a.npz", scenes=scenes, clouds=clouds)
    result = prepare(tmp_path, tmp_path / "train")
    assert result.exit_code == 0, result.output
    assert f"{records.part_name(0, 1)}: spots {{'train': 16}}" in result.output
    np.savez(tmp_path / "a.npz", scenes=scenes, clouds=np.ones_like(clouds))
    result = prepare(tmp_path, tmp_path / "none")
    assert result.exit_code == 1
    assert "must have spots that are clear at two dates" in result.output
