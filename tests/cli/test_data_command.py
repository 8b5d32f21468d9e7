"""tfmi data check and synthesize-iam, and what is trained on their data."""

import numpy as np
import own_images
import pytest
import tiny
from click.testing import CliRunner
from PIL import Image

from tfmi import runs
from tfmi.cli import cli
from tfmi.pipelines import shapes3d_scene

pytestmark = pytest.mark.any_versions


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    return lambda *args: CliRunner().invoke(cli, [str(arg) for arg in args])


@pytest.fixture
def manifest(tmp_path):
    return own_images.write_manifest(tmp_path)


def check(call, manifest):
    options = ["--share", "writer", "--evaluate", "word", "--split-seed", "3"]
    return call("data", "check", "pairs", "--manifest", manifest, *options)


def test_check_counts_and_draws(call, manifest, tmp_path):
    own_images.add_rows(manifest, "straße 1/ö 0.png,w0,a")
    result = check(call, manifest)
    assert result.exit_code == 0, result.output
    for part in ("16 x 16 x 1", "x train       96 images", "4 values, 24 images (w0)"):
        assert part in result.output
    assert "an image again" in result.output
    with Image.open(tmp_path / "data-check" / "pairs.png") as picture:
        assert picture.width > 500


def test_check_names_every_unusable_file(call, manifest):
    for number in range(7):
        (manifest.parent / f"bad {number}.png").write_bytes(b"")
    own_images.add_rows(manifest, *(f"bad {n}.png,w0,a" for n in range(7)))
    result = check(call, manifest)
    assert result.exit_code == 1
    assert all(f"bad {n}.png: no PNG" in result.output for n in range(7))
    assert "all files must be usable. Received: 7" in result.output


def test_check_says_when_there_is_too_little(call, manifest):
    lines = manifest.read_text(encoding="utf-8").splitlines()
    manifest.write_text("\n".join(lines[:41]), encoding="utf-8")
    result = check(call, manifest)
    assert result.exit_code == 1
    assert "a batch of 64 training images. Received: 32" in result.output


@pytest.mark.parametrize(
    "args, code, message",
    [
        (["check", "none"], 2, "the recipe must be one of"),
        (["check", "iam"], 2, "--data-dir must name the folder"),
        (["check", "iam", "--data-dir", "none"], 1, "--data-dir must be a folder"),
        (["check", "shapes3d", "--render", "5"], 2, "--render must be from"),
        (["check", "iam", "--render", "5"], 2, "No such option '--render'"),
        (["synthesize-iam", ".", "--fonts", "none"], 1, "--fonts must be a folder"),
        (["synthesize-iam", "new", "--writers", "1"], 2, "--writers"),
    ],
)
def test_bad_input_is_one_line(call, args, code, message):
    result = call("data", *args)
    assert result.exit_code == code, result.output
    assert message in result.output
    assert "Traceback" not in result.output


# Large images make the smallest networks slow: one epoch will do.
ONCE = [*tiny.OPTIONS, "--shared-epochs", "1", "--exclusive-epochs", "1"]


@pytest.mark.long
def test_iam_from_stand_in_to_export(call):
    result = call(
        "data", "synthesize-iam", "s", "--writers", 2, "--words-per-writer", 60
    )
    assert result.exit_code == 0, result.output
    assert "SYNTHETIC" in result.output
    assert "no handwriting" in result.output
    once = [*ONCE, "--independent-epochs", "1"]
    result = call("train", "iam", "--data-dir", "s", *once)
    assert result.exit_code == 0, result.output
    result = call("evaluate", "--protocol", "paper", "--no-metrics")
    assert result.exit_code == 0, result.output
    assert "SYNTHETIC" in result.output
    for part in ("Paper (Table 4)", "Paper, N = 1 (Table 5)", "Ours, N = 5"):
        assert part in tables()
    export_and_embed(call, "iam", "s/words")


def tables():
    return (runs.newest().evaluation_folder / "tables.txt").read_text()


def export_and_embed(call, recipe, images):
    """Without a word on the dataset: the run tells all that is needed."""
    result = call("export", "--format", "savedmodel")
    assert result.exit_code == 0, result.output
    result = call("embed", f"exported/{recipe}", images, "--output", "v.npz")
    assert result.exit_code == 0, result.output
    with np.load("v.npz") as vectors:
        assert vectors["shared"].shape == vectors["exclusive"].shape
        assert len(vectors["shared"]) > 1


@pytest.mark.long
def test_shapes3d_from_rendering_to_export(call, monkeypatch):
    monkeypatch.setattr(shapes3d_scene, "SUPERSAMPLING", 1)
    result = call("data", "check", "shapes3d", "--render", 960)
    assert result.exit_code == 0, result.output
    assert "15 values" in result.output
    result = call("train", "shapes3d", "--render", 960, *ONCE, "--batch-size", "64")
    assert result.exit_code == 0, result.output
    assert runs.newest().domains == ["x"]
    result = call("evaluate", "--protocol", "paper", "--no-metrics")
    assert result.exit_code == 0, result.output
    assert "Paper (Table 3)" in tables()
    for number, picture in enumerate(runs.newest().sample_images("x", 3)):
        Image.fromarray(picture).save(f"room {number}.png")
    export_and_embed(call, "shapes3d", ".")
