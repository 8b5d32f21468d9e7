"""`.keras` files of others: damaged, of too much, or with code in them."""

import io
import json
import os
import zipfile

import keras
import pytest
from click.testing import CliRunner

from tfmi.cli import cli
from tfmi.errors import DataError
from tfmi.models import saving


def model_file(path, layer):
    images = keras.Input((4, 4, 1))
    keras.Model(images, layer(images)).save(path)
    return path


def rewritten(path, change):
    """The file with its configuration changed by a function of its text."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = change(members["config.json"].decode()).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    path.write_bytes(stream.getvalue())
    return path


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Lambda(lambda images: images + 1),
        keras.Sequential([keras.layers.Lambda(lambda images: images * 2)]),
        keras.layers.TimeDistributed(keras.layers.Lambda(lambda row: row)),
    ],
)
def test_code_in_a_file_is_not_run_and_that_is_said(layer, tmp_path):
    path = model_file(tmp_path / "model.keras", layer)
    with pytest.raises(DataError, match="Received: .*model.keras .a Lambda layer.*not"):
        saving.load_model(path)


def test_the_command_says_it_in_a_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = model_file(tmp_path / "model.keras", keras.layers.Lambda(lambda x: x))
    options = ["--sample", "--encoder", str(path)]
    result = CliRunner().invoke(cli, ["train", "colored-mnist", *options])
    assert result.exit_code == 1
    assert "a Lambda layer or other Python code in it" in result.output
    assert "safe_mode" not in result.output


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: "null",
        lambda text: "[" * 100_000,
        lambda text: text.replace("Flatten", "NoSuchLayer"),
        lambda text: text.replace("keras.layers", "os"),
        lambda text: text.replace('"class_name"', '"name_class"'),
        lambda text: json.dumps({"module": "builtins", "class_name": "eval"}),
    ],
)
def test_a_configuration_of_any_content(tmp_path, change):
    path = model_file(tmp_path / "model.keras", keras.layers.Flatten())
    rewritten(path, change)
    with pytest.raises(DataError, match="whole .keras file. Received: .*model.keras"):
        saving.load_model(path)


def test_a_small_file_does_not_unpack_to_much(tmp_path):
    path = model_file(tmp_path / "model.keras", keras.layers.Flatten())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("assets/zeros", "w") as member:
            for _ in range(300):
                member.write(bytes(2**20))
    with pytest.raises(DataError, match="it unpacks to 3.. *,"):
        saving.load_model(path)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "model.keras")
    with pytest.raises(DataError, match="must be a plain file"):
        saving.load_model(tmp_path / "model.keras")
