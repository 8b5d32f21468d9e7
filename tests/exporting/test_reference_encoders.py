"""The encoders that come with the project: whole, small, usable without training."""

import json
import pathlib
import subprocess

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
LIMIT = 8 * 2**20


def tracked():
    """Files below exported/ that come with the project."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "exported"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return [ROOT / name for name in names if name]


def test_all_together_are_small():
    files = tracked()
    folders = {path.parts[len(ROOT.parts) + 1] for path in files}
    assert folders == {"README.md", *ENCODERS}
    assert sum(path.stat().st_size for path in files) < LIMIT


@pytest.mark.parametrize("name", ENCODERS)
def test_they_say_what_keras_said(name):
    verify_export(ROOT / "exported" / name)


@pytest.mark.parametrize("name", ENCODERS)
def test_each_card_has_the_command_the_scores_and_the_licence(name):
    manifest = json.loads((ROOT / "exported" / name / "manifest.json").read_text())
    for export in manifest["exports"].values():
        text = (ROOT / "exported" / name / export["card"]).read_text("utf-8")
        head = yaml.safe_load(text.split("---\n")[1])
        assert head["license"] and len(head["model-index"][0]["results"]) >= 4
        assert f"    tfmi train {export['recipe']['name']}" in text
        assert export["credit"] in text
        # Nothing of where it was made, and no image of the data.
        assert " /" not in export["command"] + export["source"]


@pytest.mark.parametrize("name, shape", ENCODERS.items())
def test_embed_without_training(tmp_path, name, shape):
    pixels = np.random.default_rng(0).integers(0, 256, (3, *shape), np.uint8)
    folder = tmp_path / "some images"
    folder.mkdir()
    for number, image in enumerate(pixels):
        Image.fromarray(image.squeeze()).save(folder / f"{number}.png")
    command = ["embed", f"{ROOT}/exported/{name}", str(folder)]
    result = CliRunner().invoke(cli, [*command, "--output", f"{tmp_path}/v.npz"])
    assert result.exit_code == 0, result.output
    with np.load(tmp_path / "v.npz") as vectors:
        assert vectors["shared"].shape == (3, 64)
        domain = "x" if name == "colored-mnist" else None
        transformer = tfmi.SharedEncoder(ROOT / "exported" / name, domain)
        expected = transformer.transform(pixels)
        np.testing.assert_allclose(vectors["shared"], expected, atol=1e-5)
