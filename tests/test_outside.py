"""The five seams from outside: a package of somebody else's, by entry points."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from tfmi import recipes
from tfmi.cli import cli

OUTSIDE = pathlib.Path(__file__).parent / "outside"
# Keras says so of a model that is loaded to be scored, not to be trained on.
pytestmark = pytest.mark.filterwarnings("ignore:`compile\\(\\)` was not called")
TFMI = [sys.executable, "-c", "from tfmi.cli import main; main()"]


@pytest.fixture(scope="module")
def tfmi(tmp_path_factory):
    """Calls a command in a folder of its own; the answer of each is kept there."""
    folder = tmp_path_factory.mktemp("outside")

    def call(*args, code=0):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            result = CliRunner().invoke(cli, list(map(str, args)))
        assert result.exit_code == code, (args, result.output)
        return result.output

    call.folder = folder
    with pytest.MonkeyPatch.context() as patch:
        # As if it were installed, for the tests of this file.
        patch.syspath_prepend(OUTSIDE)
        recipes.every.cache_clear()
        yield call
    recipes.every.cache_clear()
    for name in [name for name in sys.modules if name.startswith("tfmi_mine")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def run(tfmi):
    """A run that was trained with an option of the dataset and one of the method."""
    tfmi("train", "mine", "--mine-option", 3, "--pull", 0.25, "--probe-every", 8)
    (path,) = (tfmi.folder / "runs").iterdir()
    return path


@pytest.fixture(scope="module")
def scored(tfmi, run):
    tfmi("evaluate", run)
    return run


def test_none_of_tfmis_files_knows_it():
    root = OUTSIDE.parents[1]
    files = [*(root / "tfmi").rglob("*.py"), *(root / "pipelines").rglob("*.py")]
    assert not [f for f in files if "tfmi_mine" in f.read_text(encoding="utf-8")]


def test_datasets_lists_it():
    """In a process of its own, where nothing was imported before."""
    path = os.pathsep.join([str(OUTSIDE), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    command = [*TFMI, "datasets"]
    text = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert "mine\n  data   Stripes, drawn." in text


def test_help_shows_its_options(tfmi):
    text = tfmi("train", "mine", "--help")
    assert "--mine-option INTEGER" in text
    assert "Weight of the distance of a pair." in text
    assert "--l1-weight" not in text


def test_its_options_are_checked(tfmi):
    text = tfmi("train", "mine", "--mine-option", 0, code=2)
    assert "--mine-option must be >= 1. Received: 0" in text
    assert "pull must be >= 0" in tfmi("train", "mine", "--pull", -1, code=2)


def test_a_run_keeps_what_it_was_trained_with(run):
    config = json.loads((run / "config.json").read_text())
    assert config["data"] == {"mine_option": 3}
    assert config["recipe"]["pull"] == 0.25
    assert config["source"] == "3 stripes an image"
    assert (run / "fit.keras").is_file()
    assert "code,x,way" in (run / "fit" / "probes.csv").read_text()


def test_evaluate_scores_every_factor_and_its_metric(scored):
    assert "Pulled together" in (scored / "evaluation" / "tables.txt").read_text()
    records = (scored / "evaluation" / "results.csv").read_text().splitlines()
    scored = {tuple(line.split(",")[i] for i in (2, 6, 7)) for line in records[1:]}
    assert {("code", "way", "accuracy"), ("code", "hue", "accuracy")} <= scored
    assert any(line.split(",")[7] == "spread" for line in records)


def test_info_retrieve_and_report(tfmi, run):
    assert "fit_epochs" in tfmi("info", run)
    assert "Z" in tfmi("retrieve", run, "--factor", "way")
    tfmi("report", run)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "The one stage" in page


@pytest.mark.long
def test_export_verify_embed(tfmi, run):
    tfmi("export", run, "--format", "savedmodel,onnx,weights")
    assert (tfmi.folder / "exported" / "mine" / "code.mine.keras").is_file()
    text = tfmi("verify", "exported/mine")
    assert text.count("differs by") == 3
    folder = tfmi.folder / "images"
    folder.mkdir()
    for number in range(3):
        pixels = np.full((16, 16), 80 * number, np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    for source in (run, "exported/mine", "exported/mine/code.mine.keras"):
        tfmi("embed", source, "images", "--output", "v.npz")


@pytest.mark.long
def test_ablate_sweep_and_compare(tfmi, scored):
    text = tfmi("ablate", "mine", "--output", "a", "--fit-epochs", 1)
    assert "pull = 0" in text
    text = tfmi("sweep", "mine", "--pull", "0,1", "--output", "s", "--fit-epochs", 1)
    assert "code representation" in text
    other = scored.with_name("other")
    shutil.copytree(scored, other)
    assert "other" in tfmi("compare", scored, other)


def test_it_resumes(tfmi, run):
    again = tfmi.folder / "again"
    shutil.copytree(run, again)
    (again / "fit.keras").unlink()
    progress = {"stage": "fit", "step": 8, "steps": 16, "finished": False}
    (again / "progress.json").write_text(json.dumps(progress))
    assert "finished" in tfmi("train", "--resume", again)
