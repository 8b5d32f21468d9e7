"""A run's files of any content: what cannot be believed is one line."""

import json
import os

import pytest
import tiny
from click.testing import CliRunner

from tfmi import recipes
from tfmi import runs
from tfmi.cli import cli
from tfmi.errors import DataError
from tfmi.evaluation.report.curves import read_history
from tfmi.training.history import drop_rows_from

DESCRIBED = {
    "image_shape": [12, 12, 3],
    "source": "strokes",
    "factors": {"x": {"shared": {"digit": ["0", "1"]}, "exclusive": {}}},
    "channels": [],
    "enlarge": True,
    "precision": "float32",
    "jit": False,
    "seconds": {"shared": 1.5},
    "parameters": {"shared": 12},
    "peak_memory": {"shared": {"process": 34}},
}
CONTENTS = {
    "empty": b"",
    "half": b'{"recipe": {',
    "deep list": b"[" * 200_000,
    "deep dict": b'{"recipe":' * 200_000,
    "no text": bytes(range(256)) * 100,
    "UTF-16": "{}".encode("utf-16"),
    "null": b"null",
    "number": b"9" * 10_000,
    "list": b"[1, 2]",
    "no entries": b"{}",
    "NaN": b"NaN",
    "NUL": bytes(1000),
    "many": b"[" + b"[[]]," * 3_000_000 + b"1]",
}
VALUES = [
    *(None, True, 3, -1, 0.5, 10**30, float("nan"), float("inf")),
    *("", "x", "../x", "a\nb", [], ["x"], [[]], [3, "x"], [1, 2, -3]),
    *(
        [10**30] * 3,
        [12, 12],
        {},
        {"x": 1},
        {"x": {}},
        {"x": {"shared": 3}},
        {"": None},
    ),
    *({"shared": float("nan")}, {"x": {"shared": {"a": [{}]}, "exclusive": {}}}),
]


@pytest.fixture
def run(tmp_path):
    (tmp_path / "run").mkdir()
    recipe = recipes.find("colored-mnist")
    run = runs.begin(tmp_path / "run", recipe, {"data_dir": "/none"})
    run.save_config(**DESCRIBED)
    return runs.load(run.path)


def info(path):
    """What `tfmi info` says, in a line where it fails."""
    result = CliRunner().invoke(cli, ["info", str(path)])
    if result.exit_code:
        assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
        assert result.output.startswith("Error: a run must be a folder")
        assert len(result.output) < 1500
    return result.output


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_config_of_any_content_is_a_line(run, content):
    (run.path / "config.json").write_bytes(content)
    assert "Error" in info(run.path)


@pytest.mark.parametrize(
    "name", [*DESCRIBED, "recipe", "data", "stages", "versions", "no such"]
)
def test_entries_of_any_value(run, name):
    refused = 0
    for value in VALUES:
        content = json.dumps({**run.config, name: value})
        (run.path / "config.json").write_text(content)
        said = info(run.path)
        refused += "Error" in said
        if "Error" not in said:
            loaded = runs.load(run.path)
            assert len(loaded.image_shape) == 3 and loaded.stages
            for domain in loaded.factors.values():
                assert all(map(len, domain["shared"].values()))
    assert name == "no such" or refused >= len(VALUES) // 2


@pytest.mark.parametrize("field", ["name", "method", "pipeline", "batch_size", "new"])
def test_settings_of_any_value(run, field):
    for value in VALUES:
        recipe = {**run.config["recipe"], field: value}
        (run.path / "config.json").write_text(
            json.dumps({**run.config, "recipe": recipe})
        )
        info(run.path)


@pytest.mark.parametrize("name", ["recipe", "data", "source", "jit"])
def test_entries_that_are_missing(run, name):
    del run.config[name]
    run.save_config()
    assert "Error" in info(run.path)


def test_what_is_described_by_training_alone(tmp_path):
    run = runs.begin(tmp_path, recipes.find("colored-mnist"), {})
    run = runs.load(tmp_path)
    for name in ("image_shape", "factors"):
        with pytest.raises(DataError, match="the run must be finished"):
            getattr(run, name)


