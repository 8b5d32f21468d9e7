"""A finished run is exported after its data is gone."""

import json
import shutil

import numpy as np
import pytest
import tiny
from click.testing import CliRunner

from tfmi import runs
from tfmi.cli import cli
from tfmi.inference.encoders import open_encoder

pytestmark = pytest.mark.any_versions

SMALLER = ["--quantize", "int8", "--float16"]


def call(*arguments, code=0):
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the data and a run of both stages."""
    folder = tmp_path_factory.mktemp("trained")
    tiny.write_mnist(folder / "mnist")
    data = ["--data-dir", folder / "mnist", "--runs", folder / "runs"]
    call("train", "colored-mnist", *data, *tiny.OPTIONS)
    return folder


@pytest.fixture
def run(folder, tmp_path):
    """A copy of the run, its data deleted meanwhile."""
    (trained,) = (folder / "runs").iterdir()
    shutil.copytree(trained, tmp_path / "run")
    (folder / "mnist").rename(folder / "elsewhere")
    yield tmp_path / "run"
    (folder / "elsewhere").rename(folder / "mnist")


@pytest.mark.long
def test_export_and_verify(run, tmp_path):
    output = tmp_path / "exported"
    text = call("export", run, "--format", "onnx", *SMALLER, "--output", output)
    assert text.count("the change of probe accuracy is not measured: ") == 1
    assert text.count("probes: not measured") == 12
    models = json.loads((output / "colored-mnist" / "manifest.json").read_text())
    kinds = [
        m["kind"] for e in models["exports"].values() for m in e["models"].values()
    ]
    assert kinds == 6 * ["onnx", "float16", "int8"]
    assert "verified" in call("verify", output / "colored-mnist")
    images = runs.load(run).sample_images("x", 8)
    expected = open_encoder(run).represent(images)
    vectors = open_encoder(output / "colored-mnist").represent(images)
    assert set(vectors) == {"shared", "exclusive"}
    for name, values in vectors.items():
        # Of a few levels: at a border of two of them either is right.
        assert np.mean(np.abs(values - expected[name]) > 1e-4) < 0.05


@pytest.mark.long
def test_a_run_of_stage_1_alone(run, tmp_path):
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**config, "stages": ["shared"]}))
    text = call("export", run, "--format", "all", "--output", tmp_path / "exported")
    names = [line.split()[1] for line in text.splitlines() if "written" in line]
    last = [name.rsplit("colored-mnist/")[-1] for name in names]
    assert last == ["shared_x/1", "shared_x.onnx", "shared_y/1", "shared_y.onnx"]
    assert "verified" in call("verify", tmp_path / "exported" / "colored-mnist")
    images = runs.load(run).sample_images("y", 3)
    opened = open_encoder(tmp_path / "exported" / "colored-mnist", "y")
    assert {n: v.shape for n, v in opened.represent(images).items()} == {
        "shared": (3, 4)
    }


def test_a_run_that_kept_no_images_says_what_is_missing(run, tmp_path):
    (run / "samples.npz").unlink()
    text = call("export", run, "--output", tmp_path / "exported", code=1)
    assert "mnist" in text and len(text.splitlines()) == 2


def test_an_unknown_format_is_named_with_those_that_there_are(run):
    text = call("export", run, "--format", "onxx", code=2)
    assert "the format must be all or among savedmodel, onnx" in text
