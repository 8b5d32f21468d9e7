"""Own pairs from the command line, from training to export."""

import contextlib
import csv
import json

import own_images
import pytest
import tensorflow as tf
import tiny
from click.testing import CliRunner

from tfmi import runs
from tfmi.cli import cli

# Of TensorFlow, where functions run eagerly.
pytestmark = pytest.mark.filterwarnings("ignore:Even though the")


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(cli, [str(arg) for arg in args])


OPTIONS = [*tiny.OPTIONS, "--independent-epochs", 2]
STAGES = "shared", "exclusive", "independent"
ONCE = [*OPTIONS, *(part for stage in STAGES for part in (f"--{stage}-epochs", 1))]


@contextlib.contextmanager
def run_eagerly():
    """A few steps cost less than the graph of one."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


@pytest.fixture
def manifest(tmp_path):
    return own_images.write_manifest(tmp_path)


def test_train_evaluate_export_own_pairs(call, manifest):
    own_images.add_rows(manifest, "absent.png,w0,a")
    data = ["--manifest", manifest, "--share", "writer", "--evaluate", "writer,word"]
    with run_eagerly():
        result = call("train", "pairs", *data, *ONCE, "--batch-size", 40)
    assert result.exit_code == 0, result.output
    assert "1 files could not be used" in result.output
    run = runs.newest()
    assert (run.path / "preview.png").read_bytes().startswith(b"\x89PNG")
    assert "absent.png: no such file" in (run.path / "unusable.txt").read_text()
    split = json.loads((run.path / "split.json").read_text())
    # An image that comes later changes neither the split nor what is scored.
    own_images.picture(0, 0, 0).save(manifest.parent / "later.png")
    own_images.add_rows(manifest, "later.png,w0,a")
    assert run.open_dataset().split == split
    result = call("evaluate", "--protocol", "both", "--no-metrics")
    assert result.exit_code == 0, result.output
    assert "Ours, N = 5" in (run.evaluation_folder / "tables.txt").read_text()
    with open(run.path / "evaluation" / "results.csv", newline="") as file:
        factors = {line["factor"] for line in csv.DictReader(file)}
    assert factors == {"writer", "word"}
    result = call("export", "--format", "onnx")
    assert result.exit_code == 0, result.output
    result = call("embed", "exported/pairs", manifest, "--output", "vectors.npz")
    assert result.exit_code == 0, result.output
    assert "left out 1 files in all" in result.output
    assert "written vectors.npz: 121 images" in result.output


@pytest.mark.long
def test_a_factor_that_cannot_be_scored_is_said_and_left_out(call, manifest):
    lines = manifest.read_text(encoding="utf-8").splitlines()
    unique = [f"{line}{number}" for number, line in enumerate(lines)]
    manifest.write_text("\n".join([lines[0], *unique[1:]]), encoding="utf-8")
    data = ["--manifest", manifest, "--share", "writer", "--evaluate", "word"]
    result = call("train", "pairs", *data, *OPTIONS)
    assert result.exit_code == 0, result.output
    assert "word is not scored" in result.output
    result = call("evaluate", "--protocol", "strong", "--no-metrics")
    assert result.exit_code == 0, result.output


@pytest.mark.long
def test_two_domains_have_weights_of_their_own(call, manifest):
    rows = [f"straße 1/ö {n}.png,straße 1/ö {n + 1}.png" for n in range(0, 120, 2)]
    path = manifest.parent / "pairs.csv"
    path.write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    result = call("train", "pairs", "--manifest", path, *OPTIONS)
    assert result.exit_code == 0, result.output
    run = runs.newest()
    assert run.domains == ["x", "y"]
    assert f"tfmi embed {run.path} IMAGES" in result.output.splitlines()[-1]
    result = call("evaluate", "--no-metrics")
    assert result.exit_code == 1
    assert "there must be a factor to score for x" in result.output
    result = call("train", "pairs", "--manifest", path, "--share-weights", *OPTIONS)
    assert result.exit_code == 2
    assert "share_weights must be false" in result.output
    result = call("train", "pairs", "--manifest", path, "--one-domain", *OPTIONS)
    assert result.exit_code == 0, result.output
    assert runs.newest().domains == ["x"]


@pytest.mark.parametrize(
    "args, code, message",
    [
        (["pairs"], 2, "either --manifest or --folder. Received: neither"),
        (["pairs", "--manifest", "no.csv", "--share", "a"], 1, "must be a file"),
        (["pairs", "--sample"], 2, "No such option '--sample'"),
        (["colored-mnist", "--share", "a"], 2, "No such option '--share'"),
        (["pairs", "--folder", "no", "--split-seed", "-1"], 2, "--split-seed"),
    ],
)
def test_bad_input_is_one_line(call, tmp_path, args, code, message):
    result = call("train", *args)
    assert result.exit_code == code, result.output
    assert message in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "runs").exists()


@pytest.mark.any_versions
@pytest.mark.parametrize("seed, code", [(2**32 - 1, 0), (2**32, 2)])
def test_the_largest_seed_trains_every_stage_and_a_larger_one_none(
    call, tmp_path, manifest, seed, code
):
    data = ["--manifest", manifest, "--share", "writer", "--batch-size", 40]
    with run_eagerly():
        result = call("train", "pairs", *ONCE, *data, "--seed", seed)
    assert result.exit_code == code, result.output
    if code:
        assert "seed must be <= 4294967295" in result.output
        assert not (tmp_path / "runs").exists()
    else:
        assert runs.newest().finished