def test_paths_of_data_are_texts(tmp_path):
    data = {"data_dir": tmp_path / "images"}
    runs.begin(tmp_path, recipes.find("colored-mnist"), data)
    expected = {"data_dir": f"{tmp_path}/images", "digits": "white"}
    assert runs.load(tmp_path).config["data"] == expected


def test_a_run_of_before_white_digits_opens_with_black_ones(tmp_path):
    folder = str(tiny.write_mnist(tmp_path / "mnist"))
    run = runs.begin(tmp_path, recipes.find("colored-mnist"), {"data_dir": folder})
    assert run.open_dataset().notes == ("MNIST-CB has white digits",)
    del run.config["data"]["digits"]
    run.save_config()
    earlier = runs.load(tmp_path)
    assert earlier.open_dataset().notes == ("MNIST-CB has black digits",)
    assert earlier.config["data"] == {"data_dir": folder}
    assert earlier.open_dataset().splits == ("train", "test")
    held = earlier.open_dataset(validation=True)
    assert held.splits == ("train", "test", "validation")
    assert held.notes == ("MNIST-CB has black digits",)


def test_a_config_that_is_no_file(tmp_path):
    for name, make in {"folder": os.mkdir, "pipe": os.mkfifo}.items():
        (tmp_path / name).mkdir()
        make(tmp_path / name / "config.json")
        assert "Error" in info(tmp_path / name)


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_progress_of_any_content_is_none(run, content):
    run.progress_file.write_bytes(content)
    assert not run.finished
    assert "not finished" in info(run.path)


@pytest.mark.parametrize("value", VALUES)
def test_progress_of_any_values(run, value):
    run.save_progress(stage=value, step=value, steps=value, finished=value)
    assert run.finished == (value is True)
    assert "finished" in info(run.path)


def test_other_folders_beside_runs_are_passed_over(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").rename(tmp_path / "made")
    root = tmp_path / "runs"
    root.mkdir()
    (tmp_path / "made").rename(root / "made")
    newer = json.loads((root / "made" / "config.json").read_text())
    newer["recipe"]["a_setting_to_come"] = 1
    others = {**CONTENTS, "newer": json.dumps(newer).encode(), "exp": b'{"model": 1}'}
    for name, content in others.items():
        (root / name).mkdir()
        (root / name / "config.json").write_bytes(content)
        (root / name / "progress.json").write_text('{"finished": true}')
    (root / "a file").write_text("")
    (root / "no config").mkdir()
    with pytest.raises(DataError, match="there must be a finished run"):
        runs.newest()
    runs.load(root / "made").save_progress(finished=True)
    assert runs.newest().path.name == "made"
    assert [each.path.name for each in runs.every(root)] == ["made"]


TABLES = {
    **{name: c for name, c in CONTENTS.items() if name not in ("empty",)},
    "words": b"epoch,loss\nfirst,0.5\n",
    "large field": b"epoch,loss\n0," + b"1" * 200_000,
    "large number": b"epoch,loss\n" + b"9" * 10_000 + b",1\n",
    "cut": b"epoch,loss\n0,1\n1",
    "more": b"epoch,loss\n0,1,2,3\n",
}


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES)
def test_a_table_of_any_content_is_a_line(tmp_path, content):
    for read in (lambda path: drop_rows_from(path, 5), read_history):
        path = tmp_path / "history.csv"
        path.write_bytes(content)
        try:
            read(path)
        except DataError as error:
            assert str(path) in str(error)


def test_rows_from_an_epoch_on_are_dropped(tmp_path):
    path = tmp_path / "history.csv"
    drop_rows_from(path, 1)
    assert not path.exists()
    path.write_text("epoch,loss\n0,1.0\n1,2.0\n2,3.0\n")
    drop_rows_from(path, 1)
    assert path.read_bytes() == b"epoch,loss\r\n0,1.0\r\n"
