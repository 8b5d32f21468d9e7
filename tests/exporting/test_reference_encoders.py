"""The encoders that come with the project: whole, small, usable without training."""

import io
import json
import pathlib
import shutil
import subprocess
import tarfile

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from PIL import Image

import tfmi
from tfmi.cli import cli
from tfmi.exporting.check_export import verify_export

ROOT = pathlib.Path(__file__).parents[2]
# Image shapes of the encoders of each folder.
ENCODERS = {
    "colored-mnist": (28, 28, 3),
    "pairs-dhsd": (32, 128, 1),
    "shapes3d": (64, 64, 3),
}
LIMIT = 8_000_000


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder as it comes with the project, whatever was exported over it; of a copy
    that is no clone, the folder itself."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return ROOT / "exported"
    folder = tmp_path_factory.mktemp("project")
    # Whoever owns the clone.
    command = ["git", "-c", f"safe.directory={ROOT}", "archive", "--format=tar"]
    archive = subprocess.run(
        [*command, "HEAD", "exported"], cwd=ROOT, check=True, capture_output=True
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder / "exported"


def test_all_together_are_small(exported):
    assert {path.name for path in exported.iterdir()} == {"README.md", *ENCODERS}
    files = [path for path in exported.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LIMIT


@pytest.mark.parametrize("name", ENCODERS)
def test_they_say_what_keras_said(exported, name):
    verify_export(exported / name)


@pytest.mark.parametrize("name", ENCODERS)
def test_each_card_has_the_command_the_scores_and_the_licence(exported, name):
    manifest = json.loads((exported / name / "manifest.json").read_text())
    for export in manifest["exports"].values():
        text = (exported / name / export["card"]).read_text("utf-8")
        head = yaml.safe_load(text.split("---\n")[1])
        assert head["license"] and len(head["model-index"][0]["results"]) >= 4
        assert f"    tfmi train {export['recipe']['name']}" in text
        assert export["credit"] in text
        # Nothing of where it was made, and no image of the data.
        assert " /" not in export["command"] + export["source"]


@pytest.mark.parametrize("name", ENCODERS)
def test_int8_reads_what_float32_reads(exported, name):
    manifest = json.loads((exported / name / "manifest.json").read_text())
    for export in manifest["exports"].values():
        changes = [m["change"] for m in export["models"].values() if "change" in m]
        for probes in [change["probes"] for change in changes]:
            for factor, share in probes["shared"].items():
                assert share["after"] > share["before"] - 0.03, factor
        assert len(changes) == 1


@pytest.mark.parametrize("name, shape", ENCODERS.items())
def test_embed_without_training(exported, tmp_path, name, shape):
    pixels = np.random.default_rng(0).integers(0, 256, (3, *shape), np.uint8)
    folder = tmp_path / "some images"
    folder.mkdir()
    for number, image in enumerate(pixels):
        Image.fromarray(image.squeeze()).save(folder / f"{number}.png")
    command = ["embed", str(exported / name), str(folder)]
    result = CliRunner().invoke(cli, [*command, "--output", f"{tmp_path}/v.npz"])
    assert result.exit_code == 0, result.output
    with np.load(tmp_path / "v.npz") as vectors:
        assert vectors["shared"].shape == (3, 64)
        domain = "x" if name == "colored-mnist" else None
        transformer = tfmi.SharedEncoder(exported / name, domain)
        expected = transformer.transform(pixels)
        np.testing.assert_allclose(vectors["shared"], expected, atol=1e-5)
